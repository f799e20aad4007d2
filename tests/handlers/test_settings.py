"""Settings: one clear line for what is missing or wrong, and a demo only where nobody asked more."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bot.model import Role
from handlers import providers
from handlers.parts import join
from handlers.settings import Environment, SettingsError, environment_of, load_settings

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def production(**more: str) -> dict[str, str]:
    return {"HEED_ENV": "production", "HEED_SECRET_KEY": KEY, **more}


def test_without_any_setting_it_is_a_demo_with_keys_of_its_own(tmp_path: Path) -> None:
    env = {"HEED_VAR": str(tmp_path / "var")}
    settings = load_settings(env)
    assert settings.demo
    assert len(settings.secret_key[0]) == 32
    assert load_settings(env).secret_key == settings.secret_key
    assert "twilio" in providers.configured(settings)


def test_the_demos_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    load_settings({"HEED_VAR": str(tmp_path / "var")})
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "var" / "demo-keys.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "name",
    [
        "HEED_TWILIO_AUTH_TOKEN",
        "HEED_SLACK_SIGNING_SECRET",
        "HEED_SLACK_APP_TOKEN",
        "HEED_SECRET_KEY",
        "HEED_SMTP_RELAY_URL",
        "HEED_DATABASE_URL",
    ],
)
def test_any_real_credential_ends_the_demo(name: str) -> None:
    assert environment_of({name: "x"}) is Environment.PRODUCTION
    assert environment_of({name: "x", "HEED_ENV": "demo"}) is Environment.DEMO
    assert environment_of({name: ""}) is Environment.DEMO


def test_in_production_a_missing_key_is_one_line_that_names_it() -> None:
    with pytest.raises(SettingsError) as fault:
        load_settings({"HEED_ENV": "production"})
    assert str(fault.value) == "HEED_SECRET_KEY is missing (make one: openssl rand -base64 32)"


def test_who_leaves_the_demo_by_a_credential_is_told_which_one() -> None:
    with pytest.raises(SettingsError) as fault:
        load_settings({"HEED_TWILLIO_AUTH_TOKEN": "x"})
    assert str(fault.value).splitlines()[1:] == [
        "HEED_TWILLIO_AUTH_TOKEN is set: this is no demo (HEED_ENV=demo keeps it one)"
    ]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HEED_SECRET_KEY", "c2hvcnQ="),
        ("HEED_SECRET_KEY", "not base64!"),
        ("HEED_HTTP_LISTEN", "9000"),
        ("HEED_HTTP_LISTEN", "127.0.0.1:99999"),
        ("HEED_SMTP_LISTEN", "here"),
        ("HEED_PUBLIC_URL", "desk.example.net"),
        ("HEED_API_KEYS", "crm:owner:key"),
        ("HEED_ENV", "staging"),
        ("HEED_LOG_LEVEL", "loud"),
        ("HEED_HUMAN_MAILBOX", "nobody at all"),
        ("HEED_PUBLIC_URL", "https://a.example.com/b?c#d"),
    ],
)
def test_a_wrong_value_is_named_and_never_quoted(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as fault:
        load_settings(production(**{variable: value}))
    assert variable in str(fault.value)
    assert value not in str(fault.value)


def test_all_faults_are_reported_together() -> None:
    with pytest.raises(SettingsError) as fault:
        load_settings({"HEED_ENV": "production", "HEED_HTTP_LISTEN": "x", "HEED_PUBLIC_URL": "y"})
    assert len(str(fault.value).splitlines()) == 3


def test_the_faults_of_all_channels_are_told_in_one_go(tmp_path: Path) -> None:
    (tmp_path / "heed.toml").write_text('[[sender]]\nid = "+12025550100"\nchannel = "pigeon"\n')
    wrong = production(
        HEED_VAR=str(tmp_path),
        HEED_CONFIG=str(tmp_path / "heed.toml"),
        HEED_TWILIO_AUTH_TOKEN="t",
        HEED_SLACK_BOT_TOKEN="xoxb-1",
        HEED_SMTP_RELAY_URL="mail.example.com",
    )
    with pytest.raises(SettingsError) as fault:
        join(load_settings(wrong))
    told = str(fault.value)
    for name in ("heed.toml", "HEED_TWILIO_ACCOUNT_SID", "HEED_SLACK_SIGNING_SECRET", "RELAY_URL"):
        assert name in told


def test_api_keys_say_who_and_what_they_may() -> None:
    settings = load_settings(production(HEED_API_KEYS="only-check, crm:record:abc ,ops:admin:def"))
    assert [(key.name, key.role) for key in settings.api_keys] == [
        ("key1", Role.CHECK),
        ("crm", Role.RECORD),
        ("ops", Role.ADMIN),
    ]


def test_a_platforms_port_is_honoured() -> None:
    assert load_settings(production(PORT="5000")).http_listen == ("0.0.0.0", 5000)
    both = production(PORT="5000", HEED_HTTP_LISTEN="127.0.0.1:81")
    assert load_settings(both).http_listen == ("127.0.0.1", 81)


def test_a_rotated_master_key_stands_behind_the_new_one() -> None:
    other = "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert len(load_settings(production(HEED_SECRET_KEY=f"{other},{KEY}")).secret_key) == 2


def test_no_secret_shows_when_settings_are_printed() -> None:
    settings = load_settings(production(HEED_API_KEYS="crm:record:very-secret"))
    assert "very-secret" not in repr(settings)
    assert repr(settings.secret_key[0]) not in repr(settings)


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"HEED_TWILIO_AUTH_TOKEN": "t"}, "HEED_TWILIO_ACCOUNT_SID"),
        ({"HEED_TWILIO_ACCOUNT_SID": "AC1"}, "HEED_TWILIO_AUTH_TOKEN"),
        (
            {"HEED_TWILIO_ACCOUNT_SID": "AC1", "HEED_TWILIO_AUTH_TOKEN": "t"},
            "HEED_PUBLIC_URL",
        ),
    ],
)
def test_half_a_provider_does_not_start(env: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        providers.configured(load_settings(production(**env)))


def test_a_file_of_keys_that_is_not_ours_is_named(tmp_path: Path) -> None:
    (tmp_path / "demo-keys.json").write_text("[]")
    with pytest.raises(SettingsError, match="HEED_VAR"):
        load_settings({"HEED_VAR": str(tmp_path)})
