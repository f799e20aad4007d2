"""What somebody asks for who wants less: until when, how often, by which channel, at which hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.less import facts_of, of_facts, spelled
from bot.model import Address, Channel, Intent, Less, Pace, Unit
from bot.policy import Policy, Sender
from bot.reading import read
from bot.reading.data import tables
from bot.reading.dates import Span, easter, later
from bot.reading.less import less_of
from bot.zones import zone_of

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 11, 25, 10, tzinfo=BERLIN)
WISHES = Path(__file__).parent.parent / "corpus" / "wishes" / "less.tsv"
LANGS = sorted(tables("keywords"))


def wishes() -> Iterator[tuple[str, str, str]]:
    for line in WISHES.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            lang, wanted, text = line.split("\t")
            yield lang, wanted, text


def short(less: Less | None) -> str:
    """As the file of wishes spells it."""
    if less is None:
        return "-"
    said = []
    if less.pause:
        end = f" until {less.until.astimezone(BERLIN):%Y-%m-%d}" if less.until else ""
        said.append(f"pause{end}")
    if less.pace is not None:
        said.append(f"{less.pace.times}/{less.pace.every} {less.pace.unit}")
    if less.channel is not None:
        said.append(f"by {less.channel}")
    if less.not_before is not None:
        said.append(f"from {less.not_before:%H:%M}")
    if less.not_after is not None:
        said.append(f"to {less.not_after:%H:%M}")
    return ", ".join(said)


def test_every_language_has_words_for_it_and_wishes_to_try_them() -> None:
    assert sorted(tables("less")) == LANGS
    assert sorted({lang for lang, _, _ in wishes()}) == LANGS


@pytest.mark.parametrize(("lang", "wanted", "text"), [*wishes()])
def test_a_wish_is_understood_as_far_as_it_is_plain(lang: str, wanted: str, text: str) -> None:
    assert short(less_of(text, [lang], AT)) == wanted


def test_the_reading_of_a_wish_for_less_holds_what_it_asks_for() -> None:
    found = read("pause until January", channel=Channel.SMS, at=AT)
    assert found.intent is Intent.LESS
    assert found.less == Less(
        pause=True, until=datetime(2026, 12, 31, 23, tzinfo=UTC), zone="Europe/Berlin"
    )
    assert read("STOP", channel=Channel.SMS, at=AT).less is None


def test_without_a_clock_a_pause_has_no_end() -> None:
    assert less_of("pause until January", ["en"], None) == Less(pause=True)


@pytest.mark.parametrize(
    ("zone", "until"),
    [
        ("Asia/Tokyo", datetime(2026, 11, 29, 15, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 30, 5, tzinfo=UTC)),
    ],
)
def test_monday_begins_where_the_person_lives(zone: str, until: datetime) -> None:
    there = AT.astimezone(ZoneInfo(zone))
    found = less_of("pause until monday", ["en"], there)
    assert found is not None
    assert (found.until, found.zone) == (until, zone)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("pause until the 31st of April", None),  # there is none
        ("pause until 03/04", None),  # April or March
        ("pause until november", None),  # it is November
        ("pause until March, or until May", None),
        ("I'm away from 3 May until 1 June, hold these", None),  # begins later
        ("pause until 2027-02-29", None),
        ("pause until 2026-02-01", None),  # over
        ("pause until the end of November", date(2026, 12, 1)),
        ("pause until mid February", date(2027, 2, 15)),
        ("pause until after Christmas", date(2026, 12, 27)),
        ("pause until 1 March 2027", date(2027, 3, 1)),
        ("pause until 24/12", date(2026, 12, 24)),
        ("pause until tomorrow", date(2026, 11, 26)),
    ],
)
def test_no_date_is_better_than_a_wrong_one(text: str, end: date | None) -> None:
    found = less_of(text, ["en"], AT)
    assert found is not None
    assert found.pause
    assert (found.until.astimezone(BERLIN).date() if found.until else None) == end


@pytest.mark.parametrize(
    ("address", "sender_zone", "zone"),
    [
        (Address(channel=Channel.SMS, value="+14155550100"), "Asia/Tokyo", "America/Los_Angeles"),
        (Address(channel=Channel.SMS, value="+79161234567"), "Europe/Moscow", "Europe/Moscow"),
        (Address(channel=Channel.SMS, value="12345"), "", "Europe/Vienna"),
        (Address(channel=Channel.EMAIL, value="ann@example.com"), "", "Europe/Vienna"),
    ],
)
def test_the_number_tells_the_zone_then_the_sender_then_the_company(
    address: Address, sender_zone: str, zone: str
) -> None:
    sender = Sender(id="x", channel=address.channel, program="default", zone=sender_zone)
    assert zone_of(address, sender, Policy(zone="Europe/Vienna")).key == zone


def test_what_was_asked_for_is_said_in_plain_words() -> None:
    less = Less(
        pause=True,
        until=datetime(2026, 12, 31, 23, tzinfo=UTC),
        pace=Pace(times=1, every=2, unit=Unit.WEEK),
        channel=Channel.EMAIL,
        not_before=time(9),
        zone="Europe/Berlin",
    )
    told = "a pause until 2027-01-01; at most once in 2 weeks; by mail; not before 09:00"
    assert spelled(less) == told


WISH = st.builds(
    Less,
    pause=st.booleans(),
    until=st.none() | st.datetimes(timezones=st.just(UTC)),
    pace=st.none()
    | st.builds(
        Pace, times=st.integers(1, 9), every=st.integers(1, 9), unit=st.sampled_from(list(Unit))
    ),
    channel=st.none() | st.sampled_from(list(Channel)),
    not_before=st.none() | st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    not_after=st.none() | st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    zone=st.sampled_from(["", "Asia/Tokyo"]),
)


@given(WISH)
def test_the_ledger_gives_back_what_it_was_given(less: Less) -> None:
    assert of_facts(facts_of(less)) == less


@pytest.mark.parametrize("facts", [None, "x", {"until": "soon"}, {"pace": {"times": "many"}}])
def test_facts_of_another_make_say_nothing(facts: object) -> None:
    assert of_facts(facts) is None  # type: ignore[arg-type]


@given(st.text(max_size=300), st.sampled_from(LANGS))
def test_no_text_whatever_makes_it_fail(text: str, lang: str) -> None:
    less_of(text, [lang], AT)


@given(
    st.dates(date(1901, 1, 1), date(2090, 1, 1)), st.integers(1, 40), st.sampled_from(list(Unit))
)
def test_a_span_leads_to_a_later_day(day: date, number: int, unit: Unit) -> None:
    assert later(day, Span(number, str(unit))) > day


@pytest.mark.parametrize(
    ("year", "sunday"),
    [(2024, date(2024, 3, 31)), (2027, date(2027, 3, 28)), (2038, date(2038, 4, 25))],
)
def test_easter_falls_where_the_churches_say(year: int, sunday: date) -> None:
    assert easter(year) == sunday
