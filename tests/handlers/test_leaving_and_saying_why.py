"""The confirmation mail and the page after a stop: what they offer, and that nothing else happens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from bot import pages
from bot.model import EntryKind, Reason
from bot.tokens import Purpose
from handlers.links import Links
from handlers.serve import speakers
from tests.handlers.web_kit import Site, site
from tests.kit import MAIL_ANN, mail

POLICY = """
company = "Acme & Sons"
help_contact = "help@example.com"

[[topics]]
name = "invoices"
title = "invoices & <notices>"
kind = "transactional"
required_notice = true
"""
STOPS = {
    "en": "please unsubscribe me from this list",
    "de": "bitte melden Sie mich vom Newsletter ab",
    "fr": "merci de me désinscrire de cette liste",
    "es": "por favor dadme de baja de esta lista",
    "pt": "por favor cancelem a minha subscrição desta lista",
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, policy=POLICY) as joined:
        yield joined


def confirmation(desk: Site, words: str = STOPS["en"]) -> tuple[str, str, str]:
    """The mail's language, its plain words, and its HTML."""
    desk.bench.hears(mail(words))
    (item,) = [one for one in desk.bench.outbox(MAIL_ANN) if one.confirmation]
    raw, recipient, _ = speakers(desk.parts)["smtp"].compose(item)  # type: ignore[attr-defined]
    assert recipient == MAIL_ANN.value
    assert raw.isascii()
    whole = message_from_bytes(raw, policy=default)
    assert whole.get_content_type() == "multipart/alternative"
    plain, html = whole.get_body(("plain",)), whole.get_body(("html",))
    assert plain is not None
    assert html is not None
    return str(whole["Content-Language"]), str(plain.get_content()), str(html.get_content())


def path(text: str, page: str) -> str:
    found = re.search(rf"https://optout\.example\.com(/u/[a-z0-9]+/{page})", text)
    assert found is not None
    return found[1]


def reasons(desk: Site) -> list[object]:
    history = desk.bench.history(MAIL_ANN)
    return [one.facts["reason"] for one in history if one.kind is EntryKind.REASON_GIVEN]


@pytest.mark.parametrize("lang", STOPS)
def test_the_confirmation_speaks_the_persons_language_in_both_forms(desk: Site, lang: str) -> None:
    told, plain, html = confirmation(desk, STOPS[lang])
    texts = pages.texts()[lang]
    assert told == lang
    assert texts["undo_link"] in plain
    assert texts["undo_link"] in html
    assert f'lang="{lang}"' in html
    assert all(html.count(texts[one]) == 1 for one in pages.REASONS)
    assert "\n1. " in plain.replace("\r", "")
    assert "1. " not in html  # each reason stands there once, as a link under its number


def test_it_says_what_stops_what_still_comes_and_shows_words_as_words(desk: Site) -> None:
    _, plain, html = confirmation(desk)
    assert "Acme & Sons" in plain
    assert "invoices & <notices>" in plain
    assert "invoices &amp; &lt;notices&gt;" in html
    assert "<notices>" not in html


@pytest.mark.parametrize("page", ["undo", "why"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_following_a_link_of_the_mail_changes_nothing(desk: Site, page: str, method: str) -> None:
    _, _, html = confirmation(desk)
    kept = desk.bench.kinds(MAIL_ANN)
    assert desk.client.open(path(html, page), method=method).status_code == 200
    assert desk.bench.kinds(MAIL_ANN) == kept
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}


def test_the_undo_takes_back_that_stop_for_a_day(desk: Site) -> None:
    link = path(confirmation(desk)[2], "undo")
    assert "<button" in desk.client.get(link).text
    desk.client.post(link)
    assert desk.bench.holds(MAIL_ANN) == {}


def test_the_undo_ends_after_a_day(desk: Site) -> None:
    link = path(confirmation(desk)[2], "undo")
    desk.bench.clock.forward(days=1, minutes=2)
    assert "<button" not in desk.client.get(link).text
    desk.client.post(link)
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}


def test_a_reason_is_taken_once_and_nothing_else_changes(desk: Site) -> None:
    link = path(confirmation(desk)[2], "why")
    shown = desk.client.get(link + "?r=not_relevant").text
    assert shown.index('value="not_relevant"') < shown.index('value="too_many"')
    for reason in ("not_relevant", "too_many"):
        page = desk.client.post(link, data={"reason": reason})
        assert "You stay unsubscribed" in page.text
    assert reasons(desk) == [str(Reason.NOT_RELEVANT)]
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}


@pytest.mark.parametrize("reason", ["", "wrong_person", "<script>", "x" * 5000])
def test_what_is_no_reason_of_ours_is_not_kept(desk: Site, reason: str) -> None:
    link = path(confirmation(desk)[2], "why")
    assert desk.client.post(link, data={"reason": reason}).status_code == 200
    assert reasons(desk) == []


def test_the_page_asks_after_the_stop_and_only_then(desk: Site) -> None:
    links = Links(desk.parts.store, desk.parts.policy)
    link = f"/u/{links.make(Purpose.HTTPS, MAIL_ANN, '', desk.bench.clock())}"
    assert "/why" not in desk.client.get(link).text
    done = desk.client.post(link, data={"List-Unsubscribe": "Page"}).text
    asked = re.search(r'action="(/u/[a-z0-9]+/why)"', done)
    assert asked is not None
    desk.client.post(asked[1], data={"reason": "too_many"})
    assert reasons(desk) == ["too_many"]


@pytest.mark.parametrize(("waits_s", "hasty"), [(0.2, True), (5, False)])
def test_a_button_pressed_sooner_than_anybody_reads_is_told_apart(
    desk: Site, waits_s: float, *, hasty: bool
) -> None:
    links = Links(desk.parts.store, desk.parts.policy)
    link = f"/u/{links.make(Purpose.HTTPS, MAIL_ANN, '', desk.bench.clock())}"
    shown = re.search(r'name="shown" value="(\d+)"', desk.client.get(link).text)
    assert shown is not None
    desk.bench.clock.now += timedelta(seconds=waits_s)
    desk.client.post(link, data={"List-Unsubscribe": "Page", "shown": shown[1]})
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}
    evidence = str(desk.bench.history(MAIL_ANN)[0].facts["evidence"])
    assert ("scanner" in evidence) is hasty


def test_a_burst_of_hasty_presses_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    from handlers.web.haste import BURST, Haste
    from tests.kit import NOW

    haste = Haste()
    for _ in range(BURST + 1):
        assert haste.seen(Haste.stamp(NOW), NOW)
    assert [one.message for one in caplog.records if "burst" in one.message] != []
    assert sum("burst" in one.message for one in caplog.records) == 1
    for made_up in ("", "x", "-5", "9" * 40, Haste.stamp(NOW + timedelta(hours=1))):
        assert not haste.seen(made_up, NOW)
