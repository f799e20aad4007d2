"""`heed doctor`: a line for each thing that is well, risky or wrong."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.model import Channel
from bot.policy import AskReason, Policy, Sender
from handlers.backups import PROVED_AT
from handlers.cli import doctor as module
from handlers.cli.doctor import doctor
from handlers.doctor import (
    Finding,
    Mark,
    mail_findings,
    policy_findings,
    setting_findings,
    webhook_findings,
)
from handlers.parts import join
from handlers.settings import load_settings
from handlers.slack.scopes import NEEDED, TokenRefused, missing_scopes
from handlers.upkeep import SWEPT_AT
from storage import migrate
from tests.handlers.cli.kit import Shell
from tests.handlers.slack.fake import Scripted, refusal
from tests.handlers.slack.office import office
from tests.handlers.slack.test_slack_manifest import listed
from tests.handlers.web_kit import site
from tests.kit import mail, sms

GOOD = {
    "HEED_PUBLIC_URL": "https://optout.example.com",
    "HEED_HUMAN_MAILBOX": "people@example.com",
    "HEED_API_KEYS": f"crm:record:{'k' * 48}",
}
SECRET = base64.b64encode(b"s" * 32).decode()


def lines(shell: Shell, *arguments: str) -> tuple[int, list[str]]:
    result = shell.run(doctor, *arguments)
    return result.exit_code, result.stdout.splitlines()


def said(findings: Iterable[Finding], mark: Mark) -> str:
    return "\n".join(one.what for one in findings if one.mark is mark)


def of_settings(**more: str) -> list[Finding]:
    env = {"HEED_ENV": "production", "HEED_SECRET_KEY": SECRET, **GOOD, **more}
    return list(setting_findings(load_settings(env)))


@pytest.fixture
def well(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(module, "join", partial(join, clock=shell.bench.clock))
    shell.folder.chmod(0o700)
    now = shell.bench.clock.now.isoformat()
    for name in (PROVED_AT, SWEPT_AT):
        shell.bench.store.write(lambda session, name=name: session.save_setting(name, now))  # type: ignore[misc]
    return shell


def test_a_desk_that_is_well_has_nothing_bad(well: Shell) -> None:
    code, found = lines(well)
    assert code == 0, found
    assert {line[:4].strip() for line in found} <= {"ok", "warn"}
    text = "\n".join(found)
    for part in ("SQLite", "GB", "owner alone", "master key", "backup was proved", "overdue"):
        assert part in text


def test_a_warning_is_no_fault_unless_one_is_strict(well: Shell) -> None:
    well.bench.store.write(lambda session: session.save_setting(PROVED_AT, ""))
    code, found = lines(well)
    assert code == 0
    assert any(line.startswith("warn  no backup was ever proved") for line in found)
    assert lines(well, "--strict")[0] == 1


def test_a_wrong_key_is_a_bad_line(well: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEED_SECRET_KEY", SECRET)
    code, found = lines(well)
    assert code == 1
    assert found[-1] == "bad   HEED_SECRET_KEY does not open this database's keys"


def test_settings_that_cannot_be_read_are_bad_lines(
    well: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEED_HTTP_LISTEN", "nowhere")
    code, found = lines(well)
    assert code == 1
    assert found[0].startswith("bad   HEED_HTTP_LISTEN")


def test_a_broken_heed_toml_is_a_bad_line(well: Shell) -> None:
    (well.folder / "heed.toml").write_text("company = ")
    code, found = lines(well)
    assert code == 1
    assert "heed.toml is not TOML" in found[-1]


def test_a_database_of_another_version_is_a_bad_line(
    well: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HEED_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    code, found = lines(well)
    assert code == 1
    assert "heed migrate" in found[-1]


def test_files_that_others_may_read_are_bad(well: Shell) -> None:
    (well.folder / "heed-keys.db").chmod(0o644)
    code, found = lines(well)
    assert code == 1
    assert any("others on this machine" in line and "heed-keys.db" in line for line in found)


def test_copies_that_an_interrupted_restore_left_are_told(well: Shell) -> None:
    (well.folder / ".heed-restore-x").mkdir()
    assert any("left copies of keys" in line for line in lines(well)[1])


def test_what_waits_too_long_is_told(well: Shell) -> None:
    well.bench.hears(sms("yes"))
    long_ago = (well.bench.clock.now - timedelta(days=3)).isoformat()
    well.bench.store.write(lambda session: session.save_setting(SWEPT_AT, long_ago))
    code, found = lines(well)
    assert code == 1
    assert any(line.startswith("bad   retention ran on 2026-11-22") for line in found)
    assert any("no review is overdue" in line for line in found)


def test_overdue_reviews_and_parked_answers_are_counted(well: Shell) -> None:
    well.bench.hears(sms("yes"))
    well.bench.hears(mail("stop"))
    well.bench.store.write(lambda session: session.park_unsent())
    well.bench.clock.forward(days=4)
    code, found = lines(well)
    assert code == 1
    assert any(line.startswith("bad   1 reviews are overdue") for line in found)
    assert any(line.startswith("warn  outbox: 1 parked, 0 of unknown end") for line in found)


def test_a_public_address_without_https_is_bad() -> None:
    assert "not https" in said(of_settings(HEED_PUBLIC_URL="http://x.example.com"), Mark.BAD)
    assert "not set" in said(of_settings(HEED_PUBLIC_URL=""), Mark.WARN)
    assert said(of_settings(), Mark.BAD) == ""


def test_short_api_keys_are_named_and_never_shown() -> None:
    found = of_settings(HEED_API_KEYS=f"crm:record:hunter2,ops:admin:{'k' * 48}")
    assert "too short to be safe: crm" in said(found, Mark.BAD)
    assert "hunter2" not in "".join(one.what for one in found)


def test_messages_that_reach_nobody_are_bad() -> None:
    assert "HEED_HUMAN_MAILBOX" in said(of_settings(HEED_HUMAN_MAILBOX=""), Mark.BAD)


def test_a_second_master_key_asks_for_a_rotation() -> None:
    both = f"{SECRET},{base64.b64encode(b'o' * 32).decode()}"
    assert "heed keys rotate" in said(of_settings(HEED_SECRET_KEY=both), Mark.WARN)


def sender(channel: Channel, name: str, **more: object) -> Sender:
    return Sender(id=name, channel=channel, program="default", **more)  # type: ignore[arg-type]


def test_a_risk_that_was_chosen_is_named_with_its_rule() -> None:
    always = sender(Channel.SMS, "+12025550199", ask_reason=AskReason.ALWAYS)
    found = list(policy_findings(Policy(senders={"1": always}, help_contact="help@example.com")))
    risk = said(found, Mark.WARN)
    assert "+12025550199" in risk
    assert "47 CFR 64.1200(a)(12)" in risk


def test_a_sender_without_a_help_contact_is_named() -> None:
    bare = sender(Channel.SMS, "+12025550199")
    assert "+12025550199" in said(policy_findings(Policy(senders={"1": bare})), Mark.WARN)
    helped = Policy(senders={"1": bare}, help_contact="help@example.com")
    assert said(policy_findings(helped), Mark.WARN) == ""


def test_slack_is_asked_for_our_scopes(tmp_path: Path) -> None:
    with office(tmp_path) as desk:
        desk.slack.script("auth.test", refusal("invalid_auth"), Scripted())
        with pytest.raises(TokenRefused, match="invalid_auth"):
            missing_scopes(desk.parts)
        assert missing_scopes(desk.parts) == sorted(NEEDED)  # this Slack names none


def test_slack_that_grants_them_is_well(tmp_path: Path) -> None:
    with office(tmp_path) as desk:
        desk.slack.scopes |= {"files:read"}
        assert missing_scopes(desk.parts) == []


def test_the_scopes_are_those_of_the_manifest() -> None:
    assert set(listed("bot")) == NEEDED


def of_services(folder: Path, *requests: str) -> list[Finding]:
    """What doctor says after Postmark has called so often; `bad` ones carry a wrong password."""
    given = {"HEED_POSTMARK_WEBHOOK_USER": "heed", "HEED_POSTMARK_WEBHOOK_PASSWORD": "secret"}
    with site(folder, **given) as desk:
        for one in requests:
            desk.bench.clock.forward(minutes=1)
            password = "secret" if one == "good" else "guessed"
            basic = base64.b64encode(f"heed:{password}".encode()).decode()
            desk.client.post(
                "/webhooks/postmark",
                data=b"{}",
                headers={"Authorization": f"Basic {basic}", "Content-Type": "application/json"},
            )
        return list(webhook_findings(desk.parts))


@pytest.mark.parametrize(
    ("requests", "mark", "what"),
    [
        ((), Mark.WARN, "postmark: no request has verified yet: heed connect postmark"),
        (("good",), Mark.OK, "postmark: a request verified on"),
        (("good", "bad"), Mark.WARN, "postmark: the last request was refused (signature_wrong)"),
        (("bad", "good"), Mark.OK, "postmark: a request verified on"),
    ],
)
def test_it_says_when_a_service_was_heard_last(
    tmp_path: Path, requests: tuple[str, ...], mark: Mark, what: str
) -> None:
    assert what in said(of_services(tmp_path, *requests), mark)


def test_it_says_whether_mail_goes_out_and_senders_are_checked(tmp_path: Path) -> None:
    with site(tmp_path) as desk:
        warned = said(mail_findings(desk.parts), Mark.WARN)
    assert "HEED_SMTP_RELAY_URL is not set" in warned
    assert "HEED_MAIL_AUTHENTICATE=on" in warned
    given = {"HEED_SMTP_RELAY_URL": "smtp://127.0.0.1:1", "HEED_MAIL_AUTHENTICATE": "on"}
    with site(tmp_path, **given) as desk:
        assert said(mail_findings(desk.parts), Mark.WARN) == ""


def test_the_demo_does_not_blame_the_slack_that_it_plays_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEED_ENV", "demo")
    monkeypatch.setenv("HEED_VAR", str(tmp_path / "var"))
    settings = load_settings(os.environ)
    migrate(settings.store_url)
    result = CliRunner().invoke(doctor, ["--online"])
    assert result.exit_code == 0, result.stdout
    assert result.stdout.splitlines()[-1].startswith("ok    Slack is played by the demo itself")


def test_a_variable_that_nothing_reads_is_named_with_the_one_that_was_meant(
    well: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEED_REQUIRE_BROWSER", raising=False)  # the tests' own
    for name in ("HEED_SMTP_LISTE", "HEED_TWILLIO_API_URL", "HEED_ENVIRONMENT"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("HEED_SLACK_API_URL", "http://127.0.0.1:1/")
    _, found = lines(well)
    told = {line for line in found if "nothing reads it" in line}
    assert told == {
        "warn  HEED_ENVIRONMENT is set, and nothing reads it",
        "warn  HEED_SMTP_LISTE is set, and nothing reads it; did you mean HEED_SMTP_LISTEN?",
        "warn  HEED_TWILLIO_API_URL is set, and nothing reads it",
    }
