"""A wish for less as the ledger keeps it, and as one would say it to staff."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from bot.model import Channel, Json, Less, Pace, Unit, utc

_BY = {
    Channel.EMAIL: "by mail",
    Channel.SMS: "by text message",
    Channel.WHATSAPP: "on WhatsApp",
    Channel.SLACK: "in Slack",
    Channel.OTHER: "in some other way (by phone or letter)",
}


def facts_of(less: Less) -> dict[str, Json]:
    """What was said, as JSON; what was not said is left out.

    `until` is RFC 3339 in UTC, hours are `HH:MM` by the clock of `zone`.
    """
    found: dict[str, Json] = {}
    if less.pause:
        found["pause"] = True
    if less.until is not None:
        found["until"] = less.until.isoformat()
    if less.pace is not None:
        pace = less.pace
        found["pace"] = {"times": pace.times, "every": pace.every, "unit": str(pace.unit)}
    if less.channel is not None:
        found["channel"] = str(less.channel)
    if less.not_before is not None:
        found["not_before"] = f"{less.not_before:%H:%M}"
    if less.not_after is not None:
        found["not_after"] = f"{less.not_after:%H:%M}"
    if less.zone:
        found["zone"] = less.zone
    return found


def of_facts(facts: Json) -> Less | None:
    """The wish that `facts_of` wrote; None for anything else, an older entry's nothing included."""
    if not isinstance(facts, dict):
        return None
    pace, until, channel = facts.get("pace"), facts.get("until"), facts.get("channel")
    try:
        return Less(
            pause=facts.get("pause") is True,
            until=utc(datetime.fromisoformat(str(until))) if until else None,
            pace=_pace(pace) if isinstance(pace, dict) else None,
            channel=Channel(str(channel)) if channel else None,
            not_before=_hour(facts.get("not_before")),
            not_after=_hour(facts.get("not_after")),
            zone=str(facts.get("zone") or ""),
        )
    except (KeyError, ValueError):
        return None


def spelled(less: Less) -> str:
    """In English, for staff: `a pause until 2027-01-01; at most once a week`."""
    said = []
    if less.until is not None:
        there = less.until.astimezone(ZoneInfo(less.zone)) if less.zone else less.until
        said.append(f"a pause until {there:%Y-%m-%d}")
    elif less.pause:
        said.append("a pause, until when is not plain")
    if less.pace is not None:
        said.append(_at_most(less.pace))
    if less.channel is not None:
        said.append(_BY[less.channel])
    if less.not_before is not None:
        said.append(f"not before {less.not_before:%H:%M}")
    if less.not_after is not None:
        said.append(f"not after {less.not_after:%H:%M}")
    return "; ".join(said)


def _pace(facts: dict[str, Json]) -> Pace:
    return Pace(
        times=int(str(facts["times"])),
        every=int(str(facts["every"])),
        unit=Unit(str(facts["unit"])),
    )


def _hour(value: Json) -> time | None:
    return time.fromisoformat(str(value)) if value else None


def _at_most(pace: Pace) -> str:
    count = {1: "once", 2: "twice"}.get(pace.times, f"{pace.times} times")
    span = f"a {pace.unit}" if pace.every == 1 else f"in {pace.every} {pace.unit}s"
    return f"at most {count} {span}"
