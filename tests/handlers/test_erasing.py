"""Erased means: nobody can read who it was or what they said, and they are still left alone."""

from __future__ import annotations

import pytest

from bot.errors import NotAllowed, NotFound
from bot.model import (
    CHANNEL_SCOPE,
    Act,
    Actor,
    Address,
    Recording,
    ReviewDecision,
    Role,
    Verdict,
)
from handlers.ports import SendError
from handlers.receipt import Receipt
from handlers.worker import Worker
from storage import OutboxItem, OutboxState
from tests.kit import ANN, GB_ANN, MAIL_ANN, Bench, mail, sms

ADMIN = Actor(name="api:ops", role=Role.ADMIN)


def erase(at_desk: Bench, who: Address = ANN, actor: Actor = ADMIN, event: str = "1") -> Receipt:
    return at_desk.desk.receive(
        Recording(
            act=Act.ERASE,
            address=who,
            scope=CHANNEL_SCOPE,
            actor=actor,
            source="api",
            event_id=event,
            received_at=at_desk.clock.now,
        )
    )


def test_an_erased_person_is_unreadable_and_still_blocked(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    at_desk.clock.forward(days=3)
    receipt = erase(at_desk)
    assert receipt.outcome == "erased"
    history = at_desk.history()
    assert [entry.words for entry in history] == [None, None]
    assert [dict(entry.facts) for entry in history] == [{}, {}]
    assert at_desk.kinds() == ["opted_out", "erased"]
    assert history[-1].id == receipt.entry_id
    assert (history[0].scope, history[0].effective_at < history[1].effective_at) == (
        CHANNEL_SCOPE,
        True,
    )
    assert at_desk.holds() == {"channel": "stopped"}
    assert at_desk.store.read(lambda session: session.address(at_desk.addr())) is None
    assert at_desk.store.read(lambda session: session.faults(at_desk.addr())) == []


@pytest.mark.parametrize("role", [Role.CHECK, Role.RECORD])
def test_only_an_admin_may_erase(at_desk: Bench, role: Role) -> None:
    at_desk.hears(sms("stop"))
    with pytest.raises(NotAllowed):
        erase(at_desk, actor=Actor(name="api:crm", role=role))
    assert at_desk.history()[0].words == "stop"


def test_who_is_erased_without_a_stop_is_blocked_too(at_desk: Bench) -> None:
    at_desk.hears(sms("hello"))
    erase(at_desk)
    assert at_desk.holds() == {"channel": "stopped"}
    assert at_desk.kinds() == ["heard", "opted_out", "erased"]


def test_an_address_that_nobody_knows_is_blocked_and_leaves_nothing_readable(
    at_desk: Bench,
) -> None:
    erase(at_desk, GB_ANN)
    assert at_desk.holds(GB_ANN) == {"channel": "stopped"}
    assert at_desk.store.read(lambda session: session.address(at_desk.addr(GB_ANN))) is None


def test_the_same_request_twice_has_one_effect(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    erase(at_desk)
    assert erase(at_desk).duplicate
    assert at_desk.kinds() == ["opted_out", "erased"]


def test_a_later_message_begins_a_new_page_under_a_new_key(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    erase(at_desk)
    at_desk.hears(sms("stop"))
    old, erased, new = at_desk.history()
    assert (old.words, erased.words, new.words) == (None, None, "stop")
    assert new.facts["repeats"] is True
    assert at_desk.store.read(lambda session: session.faults(at_desk.addr())) == []


def test_a_start_after_an_erasure_goes_to_a_person(at_desk: Bench) -> None:
    erase(at_desk)
    assert at_desk.hears(sms("start")).review_id
    assert at_desk.holds() == {"channel": "stopped"}


def test_what_was_not_sent_yet_is_not_sent_any_more(at_desk: Bench) -> None:
    at_desk.hears(mail("stop"))
    at_desk.hears(mail("something else"))  # goes to the people, unaltered
    erase(at_desk, MAIL_ANN)
    items = at_desk.outbox(MAIL_ANN)
    assert {(str(item.state), item.error) for item in items} == {("dropped", "erased")}
    assert len(items) == 2
    assert all(item.payload == {} and item.raw is None for item in items)


def test_every_open_review_of_the_person_is_closed(at_desk: Bench) -> None:
    at_desk.hears(sms("delete my data"))
    at_desk.hears(sms("less"))
    addr = at_desk.addr()
    assert at_desk.store.read(lambda session: session.count_reviews(addr)) == 2
    erase(at_desk)
    reviews = at_desk.store.read(lambda session: session.reviews_of(addr))
    assert {(one.verdict, one.decided_by) for one in reviews} == {(Verdict.DONE, "api:ops")}
    with pytest.raises(NotFound):
        at_desk.desk.receive(
            ReviewDecision(
                review_id=reviews[0].id,
                address_hash=addr,
                verdict=Verdict.DONE,
                actor=ADMIN,
                received_at=at_desk.clock.now,
            )
        )


def test_a_doubt_that_was_held_becomes_a_stop(at_desk: Bench) -> None:
    at_desk.hears(sms("hm"))
    assert at_desk.holds() == {"channel": "held"}
    erase(at_desk)
    assert at_desk.holds() == {"channel": "stopped"}
    at_desk.clock.forward(days=9)
    Worker(store=at_desk.store, desk=at_desk.desk, speakers={}, clock=at_desk.clock).step()
    assert at_desk.kinds() == ["held", "opted_out", "erased"]


class Interrupted:
    """A provider whose person is erased while it is being spoken to."""

    def __init__(self, at_desk: Bench, outcome: Exception | None) -> None:
        self._desk = at_desk
        self._outcome = outcome

    def send(self, item: OutboxItem) -> str:
        assert item.address is not None
        erase(self._desk, item.address)
        if self._outcome is not None:
            raise self._outcome
        return "ref"


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(None, OutboxState.SENT), (SendError("smtp_550", permanent=True), OutboxState.PARKED)],
)
def test_an_erasure_while_an_answer_is_being_sent_harms_neither(
    at_desk: Bench, outcome: Exception | None, state: OutboxState
) -> None:
    at_desk.hears(mail("stop"))
    line = Interrupted(at_desk, outcome)
    Worker(
        store=at_desk.store, desk=at_desk.desk, speakers={"smtp": line}, clock=at_desk.clock
    ).step()
    assert [item.state for item in at_desk.outbox(MAIL_ANN)] == [state]
    assert at_desk.kinds(MAIL_ANN) == ["opted_out", "erased"]
    assert at_desk.store.read(lambda session: session.address(at_desk.addr(MAIL_ANN))) is None


def test_the_suppression_reaches_the_persons_other_addresses_as_before(at_desk: Bench) -> None:
    now = at_desk.clock.now
    for who in (ANN, MAIL_ANN):
        at_desk.store.write(
            lambda session, who=who: session.link_contact(session.touch(who, now), "c-1")  # type: ignore[misc]
        )
    at_desk.hears(sms("stop all"))
    erase(at_desk)
    assert at_desk.holds() == {"everything": "stopped"}
    linked = at_desk.store.read(lambda session: session.linked(at_desk.addr(MAIL_ANN)))
    assert linked == [at_desk.addr()]
    assert at_desk.store.read(lambda session: session.address(at_desk.addr(MAIL_ANN))) == MAIL_ANN


def test_deleted_bytes_are_cleared_and_the_wish_for_it_survives_a_crash(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    erase(at_desk)
    assert at_desk.store.read(lambda session: session.setting("shred_due"))
    assert at_desk.store.shred_if_due()
    assert not at_desk.store.read(lambda session: session.setting("shred_due"))
    assert at_desk.store.shred_if_due()
