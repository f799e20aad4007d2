"""Mails that are made to stall or to fill a reader: time and memory stay bounded."""

from __future__ import annotations

import encodings.aliases
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import quoted
from bot.quoted import LINES_LIMIT, reply_part
from handlers.email import body, mime
from handlers.email.html import HTML_LIMIT, to_text
from handlers.email.parse import parse_mail
from tests.soak import mail as soak

HEAD = b"From: a@example.com\r\nTo: b@example.net\r\nSubject: Re: x\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
HTML = HEAD + b"Content-Type: text/html\r\n\r\n"
HUGE = 30_000_000
MEGABYTES = 200  # that reading one mail may take, its own bytes included
ADDRESS_SPACE = 1 << 30
CPU_SECONDS = 60  # for all of them; one stalled mail takes more


def _deep(levels: int) -> bytes:
    body = b"Content-Type: text/plain\r\n\r\nSTOP\r\n"
    for level in range(levels):
        mark = b"b%d" % level
        body = (
            b"Content-Type: multipart/mixed; boundary="
            + mark
            + b"\r\n\r\n--"
            + mark
            + b"\r\n"
            + body
            + b"\r\n--"
            + mark
            + b"--\r\n"
        )
    return HEAD + body


# The stall inputs of docs/email.md, and what each bound of the parser is there for.
HOSTILE = {
    "a line of 30 MB": HEAD + b"\r\n" + b"a" * HUGE,
    "30 MB of half a boundary": MIXED + b"--b" * (HUGE // 3),
    "30 MB of boundaries with a tail": MIXED + b"--bx\r\n" * (HUGE // 6),
    "30 MB of old Mac's lines": b"From: a@example.com\r\r" + b"x\r" * (HUGE // 2),
    "a header of 30 MB": HEAD + b"X: " + b"a" * HUGE + b"\r\n\r\nSTOP",
    "100 deep": _deep(100),
    "100 enclosed mails": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 100 + b"STOP",
    "10,000 parts": MIXED + b"--b\r\nContent-Type: text/html\r\n\r\n<p>x\r\n" * 10_000,
    "8 KB of On": HEAD + b"\r\n" + b"On " * 2_700,
    "32 KB of On, wrapped": HEAD + b"\r\n" + (b"On " * 300 + b"\r\n") * 36,
    "8 KB of empty lines": HEAD + b"\r\n" + b"\r\n" * 4_000,
    "32 KB of blanks": HEAD + b"\r\n" + b" " * 32_000,
    "1 MB of quoting": HEAD + b"\r\n" + b"> some words\r\n> and more\r\nreply\r\n" * 30_000,
    "tags without end": HTML + b"<div>" * 1_000_000,
    "quotes in quotes": HTML + b"<p>a<blockquote>b " * 14_000,
    "tables in tables": HTML + b"<table><tr><td>a" * 5_000,
    "Gmail's quotes": HTML + b"<blockquote class=gmail_quote>a</blockquote>b" * 6_000,
    "two hundred HTML texts": MIXED
    + (b"--b\r\nContent-Type: text/html\r\n\r\n" + b"<p>hello</p>" * 4_900 + b"\r\n") * 199,
    "two hundred long texts": MIXED + (b"--b\r\n\r\n" + b"On 2026 a@b.c wrote\r\n" * 6_000) * 199,
    "a report of 200,000 recipients": HEAD
    + b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    + (
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        + b"Final-Recipient: rfc822; a@b.example\r\n\r\n" * 2_000
    )
    * 100,
    "a bounce of 100,000 addresses": b"From: mailer-daemon@example.com\r\nSubject: failure notice\r\n\r\n"
    + b"a@example.com " * 100_000,
    "open quotes in a type": b"From: a@example.com\r\nContent-Type: text/plain; "
    + b'charset="' * 400
    + b"\r\n\r\nSTOP",
}
PEAK = (
    "import sys; from handlers.cli.read_mail import read_mail\n"
    "read_mail(sys.argv[1:], standalone_mode=False)\n"
    "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
    "print(int(peak.split()[1]) // 1024, file=sys.stderr)\n"
)


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def test_hostile_mails_are_read_within_the_limits_of_a_process(tmp_path: Path) -> None:
    files = []
    for at, raw in enumerate(HOSTILE.values()):
        files.append(tmp_path / f"{at}.eml")
        files[-1].write_bytes(raw)
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *map(str, files)],
        check=False,
        capture_output=True,
        preexec_fn=_limited,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in told] == list(map(str, files))
    assert [line for line in told if "error" in line or "kind" not in line] == []
    assert int(done.stderr) <= MEGABYTES


KNOWN = sorted(set(encodings.aliases.aliases.values()))
UNKNOWN = ["x-unknown", "utf-9", "none", "8bit", "iso-8859-99", "", "a" * 300]


@pytest.mark.parametrize("charset", [*KNOWN, *UNKNOWN])
def test_words_are_found_in_every_charset_that_python_knows(charset: str) -> None:
    try:
        content = "please stop".encode(charset)
    except (LookupError, UnicodeError, ValueError):
        content = b"please stop"
    raw = f"From: a@example.com\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode()
    mail = parse_mail(raw + content)
    assert (mail.error, mail.from_address) == ("", "a@example.com")
    assert "please stop" in mail.reply_text


def test_half_a_boundary_costs_no_more_than_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a boundary on a line of its own is looked at twice."""
    looked = 0
    original = mime._before_newline

    def counting(raw: bytes, at: int) -> int:
        nonlocal looked
        looked += 1
        return original(raw, at)

    monkeypatch.setattr(mime, "_before_newline", counting)
    assert len(mime.parse(MIXED + b"--b" * 100_000)[0].children) == 1
    assert len(mime.parse(MIXED + b"--bx\r\n--b \r\nSTOP\r\n" * 3)[0].children) == 3
    assert looked <= 4


def test_of_a_text_of_line_breaks_only_the_beginning_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[int] = []
    original = quoted._human_parts

    def counting(lines: list[str]) -> Iterator[tuple[list[str], bool]]:
        read.append(len(lines))
        return original(lines)

    monkeypatch.setattr(quoted, "_human_parts", counting)
    assert reply_part("x\n" * (2 * LINES_LIMIT)).count("x") == LINES_LIMIT
    assert read == [LINES_LIMIT]


def test_the_first_thousand_of_a_million_damaged_mails_can_be_read() -> None:
    assert soak.main(1_000) == 0


def test_two_hundred_texts_cost_no_more_than_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = 0

    def counting(html: str) -> tuple[str, str]:
        nonlocal rendered
        rendered += len(html)
        return to_text(html)

    monkeypatch.setattr(body, "to_text", counting)
    mail = parse_mail(HOSTILE["two hundred HTML texts"])
    assert rendered <= 2 * HTML_LIMIT
    assert mail.cut
    assert mail.reply_text.startswith("hello")
