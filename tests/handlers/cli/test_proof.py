"""`heed proof`: one document about one address, and checking it far from the database."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.model import (
    CHANNEL_SCOPE,
    Act,
    Actor,
    Evidence,
    Intent,
    Recording,
    Role,
    SentMessage,
)
from handlers.cli.import_list import import_list
from handlers.cli.ledger import ledger
from handlers.cli.proof import proof
from storage.sealer import Sealer
from tests.handlers.cli.kit import Shell
from tests.kit import ANN as KIT_ANN
from tests.kit import US, WORDS, mail, reading, sms

ANN = "+12025550123"
EVIL = "stop <script>alert(1)</script> & \u202e\"'></blockquote>"


def seal(shell: Shell) -> None:
    Sealer(shell.bench.store, shell.bench.clock).step()


def key(shell: Shell) -> str:
    return shell.run(ledger, "key").stdout.strip()


@pytest.fixture
def filled(shell: Shell) -> Shell:
    shell.bench.hears(sms("stop"))
    shell.bench.hears(mail("stop"))
    seal(shell)
    shell.bench.hears(sms(EVIL))
    seal(shell)
    shell.bench.hears(sms("start"))
    return shell


def made(shell: Shell, *more: str) -> Path:
    target = shell.folder / "ann.json"
    result = shell.run(proof, ANN, "-o", str(target), *more)
    assert (result.exit_code, result.stdout) == (0, ""), result.output
    return target


def test_the_document_holds_words_reading_answers_and_times(filled: Shell) -> None:
    path = made(filled)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    document = json.loads(path.read_text())
    assert document["address"] == {"channel": "sms", "value": ANN}
    first, second, third = document["entries"]
    assert (first["number"], first["kind"], first["scope"]) == (1, "opted_out", "channel")
    assert first["reads"]["words"] == "stop"
    assert first["reads"]["facts"]["intent"] == "opt_out"
    assert first["recorded_at"] == "2026-11-25T12:00:00.000000Z"
    assert second["reads"]["words"] == EVIL
    assert (first["sealed"]["seal"], second["sealed"]["seal"], third["sealed"]) == (1, 2, None)
    answers = document["not_proved"]["answers"]
    assert "Acme" in answers[0]["text"]
    deadlines = document["not_proved"]["deadlines"]
    assert {one["entry"] for one in deadlines} == {1}
    assert all(one["kept"] for one in deadlines)


def test_the_record_names_the_providers_message_what_it_answered_and_who_confirmed(
    shell: Shell,
) -> None:
    at, now = shell.bench, shell.bench.clock.now
    for hours, after in ((30, False), (2, False), (-1, True)):
        sent = SentMessage(
            sender=US,
            topic="promotions",
            lang="en",
            sent_at=now - timedelta(hours=hours),
            choices=("STOP", "STOPALL"),
        )
        at.store.write(
            lambda session, sent=sent, after=after: session.record_send(  # type: ignore[misc]
                session.touch(KIT_ANN, now), sent, id=str(sent.sent_at), after_stop=after
            )
        )
    at.clock.forward(hours=2)
    words = sms("stop", event_id="SM1", in_reply_to="SM0", occurred_at=now - timedelta(hours=3))
    at.hears(words)
    at.hears(sms("stop", provider_replied=True))
    seal(shell)
    first, second = json.loads(made(shell).read_text())["entries"]
    facts = first["reads"]["facts"]
    assert (facts["account"], facts["provider_message"]) == ("AC1", "SM1")
    assert facts["in_reply_to"] == "SM0"
    assert facts["replied_to"]["topic"] == "promotions"
    assert facts["replied_to"]["offered"] == ["STOP", "STOPALL"]
    assert (facts["asked"], facts["scope_asked"]) == ("none", None)
    assert facts["confirmed_by"] == "heed"
    assert second["reads"]["facts"]["confirmed_by"] == "nobody"
    [around] = json.loads((shell.folder / "ann.json").read_text())["not_proved"]["sends"]
    assert around == {
        "entry": 1,
        "last_before": (now - timedelta(hours=30)).isoformat(),
        "between_act_and_block": 2,
        "after_the_block": 0,
    }
    page = shell.folder / "ann.html"
    assert shell.run(proof, ANN, "--html", str(page)).exit_code == 0
    text = page.read_text()
    assert "Messages sent around each stop" in text
    assert "UTC about promotions offering STOP, STOPALL" in text
    assert "channel stopped" in text


def test_the_page_shows_what_an_admin_gave_as_evidence(shell: Shell) -> None:
    shell.bench.desk.receive(
        Recording(
            act=Act.OPT_IN,
            address=KIT_ANN,
            scope=CHANNEL_SCOPE,
            actor=Actor(name="api:crm", role=Role.ADMIN),
            source="api",
            event_id="1",
            received_at=shell.bench.clock.now,
            evidence="form of 2026-03-02, version 7",
        )
    )
    seal(shell)
    page = shell.folder / "ann.html"
    assert shell.run(proof, ANN, "--html", str(page)).exit_code == 0
    assert "form of 2026-03-02, version 7" in page.read_text()


def test_it_holds_the_policy_that_was_in_force_whatever_the_file_says_now(shell: Shell) -> None:
    """As desks are joined by their settings, the text of heed.toml is kept under its digest."""
    before = (shell.folder / "heed.toml").read_text()
    assert shell.run(import_list, listed(shell, "phone\n2025550123\n")).exit_code == 0
    (shell.folder / "heed.toml").write_text(before.replace("Acme", "Acme Shoes"))
    assert shell.run(import_list, listed(shell, "phone,note\n2025550123,x\n")).exit_code == 0
    seal(shell)
    document = json.loads(made(shell).read_text())
    first, second = (one["reads"]["facts"]["policy"] for one in document["entries"])
    assert first == hashlib.sha256(before.encode()).hexdigest()[:16]
    policies = document["not_proved"]["policies"]
    assert policies[first] == before
    assert 'company = "Acme Shoes"' in policies[second]


def listed(shell: Shell, content: str) -> str:
    path = shell.folder / "list.csv"
    path.write_text(content)
    return str(path)


def test_it_is_checked_without_database_or_settings(
    filled: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, public = made(filled), key(filled)
    monkeypatch.setenv("HEED_SECRET_KEY", "nonsense")
    monkeypatch.setenv("HEED_DATABASE_URL", "sqlite:////nowhere/heed.db")
    result = CliRunner().invoke(proof, ["--verify", str(path), "--key", public])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "complete up to seal 2 (2026-11-25T12:00:00.000000Z): 2 of the 3 entries sealed until then",
        "not covered by that seal: entries 3",
        "the proof holds",
    ]


def test_a_tampered_document_does_not_hold(filled: Shell) -> None:
    path, public = made(filled), key(filled)
    document = json.loads(path.read_text())
    document["entries"][0]["reads"]["words"] = "please go on"
    path.write_text(json.dumps(document))
    result = filled.run(proof, "--verify", str(path), "--key", public)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "entry 1 does not read so: the address, words or facts are others",
        "the proof does not hold",
    ]
    path.write_text(path.read_text().replace('"recorded_at"', '"recorded"', 1))
    result = filled.run(proof, "--verify", str(path), "--key", public)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1


def test_a_proof_signed_by_somebody_else_does_not_hold(filled: Shell) -> None:
    result = filled.run(proof, "--verify", str(made(filled)), "--key", "0" * 64)
    assert result.exit_code == 1
    assert "signed by another key" in result.stdout


def test_a_kept_seal_binds_the_proof_to_what_was_true_then(filled: Shell) -> None:
    kept = filled.folder / "seal.json"
    filled.run(ledger, "publish", "-o", str(kept))
    filled.bench.hears(sms("help"))
    seal(filled)
    later, public = made(filled), key(filled)
    check = ("--verify", str(later), "--key", public, "--seal", str(kept))
    result = filled.run(proof, *check)
    assert result.exit_code == 1
    assert "ask for a proof made with that seal" in result.stdout
    made(filled, "--seal", str(kept))
    result = filled.run(proof, *check)
    assert result.exit_code == 0
    assert "complete up to seal 2" in result.stdout
    assert "not covered by that seal: entries 3, 4" in result.stdout


def test_the_page_is_whole_escaped_and_fetches_nothing(filled: Shell) -> None:
    page = filled.folder / "ann.html"
    result = filled.run(proof, ANN, "--html", str(page))
    assert (result.exit_code, result.stdout) == (0, "")
    text = page.read_text()
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert ANN in text
    assert "Opted out (channel)" in text
    assert "Acme" in text
    assert "@media print" in text
    assert "47 CFR 64.1200" in text
    assert re.findall(r"(?:src|href|url|@import)\s*[=(]", text) == []
    assert "http://" not in text
    assert "https://" not in text
    assert stat.S_IMODE(page.stat().st_mode) == 0o600


def test_the_page_shows_the_words_that_decided(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "hi, pls stop texting"
    evidence = (Evidence(start=4, end=12, words="pls stop", rule="phrase:stop"),)
    monkeypatch.setitem(WORDS, words, reading(Intent.OPT_OUT, evidence=evidence))
    shell.bench.hears(sms(words))
    seal(shell)
    page = shell.folder / "ann.html"
    assert shell.run(proof, ANN, "--html", str(page)).exit_code == 0
    assert "“pls stop” (phrase:stop)" in page.read_text()
    assert "we answered" in page.read_text()


def test_who_was_erased_has_a_proof_without_words(filled: Shell) -> None:
    filled.bench.store.write(lambda session: session.erase(filled.bench.addr()))
    path, page = filled.folder / "ann.json", filled.folder / "ann.html"
    result = filled.run(proof, ANN, "-o", str(path), "--html", str(page))
    assert result.exit_code == 0
    assert "words were made unreadable: entries 1, 2, 3" in result.stderr
    assert "that it is this address" in result.stderr
    for text in (path.read_text(), page.read_text()):
        assert ANN not in text
        assert "script>" not in text
    assert filled.run(proof, "--verify", str(path), "--key", key(filled)).exit_code == 0


def test_nothing_to_prove_is_said_so(shell: Shell) -> None:
    result = shell.run(proof, ANN)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing is recorded" in result.stderr
    shell.bench.hears(sms("stop"))
    result = shell.run(proof, ANN)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing is sealed yet" in result.stderr


def test_words_that_are_no_unicode_are_written_and_read_again(shell: Shell) -> None:
    shell.bench.hears(sms("stop \ud83d 退订"))
    seal(shell)
    path = made(shell, "--html", str(shell.folder / "ann.html"))
    assert shell.run(proof, "--verify", str(path), "--key", key(shell)).exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--verify", "FILE"),
        ("--verify", "FILE", "--key", "0" * 64, ANN),
        (ANN, "--key", "0" * 64),
        ("--verify", "nowhere.json", "--key", "0" * 64),
        ("no address",),
    ],
)
def test_what_cannot_be_meant_is_refused(shell: Shell, arguments: tuple[str, ...]) -> None:
    path = shell.folder / "some.json"
    path.write_text("{}")
    result = shell.run(proof, *(str(path) if one == "FILE" else one for one in arguments))
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize("text", ["", "{}", "[" * 5000, "\0", "nul", '{"format": "heed-seal-1"}'])
def test_what_is_no_proof_does_not_hold(shell: Shell, text: str) -> None:
    path = shell.folder / "some.json"
    path.write_text(text)
    result = shell.run(proof, "--verify", str(path), "--key", "0" * 64)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "holds no proof" in result.stderr
