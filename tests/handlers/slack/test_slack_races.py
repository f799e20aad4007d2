"""At the same moment: two agents, an agent and the customer, an agent and the clock.

Over real HTTP, on each database, several people each. Whoever wins, a customer's own stop stands,
and one decision is made.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model import Address, Channel, Verdict
from handlers.slack.buttons import ACTIONS, UNDO, More
from storage import Review
from tests.handlers.slack.office import KIM, LEE, Office, fixture, office

OPT_OUT, KEEP = ACTIONS[Verdict.OPT_OUT], ACTIONS[Verdict.NOT_OPT_OUT]
PEOPLE = [f"U0P{number}" for number in range(6)]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """Six people said something that may be a stop; both agents are deciders."""
    more = {}
    if request.param == "postgres":
        more["HEED_DATABASE_URL"] = request.getfixturevalue("postgres_server").fresh_url()
    with office(tmp_path, HEED_SLACK_DECIDERS=f"{LEE},{KIM}", **more) as joined:
        for user in PEOPLE:
            says(joined, user, "dunno about this")
        joined.work()
        joined.bench.clock.forward(minutes=1)
        yield joined


def address(user: str) -> Address:
    return Address(channel=Channel.SLACK, value=f"T0HOME/{user}")


def says(desk: Office, user: str, text: str) -> int:
    now = desk.bench.clock.now
    ts = f"{int(now.timestamp())}.{PEOPLE.index(user):06d}"
    payload = fixture("dm-stop")
    payload["event"] |= {"user": user, "channel": f"D{user}", "text": text, "ts": ts}
    payload["event_id"] = f"Ev{user}{ts}"
    return desk.event(payload).status_code


def review_of(desk: Office, user: str) -> Review:
    (found,) = desk.parts.store.read(
        lambda session: session.reviews_of(session.hash_of(address(user)))
    )
    return found


def click(desk: Office, review: Review, action: str, agent: str) -> int:
    value = f"{review.id}.{review.version}"
    return desk.click(action, value, user=agent, ts=review.card_ts).status_code


def at_once(*acts: Callable[[], int]) -> list[int]:
    """Each in a thread of its own; what they were answered."""
    ready = threading.Barrier(len(acts))
    answers: list[int] = [0] * len(acts)

    def run(number: int) -> None:
        ready.wait()
        answers[number] = acts[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def decisions(desk: Office, user: str) -> int:
    return desk.bench.kinds(address(user)).count("review_decided")


def test_of_two_agents_one_decides_and_the_card_says_who(desk: Office) -> None:
    for user in PEOPLE:
        card = review_of(desk, user)
        both = at_once(
            lambda card=card: click(desk, card, OPT_OUT, LEE),  # type: ignore[misc]
            lambda card=card: click(desk, card, KEEP, KIM),  # type: ignore[misc]
        )
        assert both == [200, 200]
        assert decisions(desk, user) == 1
        decided = review_of(desk, user)
        stands = {Verdict.OPT_OUT: {"channel": "stopped"}, Verdict.NOT_OPT_OUT: {}}
        assert decided.verdict is not None
        assert desk.bench.holds(address(user)) == stands[decided.verdict]
        winner = LEE if decided.verdict is Verdict.OPT_OUT else KIM
        assert decided.decided_by == f"slack:T0HOME/{winner}"
    told = desk.slack.wait_for("chat.postEphemeral", len(PEOPLE))
    assert all("Already decided" in one["text"] for one in told)


def test_a_customers_own_stop_stands_whatever_an_agent_clicks_meanwhile(desk: Office) -> None:
    for user in PEOPLE:
        card = review_of(desk, user)
        both = at_once(
            lambda card=card: click(desk, card, KEEP, LEE),  # type: ignore[misc]
            lambda user=user: says(desk, user, "stop"),  # type: ignore[misc]
        )
        assert both == [200, 200]
        assert desk.bench.holds(address(user)) == {"channel": "stopped"}


def test_an_undo_takes_no_stop_back_that_the_customer_says_meanwhile(desk: Office) -> None:
    for user in PEOPLE:
        click(desk, review_of(desk, user), OPT_OUT, LEE)
        decided = review_of(desk, user)
        both = at_once(
            lambda card=decided: click(desk, card, UNDO, LEE),  # type: ignore[misc]
            lambda user=user: says(desk, user, "stop"),  # type: ignore[misc]
        )
        assert both == [200, 200]
        assert desk.bench.holds(address(user))["channel"] == "stopped"


def test_a_start_and_an_opt_out_end_as_the_record_says(desk: Office) -> None:
    """Either may come last; what holds is what the last entry says, and never half of each."""
    for user in PEOPLE:
        card = review_of(desk, user)
        both = at_once(
            lambda card=card: click(desk, card, OPT_OUT, LEE),  # type: ignore[misc]
            lambda user=user: says(desk, user, "start"),  # type: ignore[misc]
        )
        assert both == [200, 200]
        turns = [one for one in desk.bench.kinds(address(user)) if one in ("opted_out", "opted_in")]
        last = turns[-1] if turns else ""
        held = desk.bench.holds(address(user))
        assert held == ({"channel": "stopped"} if last == "opted_out" else {}), (user, turns)


def test_of_an_agent_and_the_clock_one_decides(desk: Office) -> None:
    due = max(review_of(desk, user).due_at for user in PEOPLE)
    desk.bench.clock.forward(
        seconds=(due - desk.bench.clock.now + timedelta(seconds=1)).total_seconds()
    )
    cards = [review_of(desk, user) for user in PEOPLE]

    def clock() -> int:
        desk.worker.let_clocks_run()
        return 200

    answers = at_once(
        clock,
        *(lambda card=card: click(desk, card, KEEP, LEE) for card in cards),
    )
    assert answers == [200] * 7
    for user in PEOPLE:
        assert decisions(desk, user) == 1
        kept = review_of(desk, user).verdict is Verdict.NOT_OPT_OUT
        assert desk.bench.holds(address(user)) == ({} if kept else {"channel": "stopped"})


def test_of_two_who_undo_one_does_and_of_two_who_take_it_on_one_stands(desk: Office) -> None:
    for user in PEOPLE[:3]:
        click(desk, review_of(desk, user), OPT_OUT, LEE)
        decided = review_of(desk, user)
        at_once(
            lambda card=decided: click(desk, card, UNDO, LEE),  # type: ignore[misc]
            lambda card=decided: click(desk, card, UNDO, KIM),  # type: ignore[misc]
        )
        assert desk.bench.kinds(address(user)).count("reverted") == 1
        assert desk.bench.holds(address(user)) == {"channel": "held"}
    card = review_of(desk, PEOPLE[3])
    value = f"{card.id}.{card.version}"
    at_once(
        *(
            lambda agent=agent: (
                desk.pick(More.ASSIGN, value, user=agent, ts=card.card_ts).status_code
            )
            for agent in (LEE, KIM)
        )
    )
    assert review_of(desk, PEOPLE[3]).assigned_to in (f"slack:T0HOME/{LEE}", f"slack:T0HOME/{KIM}")


def test_a_form_submitted_twice_at_once_records_once(desk: Office) -> None:
    phone = Address(channel=Channel.SMS, value="+447700900123")
    answers = at_once(*[lambda: desk.submit("one-form", phone.value).status_code] * 4)
    assert answers == [200] * 4
    assert desk.bench.kinds(phone) == ["opted_out"]
