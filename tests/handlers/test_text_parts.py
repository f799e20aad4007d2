"""A long text that the carrier cut up is read once, whole; and what does not come whole is read too.

Whatever order its parts come in, whichever come twice, and wherever the machine stops.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from bot.model import Address, Channel, InboundMessage, TextPart
from bot.reading import read
from handlers.desk import Desk
from handlers.joining import Joining
from storage import StoreUnavailable
from tests.kit import ANN, ROUTES, Bench, plain_reader, sms, voice

PIECES = ["st", "op ", "all"]


def parts(
    pieces: list[str], of: str = "77", run: str = "", who: Address = ANN
) -> list[InboundMessage]:
    return [
        sms(
            piece,
            who=who,
            event_id=f"{run}e{number}",
            answers_inline=False,
            part=TextPart(of=of, number=number, total=len(pieces)),
        )
        for number, piece in enumerate(pieces, 1)
    ]


def waiting(desk: Bench) -> int:
    """How many texts wait, however long they may."""
    later = desk.clock.now.replace(year=2100)
    return len(desk.store.read(lambda session: session.due_parts(later, 100)))


def words(desk: Bench, who: Address = ANN) -> list[str | None]:
    return [entry.words for entry in desk.history(who) if entry.kind != "answered"]


def test_in_any_order_and_with_every_part_twice_it_is_one_stop(at_desk: Bench) -> None:
    for number, order in enumerate(permutations([0, 0, 1, 2, 2])):
        who = Address(channel=Channel.SMS, value=f"+1202555{number:04d}")
        coming = parts(PIECES, who=who)
        receipts = [at_desk.hears(coming[each]) for each in order]
        outcomes = [one.outcome for one in receipts]
        end = max(order.index(each) for each in range(3))  # the first time that all are there
        assert outcomes == ["part_kept"] * end + ["opted_out"] * (5 - end)
        assert [one.duplicate for one in receipts] == [False] * (end + 1) + [True] * (4 - end)
        assert words(at_desk, who) == ["stop all"]
        assert at_desk.holds(who) == {"everything": "stopped"}
        assert len(at_desk.answers(who)) == 1
        if number == 20:
            break
    assert waiting(at_desk) == 0


def test_what_did_not_come_whole_is_read_as_it_is_after_a_short_while(at_desk: Bench) -> None:
    first, _ = parts(["stop", " it"])
    joining = Joining(at_desk.desk)
    at_desk.hears(first)
    assert joining(at_desk.clock.forward(seconds=29)) == 0
    assert at_desk.kinds() == []
    assert joining(at_desk.clock.forward(seconds=1)) == 1
    assert words(at_desk) == ["stop … "]
    assert at_desk.history()[0].facts["cut"]
    assert at_desk.desk.store.read(lambda session: session.open_reviews()) != []
    assert joining(at_desk.clock.forward(seconds=9)) == 0
    assert at_desk.hears(first).duplicate


def test_later_parts_do_not_make_the_first_ones_wait_longer(at_desk: Bench) -> None:
    first, second, _ = parts(PIECES)
    at_desk.hears(first)
    at_desk.clock.forward(seconds=29)
    at_desk.hears(second)
    assert Joining(at_desk.desk)(at_desk.clock.forward(seconds=1)) == 1
    assert words(at_desk) == ["stop  … "]


def test_a_part_that_comes_too_late_is_read_by_itself(at_desk: Bench) -> None:
    first, second = parts(["hello ", "stop"])
    joining = Joining(at_desk.desk)
    at_desk.hears(first)
    assert joining(at_desk.clock.forward(seconds=31)) == 1
    assert at_desk.hears(second).outcome == "part_kept"
    assert joining(at_desk.clock.forward(seconds=31)) == 1
    assert words(at_desk) == ["hello  … ", " … stop"]


def test_a_carrier_that_uses_a_name_again_mixes_no_texts(at_desk: Bench) -> None:
    first, _ = parts(["sto", "p"], run="a")
    other, _ = parts(["stop", "?"], run="b")
    at_desk.hears(first)
    assert at_desk.hears(other).outcome == "opted_out"
    assert words(at_desk) == ["stop"]
    assert waiting(at_desk) == 1


def test_texts_of_two_people_and_to_two_senders_stay_apart(at_desk: Bench) -> None:
    first, second = parts(["sto", "p"])
    at_desk.hears(first)
    stranger = Address(channel=Channel.SMS, value="+12025550177")
    assert at_desk.hears(replace(second, address=stranger)).outcome == "part_kept"
    assert at_desk.hears(replace(second, event_id="x", recipient="+12025550198")).outcome == (
        "part_kept"
    )
    assert at_desk.hears(second).outcome == "opted_out"
    assert waiting(at_desk) == 2


def test_a_machine_that_dies_before_it_read_the_whole_reads_it_later(at_desk: Bench) -> None:
    """The last part is on disk, nothing was answered, and nobody sends it again."""

    def dies(*_: object, **__: object) -> None:
        raise StoreUnavailable("gone")

    first, second = parts(["sto", "p"])
    at_desk.hears(first)
    dying = Desk(
        store=at_desk.store,
        voice=voice(),
        reader=dies,  # type: ignore[arg-type]
        clock=at_desk.clock,
        routes=ROUTES,
    )
    with pytest.raises(StoreUnavailable):
        dying.receive(second)
    assert waiting(at_desk) == 1
    assert Joining(at_desk.desk)(at_desk.clock.forward(seconds=30)) == 1
    assert words(at_desk) == ["stop"]
    assert at_desk.holds()["channel"] == "stopped"


def test_a_start_in_parts_lifts_no_stop_that_was_said_meanwhile(at_desk: Bench) -> None:
    first, second = parts(["sta", "rt"])
    at_desk.hears(first)
    at_desk.hears(sms("stop", at=at_desk.clock.forward(seconds=1)))
    at_desk.hears(replace(second, received_at=at_desk.clock.forward(seconds=1)))
    assert at_desk.holds()["channel"] == "stopped"


def test_an_erasure_takes_what_waits_with_it(at_desk: Bench) -> None:
    at_desk.hears(parts(PIECES)[0])
    at_desk.store.write(lambda session: session.erase(at_desk.addr()))
    assert waiting(at_desk) == 0


def test_two_that_read_the_same_text_read_it_once(at_desk: Bench) -> None:
    """The chore holds two of three parts while the third comes in."""
    first, second, third = parts(PIECES)
    at_desk.hears(first)
    at_desk.hears(second)
    at_desk.clock.forward(seconds=31)
    found: list[bool] = []

    def reads(text: str, **more: object) -> object:
        if not found:
            found.append(True)
            at_desk.hears(third)
        return plain_reader(text, **more)  # type: ignore[arg-type]

    slow = Desk(
        store=at_desk.store,
        voice=voice(),
        reader=reads,  # type: ignore[arg-type]
        clock=at_desk.clock,
        routes=ROUTES,
    )
    assert Joining(slow)(at_desk.clock.now) == 1
    assert words(at_desk) == ["stop all"]
    assert waiting(at_desk) == 0


def test_a_text_that_cannot_be_read_goes_to_a_person_and_holds_up_no_other(
    at_desk: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    other = Address(channel=Channel.SMS, value="+12025550177")
    at_desk.hears(parts(["sto", "p"])[0])
    at_desk.hears(parts(["stop", "?"], who=other)[0])

    def reads(text: str, **more: object) -> object:
        if text.startswith("sto "):
            raise ValueError(text)
        return read(text, **more)  # type: ignore[arg-type]

    failing = Desk(
        store=at_desk.store,
        voice=voice(),
        reader=reads,  # type: ignore[arg-type]
        clock=at_desk.clock,
        routes=ROUTES,
    )
    assert Joining(failing)(at_desk.clock.forward(seconds=30)) == 2
    assert at_desk.holds(other) == {"channel": "stopped"}
    assert at_desk.holds() == {"channel": "held"}
    assert waiting(at_desk) == 0
    assert "sto " not in caplog.text
