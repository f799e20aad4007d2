"""`heed lint-mail`: each thing that a marketing mail may lack is named, with its source."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from handlers.cli.lint_mail import lint_mail
from handlers.email.lint import lint

GOOD = """From: Acme <news@example.com>
To: ann@example.org
Subject: Spring sale
List-Unsubscribe: <https://optout.example.com/u/abc>, <mailto:news+abc@example.com>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1;
 h=From:To:Subject:List-Unsubscribe:List-Unsubscribe-Post; bh=AAAA; b=AAAA
Content-Type: text/html; charset=utf-8

<p>Sale!</p><p><a href="https://optout.example.com/u/abc">Unsubscribe</a></p>
<p>Acme, 12 Oak Street, Springfield, IL 62701</p>
"""


def missing(mail: str) -> set[str]:
    return {one.name for one in lint(mail.replace("\n", "\r\n").encode()) if not one.ok}


def test_a_mail_that_has_everything_lacks_nothing() -> None:
    assert missing(GOOD) == set()


@pytest.mark.parametrize(
    ("old", "new", "lacks"),
    [
        ("List-Unsubscribe: <https://", "List-Unsubscribe: <http://", "List-Unsubscribe"),
        ("List-Unsubscribe: <https:", "X-Unsubscribe: <https:", "List-Unsubscribe"),
        ("<mailto:news+abc@example.com>", "<https://b.example.com/>", "List-Unsubscribe"),
        (", <mailto:news+abc@example.com>", "", "List-Unsubscribe mailto"),
        ("List-Unsubscribe=One-Click", "Yes", "List-Unsubscribe-Post"),
        (":List-Unsubscribe-Post;", ";", "DKIM"),
        ("DKIM-Signature", "X-Signature", "DKIM"),
        (">Unsubscribe<", ">Click<", "visible way out"),
        ("12 Oak Street, Springfield, IL 62701", "on the web", "postal address"),
        ("d=example.com", "d=esp.example.net", "From"),
        ("d=example.com", "d=com", "From"),
        ("Acme <news@example.com>", "news@example.com, b@example.com", "From"),
    ],
)
def test_what_it_lacks_is_named(old: str, new: str, lacks: str) -> None:
    assert old in GOOD
    assert lacks in missing(GOOD.replace(old, new, 1))


def test_a_header_that_stands_twice_is_told() -> None:
    twice = GOOD.replace("Subject:", "List-Unsubscribe: <https://c.example.com/>\nSubject:", 1)
    assert "List-Unsubscribe" in missing(twice)


def test_the_command_says_what_is_missing_and_where_that_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "mail.eml"
    path.write_text(GOOD.replace("List-Unsubscribe-Post: List-Unsubscribe=One-Click\n", ""))
    result = CliRunner().invoke(lint_mail, [str(path)])
    assert result.exit_code == 1
    assert "MISS  List-Unsubscribe-Post" in result.stdout
    assert "RFC 8058 3.1" in result.stdout
    path.write_text(GOOD)
    assert CliRunner().invoke(lint_mail, [str(path)]).exit_code == 0


def test_no_file_and_no_mail_are_said_so(tmp_path: Path) -> None:
    assert CliRunner().invoke(lint_mail, [str(tmp_path / "none")]).exit_code == 2
    assert CliRunner().invoke(lint_mail, ["-"], input=b"").exit_code == 2


@given(st.binary(max_size=300))
def test_whatever_the_bytes_it_says_something(raw: bytes) -> None:
    assert len(lint(raw)) == 7
