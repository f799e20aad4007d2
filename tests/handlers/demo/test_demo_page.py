"""What the page shows is what Heed's real doors did with the message."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from bot.model import EntryKind, Intent
from handlers.demo import cast, words
from handlers.demo.mailbox import cut_of
from handlers.demo.person import marked
from handlers.parts import Parts
from handlers.worker import Worker
from tests.handlers.demo.conftest import Site

MAIL = {
    "from": "ann@example.com",
    "to": "news@example.org",
    "subject": "Re: Our winter letter",
    "body": "please take me off this list\n\nAnn\n\nOn Tue, 3 Nov 2026 at 09:12, News <news@example.org> wrote:\n> To stop it, unsubscribe.\n",
}


def text(site: Site, number: str, words_typed: str) -> dict[str, Any]:
    answer = site.post("/demo/sms", {"number": number, "text": words_typed})
    assert answer.status_code == 200, answer.text
    return said(answer)


def said(answer: TestResponse) -> dict[str, Any]:
    body: dict[str, Any] = answer.json or {}
    return body


def rulings(body: dict[str, Any]) -> dict[str, bool]:
    return {one["key"]: one["allowed"] for one in body["person"]["standing"]["rulings"]}


def test_a_stop_is_answered_recorded_and_blocks(live: Site) -> None:
    body = text(live, "+12025550123", "pls stop txting me")
    person = body["person"]
    assert body["delivery"]["path"] == "POST /webhooks/twilio"
    assert body["delivery"]["status"] == 200
    assert [turn["who"] for turn in person["talk"]] == ["person", "heed"]
    assert "unsubscribed" in person["talk"][1]["text"]
    assert person["readings"][0]["intent"] == "opt_out"
    assert person["ledger"][0]["kind"] == "opted_out"
    assert person["shown"] == "+1 202 555 0123"
    assert rulings(body) == {"marketing": False, "transactional": False, "required": True}


def test_the_words_that_decided_stand_out_in_the_words_that_were_typed(live: Site) -> None:
    pieces = text(live, "+12025550123", "hi there, pls stop txting me")["person"]["readings"][0][
        "words"
    ]
    assert "".join(words for words, _ in pieces) == "hi there, pls stop txting me"
    assert any(rule and "stop" in words for words, rule in pieces)
    assert any(not rule and "hi there" in words for words, rule in pieces)


def test_a_second_stop_is_recorded_and_not_answered_again(live: Site) -> None:
    text(live, "+12025550123", "STOP")
    person = text(live, "+12025550123", "STOP")["person"]
    assert [turn["who"] for turn in person["talk"]] == ["person", "heed", "person"]
    assert person["readings"][0]["repeats"] is True


def test_a_number_in_the_us_is_never_asked_why(live: Site) -> None:
    person = text(live, "+12025550123", "STOP")["person"]
    assert person["readings"][0]["question"] == "none"
    assert person["asked"] == "none"


@pytest.mark.parametrize("code", ["GB", "ES", "FR", "DE", "BR"])
def test_elsewhere_the_reason_is_asked_once_and_two_is_an_answer(live: Site, code: str) -> None:
    number = next(one for one in cast.COUNTRIES if one.code == code).person
    person = text(live, number, "STOP")["person"]
    assert person["readings"][0]["question"] == "reason"
    assert person["asked"] == "reason_asked"
    person = text(live, number, "2")["person"]
    assert person["readings"][0]["intent"] == "reason"
    assert person["ledger"][0]["kind"] == "reason_given"
    assert person["asked"] == "none"


def test_a_person_who_comes_back_is_allowed_again(live: Site) -> None:
    text(live, "+12025550123", "STOP")
    assert rulings(text(live, "+12025550123", "START"))["marketing"] is True


def test_an_unclear_text_is_held_for_a_person(live: Site) -> None:
    body = text(live, "+12025550123", "no")
    assert body["person"]["readings"][0]["intent"] == "ambiguous"
    assert body["person"]["readings"][0]["cause"]


def test_what_was_said_before_is_there_after_a_reload(live: Site) -> None:
    before = text(live, "+12025550123", "STOP")["person"]
    again = said(live.get("/demo/sms?number=%2B12025550123"))
    assert again["talk"] == before["talk"]
    assert again["ledger"] == before["ledger"]


def test_markup_in_a_text_stays_text(live: Site) -> None:
    typed = "<img src=x onerror=alert(1)> stop & </script>"
    person = text(live, "+12025550123", typed)["person"]
    assert person["talk"][0]["text"] == typed


def test_a_mail_is_read_without_its_quote_and_its_confirmation_is_kept(
    live: Site, worker: Worker
) -> None:
    answer = live.post("/demo/mail", MAIL)
    assert answer.status_code == 200, answer.text
    body = said(answer)
    assert body["delivery"]["status"] == 250
    kept = [line for line, mine in body["cut"] if mine and line]
    assert kept == ["please take me off this list", "Ann"]
    assert "unsubscribe." not in "".join(
        words for words, _ in body["person"]["readings"][0]["words"]
    )
    assert rulings(body)["marketing"] is False
    worker.step()
    message = said(live.get("/demo/outgoing"))["messages"][0]
    headers = dict(message["headers"])
    assert message["to"] == "ann@example.com"
    assert message["state"] == "kept here"
    assert headers["Auto-Submitted"] == "auto-replied"
    assert headers["Subject"].startswith("Re: ")


@pytest.mark.parametrize("field", ["from", "to"])
def test_a_mail_from_or_to_nobody_is_refused(live: Site, field: str) -> None:
    assert live.post("/demo/mail", {**MAIL, field: "nobody"}).status_code == 400


def test_a_subject_cannot_smuggle_a_header(live: Site) -> None:
    answer = live.post("/demo/mail", {**MAIL, "subject": "x\r\nBcc: eve@example.net"})
    assert answer.status_code == 400


def test_half_a_character_is_refused(live: Site) -> None:
    answer = live.post("/demo/sms", {"number": "+12025550123", "text": "stop \ud83d"})
    assert answer.status_code == 400


def test_without_a_listener_the_page_says_so(site: Site) -> None:
    answer = site.post("/demo/mail", MAIL)
    assert answer.status_code == 502
    assert "did not answer" in said(answer)["error"]
    answer = site.post("/demo/sms", {"number": "+12025550123", "text": "STOP"})
    assert answer.status_code == 502


def test_the_newest_message_stands_first(live: Site, worker: Worker) -> None:
    text(live, "+12025550123", "STOP")
    text(live, "+447700900123", "STOP")
    worker.step()
    first, second = said(live.get("/demo/outgoing"))["messages"]
    assert (first["to"], second["to"]) == ("+447700900123", "+12025550123")


def test_every_intent_and_entry_has_its_plain_words() -> None:
    assert set(words.INTENTS) == set(words.SHORT_INTENTS) == set(Intent)
    assert set(words.ENTRIES) == set(EntryKind)


@pytest.mark.parametrize("country", cast.COUNTRIES, ids=lambda country: country.code)
def test_the_numbers_of_the_cast_are_its_own(country: cast.Country) -> None:
    assert cast.country_of(country.person) is country
    assert cast.country_of(country.ours) is None
    assert country.shown(country.person).replace(" ", "") == country.person
    assert country.lang in cast.LANGUAGES


def test_every_language_has_phrases_to_tap() -> None:
    assert set(cast.PHRASES) == set(cast.SCENE) == set(cast.LANGUAGES)


@pytest.mark.parametrize(
    ("evidence", "pieces"),
    [
        ([], [["pls stop", ""]]),
        ([[4, 8, "keyword:stop"]], [["pls ", ""], ["stop", "keyword:stop"]]),
        ([[0, 3, "a"], [1, 8, "b"]], [["pls", "a"], [" stop", ""]]),
        ([[4, 99, "a"]], [["pls ", ""], ["stop", "a"]]),
        ([[5, 5, "a"], [9, 12, "b"]], [["pls stop", ""]]),
        (None, [["pls stop", ""]]),
    ],
)
def test_marking_never_loses_a_word(evidence: Any, pieces: list[list[str]]) -> None:
    assert marked("pls stop", evidence) == pieces


def test_the_cut_shows_every_line_once() -> None:
    body = MAIL["body"].rstrip()
    assert [line for line, _ in map(tuple, cut_of(body))] == body.split("\n")  # type: ignore[arg-type]


def test_the_page_tells_where_it_was_sent(parts: Parts, site: Site) -> None:
    page = site.get("/").text
    assert 'value="news@example.org"' in page
    assert parts.settings.demo
