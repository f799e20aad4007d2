"""The processes as a user starts them: `heed serve`, and what is wrong is one clear line."""

from __future__ import annotations

import json
import signal
import smtplib
import subprocess
import sys
import urllib.error
import urllib.request
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner

from handlers.providers.twilio import sign
from tests.faults.fleet import CLOCK, Member, until
from tests.processes import Running, environment, heed, running

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def text(server: Running, words: str, number: str = "+12025550123", sid: str = "SM1") -> str:
    """A text message as Twilio would bring it."""
    keys = json.loads((Path(server.env["HEED_VAR"]) / "demo-keys.json").read_text())
    form = {
        "MessageSid": sid,
        "AccountSid": keys["HEED_TWILIO_ACCOUNT_SID"],
        "From": number,
        "To": "+12025550199",
        "Body": words,
    }
    url = f"{server.url}/webhooks/twilio"
    request = urllib.request.Request(
        url,
        data=urlencode(form).encode(),
        headers={"X-Twilio-Signature": sign(keys["HEED_TWILIO_AUTH_TOKEN"], url, form)},
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        return str(response.read().decode())


def test_one_command_starts_everything_and_a_stop_blocks_the_next_send(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with running(env, "serve", until="heed check") as server:
        assert "Nothing leaves this machine" in server.said.decode()
        assert heed(env, "check", "+12025550123").returncode == 0
        assert text(server, "pls stop txting me").count("<Message>") == 1
        assert heed(env, "check", "+12025550123").returncode == 1
        assert text(server, "START", sid="SM2").count("<Message>") == 1
        assert heed(env, "check", "+1 (202) 555-0123").returncode == 0


def test_mail_comes_in_and_its_confirmation_is_kept_in_the_demo(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with running(env, "serve", until="heed check") as server:
        message = EmailMessage()
        message["From"] = "ann@example.com"
        message["To"] = "optout@example.org"
        message["Subject"] = "Re: news"
        message.set_content("please unsubscribe me")
        with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=20) as smtp:
            smtp.send_message(message)
        assert heed(env, "check", "ann@example.com").returncode == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_and_what_was_said_stays(tmp_path: Path, number: int) -> None:
    env = environment(tmp_path)
    with running(env, "serve", until="heed check") as server:
        text(server, "STOP")
        assert server.stop(number) == 0
    assert heed(env, "check", "+12025550123").returncode == 1


def test_killed_without_warning_it_has_kept_what_it_answered(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with running(env, "serve", until="heed check") as server:
        for number in range(100, 120):
            text(server, "STOP", number=f"+12025550{number}", sid=f"SM{number}")
        server.process.kill()
        server.process.wait(20)
        assert all(
            heed(env, "check", f"+12025550{number}").returncode == 1 for number in (100, 110, 119)
        )


def test_the_database_knows_the_next_start(tmp_path: Path) -> None:
    env = environment(tmp_path)
    for sid in ("SM1", "SM1"):
        with running(env, "serve", until="heed check") as server:
            text(server, "STOP", sid=sid)
    exported = heed(env, "export", "--entries").stdout.decode().strip().splitlines()
    assert len(exported) == 1


def test_in_production_what_is_missing_is_one_line_and_exit_2(tmp_path: Path) -> None:
    ended = heed(environment(tmp_path, HEED_ENV="production"), "serve")
    assert ended.returncode == 2
    assert ended.stderr.decode().splitlines() == [
        "heed: HEED_SECRET_KEY is missing (make one: openssl rand -base64 32)"
    ]


def test_any_real_credential_means_production(tmp_path: Path) -> None:
    env = environment(tmp_path, HEED_TWILIO_AUTH_TOKEN="t", HEED_SECRET_KEY=KEY)
    Path(env["HEED_CONFIG"]).touch()
    ended = heed(env, "serve")
    assert ended.returncode == 2
    assert "HEED_TWILIO_ACCOUNT_SID is missing" in ended.stderr.decode()


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with running(env, "serve", until="heed check"):
        ended = heed({**env, "HEED_HTTP_LISTEN": "127.0.0.1:0"}, "smtp")
        assert ended.returncode == 2
        assert b"HEED_SMTP_LISTEN: another program listens on 127.0.0.1:" in ended.stderr


def test_a_second_heed_does_not_share_the_port_of_the_first(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with running(env, "serve", until="heed check"):
        other = {**environment(tmp_path), "HEED_HTTP_LISTEN": env["HEED_HTTP_LISTEN"]}
        ended = heed(other, "serve")
        assert ended.returncode == 2
        assert b"HEED_HTTP_LISTEN: another program listens on 127.0.0.1:" in ended.stderr


def test_an_address_that_is_none_of_this_machine_is_said(tmp_path: Path) -> None:
    ended = heed({**environment(tmp_path), "HEED_SMTP_LISTEN": "192.0.2.1:2525"}, "smtp")
    assert ended.returncode == 2
    said = ended.stderr.decode()
    assert "HEED_SMTP_LISTEN: cannot listen on 192.0.2.1:2525: Cannot assign requested" in said


def test_a_folder_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    env = environment(tmp_path, HEED_VAR=str(tmp_path / "taken"))
    for command in (["serve"], ["check", "+12025550123"]):
        ended = heed(env, *command)
        assert ended.returncode == 2
        assert b"HEED_VAR" in ended.stderr
        assert b"Traceback" not in ended.stderr


def test_another_key_does_not_open_the_database(tmp_path: Path) -> None:
    env = environment(tmp_path, HEED_ENV="production", HEED_SECRET_KEY=KEY)
    assert heed(env, "migrate").returncode == 0
    assert heed(env, "check", "+12025550123").returncode == 0
    other = {**env, "HEED_SECRET_KEY": "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}
    ended = heed(other, "check", "+12025550123")
    assert ended.returncode == 2
    assert b"HEED_SECRET_KEY" in ended.stderr


def test_the_web_alone_answers_and_has_no_demo_page_in_production(tmp_path: Path) -> None:
    env = environment(tmp_path, HEED_ENV="production", HEED_SECRET_KEY=KEY, HEED_LOG_LEVEL="INFO")
    with running(env, "web", until="web is up") as server:
        with urllib.request.urlopen(f"{server.url}/readyz", timeout=20) as response:
            assert json.load(response) == {"ok": True, "store": "ok"}
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(f"{server.url}/", timeout=20)
        assert refusal.value.code == 404
        refusal.value.close()


@pytest.mark.parametrize(("what", "until"), [("worker", "worker is up"), ("smtp", "smtp is up")])
def test_each_process_of_the_procfile_starts_and_ends(
    tmp_path: Path, what: str, until: str
) -> None:
    env = environment(tmp_path, HEED_ENV="production", HEED_SECRET_KEY=KEY)
    with running(env, what, until=until) as process:
        assert process.stop() == 0


def test_the_procfile_names_commands_that_exist() -> None:
    from handlers.cli import COMMANDS

    lines = (Path(__file__).parent.parent.parent / "Procfile").read_text().splitlines()
    commands = {line.split(": ")[0]: line.split()[2] for line in lines}
    assert commands.keys() == {"release", "web", "smtp", "slack", "worker"}
    assert set(commands.values()) <= set(COMMANDS)


def test_help_lists_every_command() -> None:
    from handlers.cli import COMMANDS, main

    said = CliRunner().invoke(main, ["--help"]).stdout
    assert all(name in said for name in COMMANDS)
    for name in COMMANDS:
        assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0


def test_help_is_told_whole_and_at_once() -> None:
    """Each line fits a terminal of 80, and telling them loads no part of Heed."""
    code = (
        "import sys; from handlers.cli import main; main(['--help'], standalone_mode=False);"
        "sys.exit(bool({'sqlalchemy', 'storage', 'bot', 'pydantic'} & sys.modules.keys()))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    commands = told.stdout.partition("Run:")[2].splitlines()
    assert [line for line in commands if len(line) > 80 or line.endswith("...")] == []


def test_a_slip_in_a_command_is_asked_about(tmp_path: Path) -> None:
    said = heed(environment(tmp_path), "chekc")
    assert said.returncode == 2
    assert b"Did you mean check?" in said.stderr
    assert b"Did you mean" not in heed(environment(tmp_path), "zzz").stderr


def test_partitions_are_refused_on_sqlite_in_one_line(tmp_path: Path) -> None:
    done = heed(environment(tmp_path), "migrate", "--partitions", "16")
    assert done.returncode == 2
    assert done.stderr.decode() == "heed: only PostgreSQL has partitions\n"


def test_a_web_server_that_was_killed_while_it_starts_leaves_nobody_at_its_port(
    tmp_path: Path,
) -> None:
    env = {**environment(tmp_path), CLOCK: str(tmp_path / "clock")}
    (tmp_path / "clock").write_text("0")
    web = Member("web", env, tmp_path)
    web.start()
    try:
        until(lambda: len(web.pids()) > 2)  # itself, a tracker of resources, and the worker
        _, *left = web.pids()
        assert web.kill("parent")
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left))
        web.wait_until_up()
    finally:
        web.stop()
