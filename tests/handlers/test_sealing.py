"""The worker seals all that is recorded within a minute, and publishes a seal every day."""

from __future__ import annotations

import json
import threading

import pytest

from bot.proof_json import read_seal
from bot.seal import Seal, public_key
from handlers.crew import Crew
from handlers.publishing import OURSELVES, Destinations
from handlers.sealing import EVERY, Sealing
from handlers.worker import Worker
from storage import OutboxItem, StoreUnavailable
from storage.audit import Audit
from tests.kit import Bench, mail, sms

BOTH = Destinations(mail=True, slack="C1")


def sealing(at_desk: Bench, to: Destinations = BOTH) -> Sealing:
    return Sealing(at_desk.store, at_desk.clock, to)


def latest(at_desk: Bench) -> Seal | None:
    return at_desk.store.read(lambda session: session.latest_seal())


def notices(at_desk: Bench) -> list[OutboxItem]:
    found = at_desk.store.read(lambda session: session.outbox(session.hash_of(OURSELVES)))
    return sorted(found, key=lambda item: (item.created_at, item.provider == "slack"))


def test_what_was_recorded_is_sealed_within_a_minute(at_desk: Bench) -> None:
    chore = sealing(at_desk)
    at_desk.hears(sms("stop"))
    assert chore(at_desk.clock.now) == 1
    at_desk.hears(mail("stop"))
    assert chore(at_desk.clock.forward(seconds=29)) == 0  # not yet its time
    assert chore(at_desk.clock.forward(seconds=1)) == 1
    assert EVERY.total_seconds() * 2 <= 60


def test_a_clock_that_is_set_back_does_not_stop_it(at_desk: Bench) -> None:
    chore = sealing(at_desk)
    chore(at_desk.clock.now)
    at_desk.clock.forward(days=-30)
    at_desk.hears(sms("stop"))
    assert chore(at_desk.clock.now) == 1


def test_a_failed_attempt_is_made_again_at_once(
    at_desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    chore = sealing(at_desk)
    at_desk.hears(sms("stop"))
    with monkeypatch.context() as patch:

        def away(*_: object, **__: object) -> None:
            raise StoreUnavailable("gone")

        patch.setattr(at_desk.store, "write", away)
        with pytest.raises(StoreUnavailable):
            chore(at_desk.clock.now)
    assert chore(at_desk.clock.now) == 1


def test_a_worker_seals_while_all_its_senders_are_busy(at_desk: Bench) -> None:
    """A slow relay must not keep the ledger open to changes."""
    asked, answer = threading.Semaphore(0), threading.Event()

    class Slow:
        def send(self, item: OutboxItem) -> str:
            asked.release()
            assert answer.wait(30)
            return "ref"

    sealed = threading.Event()
    chore = sealing(at_desk)

    def seal(now: object) -> int:
        done = chore(at_desk.clock.now)
        if done:
            sealed.set()
        return done

    at_desk.hears(mail("stop"))
    working = Worker(
        store=at_desk.store,
        desk=at_desk.desk,
        speakers={"smtp": Slow()},
        clock=at_desk.clock,
        chores=(seal,),
    )
    crew = Crew(working, at_desk.store, senders=1)
    crew.start()
    try:
        assert asked.acquire(timeout=30)
        assert sealed.wait(30)
    finally:
        answer.set()
        crew.stop()


def test_the_newest_seal_is_published_daily_by_mail_and_in_slack(at_desk: Bench) -> None:
    chore = sealing(at_desk)
    at_desk.hears(sms("stop"))
    chore(at_desk.clock.now)
    seal = latest(at_desk)
    by_mail, in_slack = notices(at_desk)
    assert (by_mail.kind, by_mail.provider) == ("forward", "smtp")
    assert read_seal(json.loads(str(by_mail.payload["text"]))) == seal
    assert (in_slack.provider, in_slack.payload["place"]) == ("slack", "C1")
    assert read_seal(json.loads(str(in_slack.payload["text"]).split("```")[1])) == seal
    assert by_mail.repeatable
    assert in_slack.repeatable

    at_desk.hears(sms("start"))
    chore(at_desk.clock.forward(hours=23))
    assert len(notices(at_desk)) == 2
    chore(at_desk.clock.forward(hours=1))
    assert len(notices(at_desk)) == 4
    chore(at_desk.clock.forward(days=1))
    assert len(notices(at_desk)) == 4  # nothing new to publish


def test_two_workers_publish_one_seal_once(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    for _ in range(2):
        sealing(at_desk)(at_desk.clock.now)
    assert len(notices(at_desk)) == 2


def test_without_a_destination_nothing_is_promised(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    sealing(at_desk, Destinations())(at_desk.clock.now)
    assert latest(at_desk) is not None
    assert notices(at_desk) == []


def test_publishing_leaves_the_ledger_clean(at_desk: Bench) -> None:
    at_desk.hears(sms("stop"))
    sealing(at_desk)(at_desk.clock.now)
    audit = Audit(at_desk.store, key=public_key(at_desk.store.seal_key), published=latest(at_desk))
    assert list(audit.faults()) == []
