"""What a member of the team wishes for themselves; kept with what is known of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.addresses import slack
from storage import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """`remind`: also by direct message, of reviews that they have taken on. `zone`: their days."""

    remind: bool = False
    zone: str = "UTC"


def wishes_of(session: Session, team: str, user: str) -> Wishes:
    """Theirs, or what holds for whoever said nothing.

    Raises:
        AddressError: this is nobody in Slack.
    """
    person = session.slack_person(session.hash_of(slack(team, user)))
    return Wishes(**json.loads(person.wishes)) if person and person.wishes else Wishes()


def save_wishes(session: Session, team: str, user: str, wishes: Wishes, now: datetime) -> None:
    who = session.hash_of(slack(team, user))
    session.save_slack_wishes(who, team, json.dumps(asdict(wishes)), now)


def zone_of(name: str) -> ZoneInfo | None:
    """The time zone of that name, such as `Europe/Berlin`; None where there is none."""
    try:
        return ZoneInfo(name.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
