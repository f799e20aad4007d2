"""`heed read-mail` tells what Heed reads in a mail, whatever the bytes."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from handlers.cli.read_mail import describe, read_mail

FIXTURES = Path(__file__).parents[2] / "fixtures" / "mail"


def _run(*arguments: str, stdin: bytes = b"") -> list[dict[str, object]]:
    result = CliRunner().invoke(read_mail, arguments, input=stdin)
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_file_gives_one_line_in_order() -> None:
    files = [
        str(FIXTURES / name)
        for name in ("11-iphone-stop.eml", "51-bounce-qmail.eml", "53-arf-abuse-complete.eml")
    ]
    person, bounce, complaint = _run(*files)
    assert [line["file"] for line in (person, bounce, complaint)] == files
    assert (person["kind"], person["reply_text"], person["intent"]) == ("reply", "Stop", "opt_out")
    assert person["to"] == ["offers@example.net"]
    assert person["message_id"] == "<3D4A5B6C-11F0@example.com>"
    assert bounce["bounce_recipient"] == "j.marsh@example.org"
    assert bounce["permanent"] is True
    assert (complaint["token"], complaint["intent"]) == ("Qz81mmT", None)
    assert "bounce_recipient" not in complaint
    assert complaint["complainant"] == "rosa.tan@example.com"


def test_without_a_file_standard_input_is_read() -> None:
    (line,) = _run(stdin=b"From: ann@example.com\r\n\r\nSTOP\r\n")
    assert (line["file"], line["from"], line["intent"]) == ("-", "ann@example.com", "opt_out")


def test_a_file_that_cannot_be_read_is_a_line_too(tmp_path: Path) -> None:
    good = tmp_path / "good.eml"
    good.write_bytes(b"From: ann@example.com\r\n\r\nSTOP\r\n")
    missing, read = _run(str(tmp_path / "none.eml"), str(good))
    assert missing == {
        "file": str(tmp_path / "none.eml"),
        "error": "cannot be read: No such file or directory",
    }
    assert read["intent"] == "opt_out"


def test_any_bytes_give_a_line() -> None:
    for raw in (
        b"",
        b"\0",
        b"\xff" * 100,
        bytes(range(256)) * 50,
        b"From: \xff\r\nSubject: =?x?y?z?=\r\n\r\n\xfe",
    ):
        (line,) = _run(stdin=raw)
        assert line["kind"] == "reply"


def test_an_unsubscribe_request_is_an_opt_out_without_words() -> None:
    told = describe(b"From: ann@example.com\r\nTo: optout+t1@example.net\r\n\r\nDo not stop", "x")
    assert (told["kind"], told["intent"], told["token"]) == ("unsubscribe_request", "opt_out", "t1")


def test_a_wish_in_the_subject_alone_is_heard() -> None:
    assert (
        describe(b"From: ann@example.com\r\nSubject: UNSUBSCRIBE\r\n\r\n", "x")["intent"]
        == "opt_out"
    )


def test_a_bare_forward_is_nobodys_wish() -> None:
    assert (
        describe(b"From: ann@example.com\r\nSubject: FW: unsubscribe\r\n\r\n", "x")["intent"]
        == "other"
    )
