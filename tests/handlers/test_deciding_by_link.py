"""A team without Slack decides from its mailbox: GET shows, POST decides once, a key lets through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from bot.model import Address
from handlers.serve import speakers
from storage import OutboxItem
from tests.handlers.web_kit import Site, site
from tests.kit import ANN, MAIL_ANN, mail, sms

UNCLEAR = "not sure I still want these"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as joined:
        yield joined


def forwarded(desk: Site, who: Address = MAIL_ANN) -> tuple[OutboxItem, str]:
    """What goes to the human mailbox, and its text."""
    items = [one for one in desk.bench.outbox(who) if one.kind == "forward"]
    assert len(items) == 1
    speaker = speakers(desk.parts)["smtp"]
    raw = speaker.compose(items[0])[0]  # type: ignore[attr-defined]
    body = message_from_bytes(raw, policy=default).get_body(("plain",))
    assert body is not None
    return items[0], str(body.get_content())


def link(desk: Site, who: Address = MAIL_ANN) -> str:
    found = re.search(r"https://optout\.example\.com(/d/[a-z0-9]+)", forwarded(desk, who)[1])
    assert found is not None
    return found[1]


def held(desk: Site, who: Address = MAIL_ANN) -> str:
    message = mail(UNCLEAR) if who is MAIL_ANN else sms(UNCLEAR, who=who)
    desk.bench.hears(message)
    assert desk.bench.holds(who) == {"channel": "held"}
    return link(desk, who)


def test_a_mail_arrives_whole_with_how_it_was_read_and_by_when_to_decide(desk: Site) -> None:
    held(desk)
    item, text = forwarded(desk)
    assert item.raw is not None
    assert "Heed read it as: unclear" in text
    assert "Please decide by 2026-11-26 12:00 UTC" in text


def test_an_unclear_text_reaches_the_mailbox_where_there_is_no_slack(desk: Site) -> None:
    path = held(desk, ANN)
    _, text = forwarded(desk, ANN)
    assert UNCLEAR in text
    assert UNCLEAR in desk.client.get(path).text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_following_the_link_decides_nothing(desk: Site, method: str) -> None:
    path = held(desk)
    response = desk.client.open(path, method=method)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert desk.bench.holds(MAIL_ANN) == {"channel": "held"}
    assert MAIL_ANN.value not in response.text


@pytest.mark.parametrize("verdict", ["opt_out", "wrong_number"])
def test_the_link_alone_may_stop_and_only_once(desk: Site, verdict: str) -> None:
    path = held(desk)
    assert desk.client.post(path, data={"verdict": verdict}).status_code == 200
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}
    kept = desk.bench.kinds(MAIL_ANN)
    again = desk.client.post(path, data={"verdict": "not_opt_out", "key": "admin-key"})
    assert "Nothing is left to do here" in again.text
    assert "By the link in a mail to your people." in again.text
    assert desk.bench.kinds(MAIL_ANN) == kept


@pytest.mark.parametrize("key", ["", "wrong", "record-key", "check-key", "ä", "x" * 5000])
@pytest.mark.parametrize("verdict", ["not_opt_out", "done", "ask"])
def test_whatever_lets_messages_through_needs_a_deciders_key(
    desk: Site, verdict: str, key: str
) -> None:
    path = held(desk)
    response = desk.client.post(path, data={"verdict": verdict, "key": key})
    assert response.status_code == 403
    assert "key of a decider" in response.text
    assert desk.bench.holds(MAIL_ANN) == {"channel": "held"}


def test_a_decider_lets_messages_through_under_their_own_name(desk: Site) -> None:
    path = held(desk)
    response = desk.client.post(path, data={"verdict": "not_opt_out", "key": "admin-key"})
    assert "Decided: not an opt-out" in response.text
    assert desk.bench.holds(MAIL_ANN) == {}
    decided = [one for one in desk.bench.history(MAIL_ANN) if one.kind == "review_decided"]
    assert [one.facts["actor"] for one in decided] == ["api:ops"]


@pytest.mark.parametrize("verdict", ["", "everything", "OPT_OUT"])
def test_a_verdict_that_is_none_decides_nothing(desk: Site, verdict: str) -> None:
    path = held(desk)
    assert desk.client.post(path, data={"verdict": verdict}).status_code == 400
    assert desk.bench.holds(MAIL_ANN) == {"channel": "held"}


def test_a_link_ends_after_three_days_and_a_made_up_one_looks_the_same(desk: Site) -> None:
    path = held(desk)
    desk.bench.clock.forward(days=3, minutes=2)
    ended = desk.client.get(path)
    assert "This link has ended" in ended.text
    assert desk.client.get("/d/" + "a" * 57).text == ended.text
    assert desk.client.post(path, data={"verdict": "opt_out"}).text == ended.text
    assert desk.bench.holds(MAIL_ANN) == {"channel": "held"}


def test_somebody_faster_is_told(desk: Site) -> None:
    path = held(desk)
    desk.bench.hears(mail("unsubscribe", at=desk.bench.clock.forward(minutes=1)))
    page = desk.client.post(path, data={"verdict": "not_opt_out", "key": "admin-key"})
    assert "Decided: opted out" in page.text
    assert desk.bench.holds(MAIL_ANN) == {"channel": "stopped"}


def test_a_forward_is_tried_until_it_arrives() -> None:
    from bot.retry import next_attempt
    from tests.kit import NOW

    assert next_attempt(50, now=NOW, jitter=0) is None
    again = next_attempt(50, now=NOW, jitter=0, until_delivered=True)
    assert again == NOW + timedelta(hours=24)


def test_words_are_shown_as_words(desk: Site) -> None:
    desk.bench.hears(mail("<script>hm</script> not sure I still want these"))
    page = desk.client.get(link(desk)).text
    assert "<script>" not in page


def test_what_a_wish_for_less_asks_for_stands_in_the_mail_and_on_the_page(desk: Site) -> None:
    desk.bench.hears(sms("once a week is enough", who=ANN))
    _, text = forwarded(desk, ANN)
    assert "Asks for: at most once a week." in text
    assert "They ask for: at most once a week." in desk.client.get(link(desk, ANN)).text
