"""`heed connect` and `heed simulate`, against a desk that runs as a user starts it."""

from __future__ import annotations

import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from handlers.callers import PAUSE, Call, Callers, LastCall, last_call
from tests.handlers.cli.kit import Shell
from tests.processes import HEED, environment, free_port, heed, running


def test_connect_sees_the_first_signed_request_and_simulate_its_answer(tmp_path: Path) -> None:
    env = environment(tmp_path)
    env["HEED_PUBLIC_URL"] = env_url = f"http://{env['HEED_HTTP_LISTEN']}"
    with running(env, "serve", until="heed check"):
        with subprocess.Popen(
            [*HEED, "connect", "twilio", "--wait", "60"], env=env, stdout=subprocess.PIPE, text=True
        ) as waiting:
            assert waiting.stdout is not None
            told = ""
            while "Waiting" not in told:
                told += waiting.stdout.readline()
            assert f"{env_url}/webhooks/twilio#rc=3" in told
            simulated = heed(env, "simulate", "twilio", "pls stop txting me").stdout.decode()
            told = waiting.stdout.read()
        assert waiting.returncode == 0
        assert "came and verified" in told
        assert "<Message>" in simulated
        assert "read as  opt_out; recorded: opted_out (channel)" in simulated
        assert heed(env, "check", "+12025550123").returncode == 1
        nameless = heed(env, "simulate", "twilio", "stop", "--from", "ACME").stdout.decode()
        assert "(unreadable): heed reviews" in nameless


def test_connect_tells_why_a_request_was_refused(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with running(env, "serve", until="heed check") as server:
        with subprocess.Popen(
            [*HEED, "connect", "twilio", "--wait", "60"], env=env, stdout=subprocess.PIPE, text=True
        ) as waiting:
            assert waiting.stdout is not None
            while "Waiting" not in waiting.stdout.readline():
                pass
            request = urllib.request.Request(
                f"{server.url}/webhooks/twilio",
                data=b"Body=stop",
                headers={"X-Twilio-Signature": "AAAA"},
            )
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(request, timeout=20)
            told = waiting.stdout.read()
        assert waiting.returncode == 1
        assert "signed with another secret" in told


def test_what_is_not_set_up_yet_is_named_and_nothing_is_waited_for(tmp_path: Path) -> None:
    env = environment(tmp_path)
    told = heed(env, "connect", "telnyx")
    assert told.returncode == 2
    assert b"/webhooks/telnyx" in told.stdout
    assert b"set HEED_TELNYX_PUBLIC_KEY, HEED_TELNYX_API_KEY" in told.stderr
    assert b"no longer the demo" in told.stdout
    assert b"MISSING HEED_PUBLIC_URL" in told.stdout
    assert b"demo    HEED_TWILIO_AUTH_TOKEN" in heed(env, "connect", "twilio", "--wait", "0").stdout
    assert b"there is none of this name; aws-sns" in heed(env, "connect", "pigeon").stderr
    assert heed(env, "migrate").returncode == 0
    assert b"heed connect telnyx says how" in heed(env, "simulate", "telnyx", "stop").stderr


def test_a_desk_that_does_not_run_is_one_line(tmp_path: Path) -> None:
    env = environment(tmp_path)
    assert heed(env, "migrate").returncode == 0
    url = f"http://127.0.0.1:{free_port()}"
    told = heed(env, "simulate", "twilio", "stop", "--url", url)
    assert told.returncode == 2
    assert b"is heed serve running?" in told.stderr


def test_a_flood_of_forged_requests_is_written_down_once_in_a_while(shell: Shell) -> None:
    store, clock = shell.bench.store, shell.bench.clock
    callers = Callers(store)
    assert last_call(store, "twilio", Call.REFUSED) is None
    first = clock.now
    for reason in ("signature_wrong", "time_stale", "signature_missing"):
        callers.note("twilio", Call.REFUSED, clock.now, reason)
    expected = LastCall(at=first, reason="signature_wrong")
    assert last_call(store, "twilio", Call.REFUSED) == expected
    clock.forward(seconds=PAUSE.total_seconds())
    callers.note("twilio", Call.REFUSED, clock.now, "time_stale")
    assert last_call(store, "twilio", Call.REFUSED) == LastCall(at=clock.now, reason="time_stale")
    assert last_call(store, "twilio", Call.VERIFIED) is None
