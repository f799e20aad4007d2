"""The account sees each fault that it is there to see: each promise, broken by hand."""

from __future__ import annotations

import pytest

from bot.model import CHANNEL_SCOPE, Change, EntryKind, NewEntry
from storage import OutboxState
from tests.faults.account import IN_DOUBT, account
from tests.faults.far_ends import Arrived
from tests.faults.people import Message, Person
from tests.kit import ANN, MAIL_ANN, NOW, Bench, mail, sms


def texted(*, texts: int = 1, taken: bool = True) -> Person:
    message = Message(event_id="SM1", text="stop", taken=taken, texts=texts)
    return Person(carrier="SM", address=ANN.value, messages=[message])


def found(at_desk: Bench, person: Person, arrived: int = 0) -> dict[str, int]:
    came = Arrived()
    for _ in range(arrived):
        came.note(person.address)
    counted = account(at_desk.store, [person], came, at_desk.clock.now)
    return {name: count for name, count in counted.items() if count}


def test_a_stop_that_was_kept_and_answered_once_is_no_fault(at_desk: Bench) -> None:
    at_desk.hears(sms("stop", event_id="SM1"))
    assert found(at_desk, texted()) == {}


def test_an_acknowledged_message_that_is_not_there_is_lost(at_desk: Bench) -> None:
    assert found(at_desk, texted(texts=0)) == {
        "acknowledged lost": 1,
        "stopped and not blocked": 1,
    }


def test_one_message_with_two_effects_is_doubled(at_desk: Bench) -> None:
    at_desk.hears(sms("stop", event_id="SM1"))
    at_desk.hears(sms("stop", event_id="SM2"))
    assert found(at_desk, texted()) == {"entries doubled": 1}


def test_a_second_answer_is_doubled_and_none_is_missing(at_desk: Bench) -> None:
    at_desk.hears(sms("stop", event_id="SM1"))
    assert found(at_desk, texted(texts=2)) == {"confirmations doubled": 1}
    assert found(at_desk, texted(texts=0)) == {"confirmations missing": 1}


def test_a_block_that_no_entry_explains_is_seen_and_so_is_a_lifted_one(at_desk: Bench) -> None:
    at_desk.hears(sms("stop", event_id="SM1"))
    lift = Change(scope=CHANNEL_SCOPE, hold=None)
    at_desk.store.write(lambda session: session.apply(at_desk.addr(), lift, NOW, ""))
    assert found(at_desk, texted()) == {
        "suppressions not as the ledger says": 1,
        "stopped and not blocked": 1,
    }


@pytest.mark.parametrize(
    ("state", "arrived", "faults"),
    [
        (OutboxState.SENT, 1, {}),
        (OutboxState.SENT, 2, {"confirmations doubled": 1}),
        (OutboxState.SENT, 0, {"confirmations missing": 1}),
        (OutboxState.UNKNOWN, 0, {IN_DOUBT: 1}),
        (OutboxState.UNKNOWN, 1, {}),
    ],
)
def test_an_answer_is_counted_where_it_arrives(
    at_desk: Bench, state: OutboxState, arrived: int, faults: dict[str, int]
) -> None:
    at_desk.hears(mail("stop"))
    item = at_desk.outbox(MAIL_ANN)[0]
    at_desk.store.write(lambda session: session.settle(item.addr, item.id, state))
    message = Message(event_id="m", text="stop", taken=True)
    person = Person(carrier="mail", address=MAIL_ANN.value, messages=[message])
    assert found(at_desk, person, arrived) == faults


def test_two_words_on_one_end_of_an_answer_are_doubled(at_desk: Bench) -> None:
    at_desk.hears(sms("stop", event_id="SM1"))
    told = NewEntry(kind=EntryKind.ANSWERED, effective_at=NOW, facts={"outcome": "sent"})
    for number in ("1", "2"):
        at_desk.store.write(
            lambda session, number=number: session.append(  # type: ignore[misc]
                at_desk.addr(), told, id=number, message_id="m", recorded_at=NOW
            )
        )
    assert found(at_desk, texted()) == {"entries doubled": 1}
