"""What a stop reaches, and what it does not: the table behind every check."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from bot.model import Channel, Hold, Scope, Suppression
from bot.policy import Topic, TopicKind
from bot.verdict import verdict

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)
SINCE = NOW - timedelta(days=3)

PROMOTIONS = Topic(name="promotions", title="Promotions")
NEWSLETTER = Topic(name="newsletter", title="Newsletter", needs_consent=False)
ORDERS = Topic(name="orders", title="Orders", kind=TopicKind.TRANSACTIONAL)
RECEIPTS = Topic(
    name="receipts", title="Receipts", kind=TopicKind.TRANSACTIONAL, needs_consent=False
)
RECALL = Topic(name="recall", title="Recalls", required_notice=True)
TOPICS = (None, PROMOTIONS, NEWSLETTER, ORDERS, RECEIPTS, RECALL)


def block(scope: str, hold: Hold = Hold.STOPPED, until: datetime | None = None) -> Suppression:
    return Suppression(scope=Scope.parse(scope), hold=hold, since=SINCE, until=until, entry_id="e1")


def blocked(
    scope: str,
    topic: Topic | None,
    *,
    hold: Hold = Hold.STOPPED,
    channel: Channel = Channel.SMS,
    program: str | None = "acme",
) -> bool:
    own = [block(scope, hold)]
    return not verdict(own, (), topic, program, NOW, channel=channel).allowed


@pytest.mark.parametrize(
    ("scope", "hold", "channel", "reached"),
    [
        # A bare stop on sms: all marketing, and what leans on consent; not the plain receipt.
        ("channel", Hold.STOPPED, Channel.SMS, {None, PROMOTIONS, NEWSLETTER, ORDERS}),
        # Elsewhere marketing only.
        ("channel", Hold.STOPPED, Channel.EMAIL, {None, PROMOTIONS, NEWSLETTER}),
        ("channel", Hold.STOPPED, Channel.WHATSAPP, {None, PROMOTIONS, NEWSLETTER}),
        ("channel", Hold.STOPPED, Channel.SLACK, {None, PROMOTIONS, NEWSLETTER}),
        # While a person decides, and in a pause: marketing, on sms too.
        ("channel", Hold.HELD, Channel.SMS, {None, PROMOTIONS, NEWSLETTER}),
        ("channel", Hold.PAUSED, Channel.SMS, {None, PROMOTIONS, NEWSLETTER}),
        # Everything is everything.
        (
            "everything",
            Hold.STOPPED,
            Channel.EMAIL,
            {None, PROMOTIONS, NEWSLETTER, ORDERS, RECEIPTS},
        ),
        ("everything", Hold.STOPPED, Channel.SMS, {None, PROMOTIONS, NEWSLETTER, ORDERS, RECEIPTS}),
        ("everything", Hold.HELD, Channel.SMS, {None, PROMOTIONS, NEWSLETTER}),
        # One topic is that topic, also where it is no marketing.
        ("topic:newsletter", Hold.STOPPED, Channel.EMAIL, {NEWSLETTER}),
        ("topic:receipts", Hold.STOPPED, Channel.EMAIL, {RECEIPTS}),
        ("topic:newsletter", Hold.PAUSED, Channel.EMAIL, {NEWSLETTER}),
        # One program is like the channel, for what that program sends.
        ("program:acme", Hold.STOPPED, Channel.SMS, {None, PROMOTIONS, NEWSLETTER, ORDERS}),
        ("program:acme", Hold.STOPPED, Channel.EMAIL, {None, PROMOTIONS, NEWSLETTER}),
        ("program:other", Hold.STOPPED, Channel.SMS, set()),
        # A topic marked as a required notice passes even its own stop.
        ("topic:recall", Hold.STOPPED, Channel.EMAIL, set()),
    ],
)
def test_a_stop_reaches_what_the_person_meant_and_nothing_else(
    scope: str, hold: Hold, channel: Channel, reached: set[Topic | None]
) -> None:
    found = {topic for topic in TOPICS if blocked(scope, topic, hold=hold, channel=channel)}
    assert found == reached


def test_without_any_suppression_everything_may_be_sent() -> None:
    for topic, channel in product(TOPICS, Channel):
        ruling = verdict((), (), topic, None, NOW, channel=channel)
        assert ruling.allowed
        assert ruling.because == ()


def test_an_unknown_topic_is_marketing_and_therefore_blocked() -> None:
    assert blocked("channel", Topic(name="brand-new", title="brand-new"), channel=Channel.EMAIL)


def test_nobody_knows_whose_message_it_is_so_any_programs_stop_forbids_it() -> None:
    assert blocked("program:acme", PROMOTIONS, program=None)
    assert not blocked("program:acme", PROMOTIONS, program="other")


def test_everything_stopped_at_one_address_covers_the_persons_other_addresses() -> None:
    linked = [block("everything")]
    ruling = verdict((), linked, PROMOTIONS, "acme", NOW, channel=Channel.EMAIL)
    assert not ruling.allowed
    assert [one.linked for one in ruling.because] == [True]
    assert verdict((), linked, RECALL, "acme", NOW, channel=Channel.EMAIL).allowed


@pytest.mark.parametrize("scope", ["channel", "topic:promotions", "program:acme"])
def test_a_narrower_stop_at_one_address_says_nothing_about_the_others(scope: str) -> None:
    linked = [block(scope)]
    assert verdict((), linked, PROMOTIONS, "acme", NOW, channel=Channel.SMS).allowed


def test_a_pause_ends_at_its_instant() -> None:
    own = [block("channel", Hold.PAUSED, until=NOW)]
    before = NOW - timedelta(microseconds=1)
    assert not verdict(own, (), PROMOTIONS, "acme", before, channel=Channel.SMS).allowed
    assert verdict(own, (), PROMOTIONS, "acme", NOW, channel=Channel.SMS).allowed


def test_all_reasons_are_named_so_that_nobody_lifts_one_and_thinks_it_done() -> None:
    own = [block("channel"), block("topic:promotions"), block("topic:newsletter")]
    ruling = verdict(own, [block("everything")], PROMOTIONS, "acme", NOW, channel=Channel.SMS)
    assert [str(one.scope) for one in ruling.because] == [
        "channel",
        "topic:promotions",
        "everything",
    ]
    assert {one.since for one in ruling.because} == {SINCE}
    assert {one.entry_id for one in ruling.because} == {"e1"}


def test_law_a_wider_stop_never_blocks_less_than_a_narrower_wide_one() -> None:
    order = ("program:acme", "channel", "everything")
    for topic, channel, hold in product(TOPICS, Channel, Hold):
        found = [blocked(scope, topic, hold=hold, channel=channel) for scope in order]
        assert found == sorted(found)


def test_law_a_firm_stop_never_blocks_less_than_a_provisional_one() -> None:
    for topic, channel, scope in product(
        TOPICS, Channel, ("program:acme", "channel", "everything")
    ):
        held = blocked(scope, topic, hold=Hold.HELD, channel=channel)
        assert blocked(scope, topic, channel=channel) >= held


def test_law_a_further_suppression_never_allows_what_was_blocked() -> None:
    scopes = ("channel", "everything", "topic:orders", "program:acme")
    for topic, channel, one, other in product(TOPICS, Channel, scopes, scopes):
        alone = verdict([block(one)], (), topic, "acme", NOW, channel=channel)
        both = verdict([block(one), block(other)], (), topic, "acme", NOW, channel=channel)
        assert alone.allowed or not both.allowed
