"""Every opt-out carries the deadlines of all rules that may apply to it, from the right instant."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.deadlines import Act, Deadline, deadlines, of_entry
from bot.model import Address, Channel, EntryKind, Json, LedgerEntry
from bot.policy import DeadlineRules
from bot.regimes import BY_NAME, REGIMES, Duty

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ALL = DeadlineRules()
US_TEXT = {
    "us_tcpa", "us_do_not_call_list", "us_confirmation", "us_florida", "us_virginia"
}  # fmt: skip
EVERY_MAIL = {
    "us_can_spam", "ca_casl", "au_spam_act", "sg_spam_control", "eu_objection", "eu_information",
    "uk_objection", "uk_information", "kr_network_act", "kr_result_notice", "vn_decree_91",
    "vn_confirmation", "jp_specified_email", "br_lgpd",
}  # fmt: skip


def found(
    channel: Channel,
    value: str | None,
    rules: DeadlineRules = ALL,
    *,
    sent: datetime = NOON,
    received: datetime = NOON,
) -> dict[str, Deadline]:
    address = None if value is None else Address(channel=channel, value=value)
    act = Act(sent=sent, received=received)
    return {one.regime.name: one for one in deadlines(act, channel, address, rules)}


WHERE: list[tuple[Channel, str | None, set[str]]] = [
    (Channel.SMS, "+12025550123", US_TEXT),
    (Channel.SMS, "+17875550123", US_TEXT),  # Puerto Rico
    (Channel.SMS, "+15065550123", {"ca_casl"}),
    (Channel.SMS, "+15555550123", US_TEXT | {"ca_casl"}),  # +1, and nobody knows where
    (Channel.SMS, "+61491570156", {"au_spam_act"}),
    (Channel.SMS, "+447700900123", {"uk_objection", "uk_information"}),
    (Channel.SMS, "+4915112345678", {"eu_objection", "eu_information"}),
    (Channel.SMS, "+6581234567", {"sg_spam_control"}),
    (Channel.SMS, "+821012345678", {"kr_network_act", "kr_result_notice"}),
    (Channel.SMS, "+84912345678", {"vn_decree_91", "vn_confirmation"}),
    (Channel.SMS, "+819012345678", {"jp_specified_email"}),
    (Channel.SMS, "+8613812345678", {"cn_short_messages"}),
    (Channel.SMS, "+5511912345678", {"br_lgpd"}),
    (Channel.SMS, "+41791234567", {"house"}),  # no rule of the table is Switzerland's
    (Channel.WHATSAPP, "+4915112345678", {"eu_objection", "eu_information"}),
    (Channel.WHATSAPP, "+12025550123", {"house"}),
    (Channel.EMAIL, "ann@example.com", EVERY_MAIL),
    (Channel.EMAIL, "ann@gmail.com", EVERY_MAIL | {"gmail"}),
    (Channel.EMAIL, "ann@googlemail.com", EVERY_MAIL | {"gmail"}),
    (Channel.EMAIL, "ann@yahoo.co.jp", EVERY_MAIL | {"yahoo"}),
    (Channel.EMAIL, "ann@aol.com", EVERY_MAIL | {"yahoo"}),
    (Channel.EMAIL, "ann@notgmail.com", EVERY_MAIL),
    (Channel.EMAIL, "ann@yahoos.example", EVERY_MAIL),
    (Channel.EMAIL, None, EVERY_MAIL | {"gmail", "yahoo"}),  # erased: nothing narrows it
    (
        Channel.SLACK,
        "T1/U1",
        {"eu_objection", "eu_information", "uk_objection", "uk_information", "br_lgpd"},
    ),
]


@pytest.mark.parametrize(("channel", "value", "names"), WHERE)
def test_the_number_plan_and_the_mail_domain_tell_which_rules_may_apply(
    channel: Channel, value: str | None, names: set[str]
) -> None:
    assert set(found(channel, value)) == names


DUE: list[tuple[Channel, str, str, str]] = [
    (Channel.SMS, "+12025550123", "us_confirmation", "2026-11-25T12:05"),
    (Channel.SMS, "+12025550123", "us_virginia", "2026-11-26T12:00"),
    (Channel.SMS, "+12025550123", "us_tcpa", "2026-12-10T12:00"),  # over Thanksgiving
    (Channel.SMS, "+12025550123", "us_do_not_call_list", "2026-12-10T12:00"),
    (Channel.SMS, "+12025550123", "us_florida", "2026-12-10T12:00"),
    (Channel.EMAIL, "ann@gmail.com", "gmail", "2026-11-27T12:00"),
    (Channel.EMAIL, "ann@yahoo.com", "yahoo", "2026-11-27T12:00"),
    (Channel.EMAIL, "ann@gmail.com", "us_can_spam", "2026-12-10T12:00"),
    (Channel.EMAIL, "ann@gmail.com", "ca_casl", "2026-12-09T12:00"),
    (Channel.EMAIL, "ann@gmail.com", "au_spam_act", "2026-12-02T12:00"),
    (Channel.EMAIL, "ann@gmail.com", "sg_spam_control", "2026-12-09T12:00"),
    (Channel.EMAIL, "ann@gmail.com", "eu_objection", "2026-11-26T12:00"),
    (Channel.EMAIL, "ann@gmail.com", "eu_information", "2026-12-25T12:00"),
    (Channel.SMS, "+821012345678", "kr_network_act", "2026-11-26T12:00"),
    (Channel.SMS, "+821012345678", "kr_result_notice", "2026-12-09T12:00"),
    (Channel.SMS, "+84912345678", "vn_confirmation", "2026-11-26T12:00"),
    (Channel.SMS, "+41791234567", "house", "2026-11-26T12:00"),
]


@pytest.mark.parametrize(("channel", "value", "name", "due"), DUE)
def test_each_rule_has_its_length(channel: Channel, value: str, name: str, due: str) -> None:
    one = found(channel, value)[name]
    assert one.due == datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert one.as_json() == [name, f"{due}:00+00:00"]


def test_every_rule_of_the_table_was_tried() -> None:
    assert {name for _, _, names in WHERE for name in names} == set(BY_NAME)


def test_canada_counts_from_when_it_was_sent_and_others_from_when_it_was_received() -> None:
    sent = NOON - timedelta(days=7)
    for_mail = found(Channel.EMAIL, "ann@example.com", sent=sent)
    assert for_mail["ca_casl"].since == sent
    assert {one.since for name, one in for_mail.items() if name != "ca_casl"} == {NOON}


@pytest.mark.parametrize(
    ("since", "due"),
    [
        ("2026-01-31T10:00", "2026-02-28T10:00"),
        ("2028-01-31T10:00", "2028-02-29T10:00"),
        ("2026-12-15T10:00", "2027-01-15T10:00"),
        ("2026-02-28T10:00", "2026-03-28T10:00"),
    ],
)
def test_a_month_ends_on_the_same_day_or_the_last_one(since: str, due: str) -> None:
    moment = datetime.fromisoformat(since).replace(tzinfo=UTC)
    one = found(Channel.SMS, "+4915112345678", sent=moment, received=moment)["eu_information"]
    assert one.due == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_company_may_say_where_its_people_are() -> None:
    rules = DeadlineRules(countries=frozenset({"US", "CA"}))
    assert set(found(Channel.EMAIL, "ann@gmail.com", rules)) == {"us_can_spam", "ca_casl", "gmail"}
    # where the number tells, the number counts
    assert set(found(Channel.SMS, "+61491570156", rules)) == {"au_spam_act"}


def test_a_company_may_say_which_rules_bind_it_and_a_stop_still_has_a_clock() -> None:
    rules = DeadlineRules(regimes=frozenset({"us_tcpa", "us_confirmation"}))
    assert set(found(Channel.SMS, "+12025550123", rules)) == {"us_tcpa", "us_confirmation"}
    assert set(found(Channel.EMAIL, "ann@example.com", rules)) == {"house"}
    telling = DeadlineRules(regimes=frozenset({"eu_information"}))
    assert set(found(Channel.SMS, "+4915112345678", telling)) == {"eu_information", "house"}


def test_at_once_is_as_long_as_the_company_says() -> None:
    rules = DeadlineRules(at_once=timedelta(hours=2))
    assert found(Channel.SMS, "+41791234567", rules)["house"].due == NOON + timedelta(hours=2)


@given(st.sampled_from(Channel), st.sampled_from([None, "+12025550123", "ann@gmail.com", "T1/U1"]))
def test_every_opt_out_has_a_clock_that_says_by_when_to_stop(
    channel: Channel, value: str | None
) -> None:
    address = None if value is None else Address(channel=channel, value=value)
    clocks = deadlines(Act(sent=NOON, received=NOON), channel, address, ALL)
    assert any(one.regime.duty is Duty.STOP for one in clocks)
    assert [one.due for one in clocks] == sorted(one.due for one in clocks)
    assert all(one.due > one.since for one in clocks)


def test_what_may_change_is_marked() -> None:
    assert {one.name for one in REGIMES if one.volatile} == {"us_tcpa", "sg_spam_control"}


def entry(**facts: Json) -> LedgerEntry:
    return LedgerEntry(
        id="e",
        number=1,
        kind=EntryKind.OPTED_OUT,
        message_id="m",
        recorded_at=NOON,
        effective_at=NOON - timedelta(hours=2),
        scope=None,
        facts=facts,
        words=None,
    )


def ago(**span: float) -> datetime:
    return NOON - timedelta(**span)


def test_a_message_tells_when_it_was_sent_and_received() -> None:
    one = entry(received_at=ago(hours=1).isoformat(), occurred_at=ago(hours=2).isoformat())
    assert Act.of(one) == Act(sent=ago(hours=2), received=ago(hours=1))


def test_a_message_without_its_own_clock_was_sent_when_it_was_received() -> None:
    one = entry(received_at=ago(hours=2).isoformat(), occurred_at=None)
    assert Act.of(one) == Act(sent=ago(hours=2), received=ago(hours=2))


def test_a_senders_clock_that_runs_ahead_gives_nobody_more_time() -> None:
    one = entry(received_at=ago(hours=1).isoformat(), occurred_at=NOON.isoformat())
    assert Act.of(one).sent == ago(hours=1)


def test_what_was_heard_on_the_phone_counts_from_the_call_not_from_its_recording() -> None:
    one = entry(received_at=NOON.isoformat(), source="phone", actor="api:crm")
    assert Act.of(one) == Act(sent=ago(hours=2), received=ago(hours=2))


def test_of_what_was_erased_only_the_act_is_left() -> None:
    assert Act.of(entry()) == Act(sent=ago(hours=2), received=ago(hours=2))


def test_an_opt_out_and_a_hold_carry_deadlines_and_nothing_else_does() -> None:
    us = Address(channel=Channel.SMS, value="+12025550123")
    carrying = {
        kind for kind in EntryKind if of_entry(replace(entry(), kind=kind), Channel.SMS, us, ALL)
    }
    assert carrying == {EntryKind.OPTED_OUT, EntryKind.HELD}
    found_there = of_entry(entry(), Channel.SMS, us, ALL)
    assert {one.regime.name for one in found_there} == US_TEXT
    assert {one.since for one in found_there} == {ago(hours=2)}


def test_nobody_waits_for_the_calendars_who_asks_for_no_working_day() -> None:
    """They take longer to load than all the rest of a command."""
    program = (
        "import sys, handlers.reporting, handlers.policy_file; print('holidays' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
