"""What the columns of a list mean, and which stop a record tells of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Actor, Channel, Json, Role
from bot.policy import Program, Topic
from handlers.lists.columns import Part, find
from handlers.lists.dates import DateError, Order, instant
from handlers.lists.lines import ListError, Record
from handlers.lists.rows import NotAStop, Reading, RowError, scopes
from tests.kit import NOW, POLICY

SHOP = replace(
    POLICY,
    topics={"news": Topic(name="news", title="The Newsletter", lists=("sendgrid:7",))},
    programs={"acme": Program(name="acme", title="Acme Shoes")},
)
ACTOR = Actor(name="cli:ops", role=Role.RECORD)


def reading(*names: str, **more: object) -> Reading:
    columns = find(names)
    assert columns is not None
    base = Reading(
        columns=columns, policy=SHOP, now=NOW, actor=ACTOR, batch="import-1", names=scopes(SHOP)
    )
    return replace(base, **more)  # type: ignore[arg-type]


def record(**cells: Json) -> Record:
    return Record(line=2, raw="", cells=cells)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Phone Number", Part.ADDRESS),
        ("E-Mail", Part.ADDRESS),
        ("email_address", Part.ADDRESS),
        ("MSISDN", Part.ADDRESS),
        ("Opt-Out Date", Part.WHEN),
        ("UNSUBSCRIBED_AT", Part.WHEN),
        ("topic", Part.SCOPE),
        ("From", Part.SENDER),
        ("Notes", Part.EVIDENCE),
        ("Subscription Status", Part.STATUS),
    ],
)
def test_headers_are_known_by_their_usual_names(name: str, part: Part) -> None:
    columns = find([name] if part is Part.ADDRESS else ["address", name])
    assert columns is not None
    assert columns.of[part] == name


def test_a_list_of_two_kinds_of_addresses_is_asked_about() -> None:
    with pytest.raises(ListError, match="several could be it: email, phone; say --column"):
        find(["email", "phone"])
    chosen = find(["email", "phone"], "Phone")
    assert chosen is not None
    assert (chosen.of[Part.ADDRESS], chosen.channel) == ("phone", Channel.SMS)
    with pytest.raises(ListError, match="there is no column 'fax'"):
        find(["email"], "fax")
    with pytest.raises(ListError, match="no column is named so"):
        find(["date", "status"])


def test_the_column_that_is_only_about_the_opt_out_counts_as_its_time() -> None:
    columns = find(["email", "date", "opted_out_at"])
    assert columns is not None
    assert columns.of[Part.WHEN] == "opted_out_at"
    ignoring = find(["email", "date", "opted_out_at"], "", ["Opted Out At"])
    assert ignoring is not None
    assert ignoring.of[Part.WHEN] == "date"


@pytest.mark.parametrize(
    ("written", "order", "meant"),
    [
        ("2024-05-01T10:00:00Z", None, "2024-05-01T10:00:00+00:00"),
        ("2024-05-01 10:00:00+02:00", None, "2024-05-01T08:00:00+00:00"),
        ("2024-05-01 10:00:00 UTC", None, "2024-05-01T10:00:00+00:00"),
        ("2024-05-01 10:00:00 -0500", None, "2024-05-01T15:00:00+00:00"),
        ("2024-05-01", None, "2024-05-01T23:59:59.999999+00:00"),
        ("20240501", None, "2024-05-01T23:59:59.999999+00:00"),
        ("2024/5/1 10:00", None, "2024-05-01T10:00:00+00:00"),
        ("13/05/2024", None, "2024-05-13T23:59:59.999999+00:00"),
        ("05/13/2024 3:04 PM", None, "2024-05-13T15:04:00+00:00"),
        ("05/05/2024", None, "2024-05-05T23:59:59.999999+00:00"),
        ("03.04.2024", None, "2024-04-03T23:59:59.999999+00:00"),
        ("03/04/2024", Order.DAY_FIRST, "2024-04-03T23:59:59.999999+00:00"),
        ("03/04/2024", Order.MONTH_FIRST, "2024-03-04T23:59:59.999999+00:00"),
        ("Wed, 01 May 2024 10:00:00 GMT", None, "2024-05-01T10:00:00+00:00"),
        ("1714557600", None, "2024-05-01T10:00:00+00:00"),
        (1714557600000, None, "2024-05-01T10:00:00+00:00"),
    ],
)
def test_times_are_read_as_they_are_meant(written: Json, order: Order | None, meant: str) -> None:
    assert instant(written, order).isoformat() == meant


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("03/04/2024", "say --dates"),
        ("45413", "not a time"),
        ("soon", "not a time"),
        ("30/02/2024", "not a time"),
        ("1969-01-01", "before 1990"),
        ("0001-01-01T00:00:00+23:00", "not a time"),
        (True, "not text"),
        (["2024"], "not text"),
    ],
)
def test_no_time_is_guessed(written: Json, why: str) -> None:
    with pytest.raises(DateError, match=why):
        instant(written, None)


@given(st.text(max_size=40) | st.integers() | st.floats())
def test_no_cell_breaks_the_reading_of_times(written: Json) -> None:
    try:
        assert instant(written, None).tzinfo is UTC
    except DateError:
        return


def test_a_record_becomes_the_stop_that_it_tells_of() -> None:
    made = reading("phone", "topic", "from", "when", "message", "note", "system").recording(
        record(
            phone="(202) 555-0123",
            topic="the newsletter",
            **{"from": "+12025550199", "when": "2024-05-01T10:00:00Z"},
            message="stop it",
            note="ticket 7",
            system="oldcrm",
        )
    )
    assert (made.address.channel, made.address.value) == (Channel.SMS, "+12025550123")
    assert (str(made.scope), made.recipient, made.source) == (
        "topic:news",
        "+12025550199",
        "oldcrm",
    )
    assert (made.words, made.evidence) == ("stop it", "ticket 7")
    assert made.occurred_at == datetime(2024, 5, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "scope"),
    [
        ("", "channel"),
        ("All", "channel"),
        ("everything", "everything"),
        ("news", "topic:news"),
        ("sendgrid:7", "topic:news"),
        ("Acme Shoes", "program:acme"),
        ("program:acme", "program:acme"),
    ],
)
def test_a_scope_goes_by_any_of_its_names(written: str, scope: str) -> None:
    made = reading("email", "list").recording(record(email="a@example.com", list=written))
    assert str(made.scope) == scope


@pytest.mark.parametrize(
    ("name", "status", "out"),
    [
        ("status", "Unsubscribed", True),
        ("status", "opted-out", True),
        ("status", "subscribed", False),
        ("hold", "stopped", True),
        ("hold", "paused", False),
        ("opted_out", "TRUE", True),
        ("opted_out", 0, False),
        ("subscribed", "no", True),
        ("consent", True, False),
    ],
)
def test_only_who_opted_out_there_is_stopped_here(name: str, status: Json, *, out: bool) -> None:
    row = record(**{"email": "a@example.com", name: status})
    if out:
        assert reading("email", name).recording(row).address.value == "a@example.com"
        return
    with pytest.raises(NotAStop):
        reading("email", name).recording(row)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"phone": ""}, "no address"),
        ({"phone": None}, "no address"),
        ({"phone": "1.20256E+10"}, "not a phone number"),
        ({"phone": ["2025550123"]}, "address is not text"),
        ({"phone": "2025550123", "scope": "weekly"}, "neither channel nor everything"),
        ({"phone": "2025550123", "channel": "fax"}, "channel is none of"),
        ({"phone": "2025550123", "when": "2206-01-01"}, "in the future"),
        ({"phone": "2025550123", "status": "maybe"}, "does not say"),
        ({"phone": "2025550123", "status": "unsubscribed", "words": "x" * 10_001}, "longer than"),
        ({"phone": "2025550123", "status": "unsubscribed", "words": "\udce9"}, "not UTF-8"),
    ],
)
def test_what_cannot_be_taken_says_why_without_repeating_it(
    cells: dict[str, Json], why: str
) -> None:
    cells.setdefault("status", "unsubscribed")
    names = ("phone", "scope", "channel", "when", "status", "words")
    with pytest.raises(RowError, match=why) as fault:
        reading(*names).recording(record(**cells))
    assert "2025550123" not in str(fault.value)


def test_a_number_that_went_through_a_spreadsheet_is_still_one() -> None:
    for written in (12025550123, "12025550123.0", "202-555-0123"):
        made = reading("phone").recording(record(phone=written))
        assert made.address.value == "+12025550123"
    made = reading("phone", region="GB").recording(record(phone="07700 900123"))
    assert made.address.value == "+447700900123"


def test_the_day_of_the_list_is_the_time_of_what_tells_none() -> None:
    day = datetime(2026, 11, 1, tzinfo=UTC)
    assert reading("phone", as_of=day).recording(record(phone="2025550123")).occurred_at == day
    assert reading("phone").recording(record(phone="2025550123")).occurred_at is None
