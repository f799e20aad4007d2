"""A reply from any mail program in any of twenty-two languages gives the person's words alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from handlers.cli.read_mail import describe
from handlers.email.parse import parse_mail
from tests.handlers.email.clients import HTML, PLAIN, TONGUES, mails

FIXTURES = Path(__file__).parents[2] / "fixtures" / "mail"
MAILS = {name: (text, words, html) for name, text, words, html in mails()}
EXPECTED = [
    json.loads(line) for line in (FIXTURES / "expected.jsonl").read_text("utf-8").splitlines()
]


def _mail(text: str, *, html: bool = False) -> bytes:
    kind = "html" if html else "plain"
    head = f"From: ann@example.com\nTo: news@example.net\nSubject: Re: x\nContent-Type: text/{kind}; charset=utf-8\n"
    return f"{head}\n{text}".encode()


@pytest.mark.parametrize("name", MAILS)
def test_only_the_persons_words_remain(name: str) -> None:
    text, words, html = MAILS[name]
    mail = parse_mail(_mail(text, html=html))
    assert (mail.reply_text, mail.html_only, mail.error) == (words, html, "")


def test_no_quoted_footer_leaks_in_any_language_or_client() -> None:
    leaks = [
        f"{name}-{lang}"
        for lang, tongue in TONGUES.items()
        for name, make in (PLAIN | HTML).items()
        if tongue.footer in parse_mail(_mail(make(tongue), html=name in HTML)).reply_text
    ]
    assert leaks == []


@pytest.mark.parametrize("lang", TONGUES)
def test_a_footer_leaks_no_more_where_nobody_typed_anything(lang: str) -> None:
    tongue = TONGUES[lang]
    for name, make in (PLAIN | HTML).items():
        raw = _mail(make(tongue).replace(tongue.words, ""), html=name in HTML)
        assert parse_mail(raw).reply_text == "", name


def test_the_golden_set_reads_no_false_opt_out_and_misses_almost_none() -> None:
    """Every client and language, a wish and a question, each above a footer that says unsubscribe."""
    wishes = missed = 0
    false = []
    for lang, tongue in TONGUES.items():
        for name, make in (PLAIN | HTML).items():
            raw = make(tongue)
            wish = describe(_mail(raw, html=name in HTML), name)
            question = describe(
                _mail(raw.replace(tongue.words, tongue.question), html=name in HTML), name
            )
            wishes += 1
            missed += wish["intent"] != "opt_out"
            if question["intent"] == "opt_out":
                false.append(f"{name}-{lang}")
    assert len(PLAIN | HTML) >= 20
    assert len(TONGUES) >= 20
    assert false == []
    assert missed <= 0.02 * wishes


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: str(expected["file"]))
def test_the_collected_mails_are_read_as_expected(expected: dict[str, object]) -> None:
    mail = parse_mail((FIXTURES / str(expected["file"])).read_bytes())
    assert str(mail.kind) == expected["kind"]
    assert mail.from_address == expected["from"]
    assert mail.reply_text.split() == str(expected["reply_text"]).split()
    assert mail.permanent == expected.get("permanent")
    assert mail.token == expected.get("token")
    if mail.kind == "bounce":
        assert mail.bounce_recipient == expected["bounce_recipient"]
    assert mail.error == ""
