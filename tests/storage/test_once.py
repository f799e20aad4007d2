"""Law: any sequence of messages with repeats has the effect of the one without."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model import CHANNEL_SCOPE, Address, Change, Channel, Hold
from storage import Session, Store, migrate, open_store
from tests.storage.conftest import NOW
from tests.storage.people import confirmation, stop_entry

_PEOPLE = itertools.count()
MESSAGES = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([*Hold, None])), min_size=1, max_size=8
)


def receive(session: Session, who: Address, event: int, hold: Hold | None) -> str:
    """What the desk does with a message, at its smallest; says the answer's id."""
    addr = session.touch(who, NOW)
    parts = ("twilio", "AC1", str(event))
    known = session.event(addr, parts)
    if known is not None:
        assert known.outbox_id is not None
        return known.outbox_id
    answer = f"{addr.hex()}-{event}"
    session.append(addr, stop_entry(str(event)), id=answer, message_id="", recorded_at=NOW)
    session.apply(addr, Change(scope=CHANNEL_SCOPE, hold=hold), NOW, str(event))
    session.save_conversation(addr, "heed", session.conversation(addr, "heed"))
    session.promise(replace(confirmation(addr, answer), payload={"event": event}))
    session.remember_event(addr, parts, "", str(hold), answer, NOW)
    return answer


def state(session: Session, who: Address) -> object:
    addr = session.hash_of(who)
    return (
        [(entry.number, entry.words) for entry in session.history(addr)],
        session.suppressions(addr, NOW),
        session.conversation(addr, "heed"),
        [item.payload for item in session.outbox(addr)],
        session.faults(addr),
    )


def in_order(messages: Sequence[tuple[int, Hold | None]]) -> list[tuple[int, Hold | None]]:
    """Each event once, in the order in which it came first."""
    seen: dict[int, tuple[int, Hold | None]] = {}
    for message in messages:
        seen.setdefault(message[0], message)
    return list(seen.values())


@pytest.fixture(scope="module", name="law_store")
def _law_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path_factory.mktemp('law') / 'heed.db'}"
    migrate(url)
    store = open_store(url, secret_keys=[b"l" * 32])
    yield store
    store.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(messages=MESSAGES)
def test_repeats_change_nothing(law_store: Store, messages: list[tuple[int, Hold | None]]) -> None:
    repeated, single = (
        Address(channel=Channel.EMAIL, value=f"p{next(_PEOPLE)}@example.com") for _ in range(2)
    )
    answers: dict[int, set[str]] = {}
    for event, hold in messages:
        answer = law_store.write(partial(receive, who=repeated, event=event, hold=hold))
        answers.setdefault(event, set()).add(answer)
    for event, hold in in_order(messages):
        law_store.write(partial(receive, who=single, event=event, hold=hold))

    assert law_store.read(lambda s: state(s, repeated)) == law_store.read(
        lambda s: state(s, single)
    )
    assert all(len(same) == 1 for same in answers.values())
