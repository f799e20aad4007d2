"""Who people in Slack are by Slack's own word, remembered so that no click waits for Slack.

Kept under the keyed hash of who they are; a user id stands here in plain only of a full member of
the workspace that runs Heed, never of a customer or a guest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from storage.addresses import Addresses
from storage.schema import slack_people
from storage.sql import Row, Statement, instant, micros, param, upsert

_C = slack_people.c
_ALL = select(*slack_people.c)
_ONE = Statement(_ALL.where(_C.who == param("who")))
_LEARN = upsert(slack_people, "member", "home", "standing", "learned_at")
_WANT = upsert(slack_people, "wanted_at")
_WISH = upsert(slack_people, "wishes")
_DUE = Statement(
    _ALL.where(
        _C.member != "",
        _C.learned_at <= param("learned_before"),
        _C.wanted_at >= param("wanted_since"),
    )
    .order_by(_C.learned_at, _C.who)
    .limit(param("limit"))
)
_FORGET = Statement(delete(slack_people).where(_C.wanted_at < param("before")))


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackPerson:
    """`member` is empty of whoever is no full member; `learned_at` is None before Slack answered.

    `standing` and `wishes` are the caller's own words. `wanted_at`: when they were needed last.
    """

    workspace: str
    member: str
    home: str
    standing: str
    learned_at: datetime | None
    wanted_at: datetime
    wishes: str


class SlackPeople(Addresses):
    def slack_person(self, who: bytes) -> SlackPerson | None:
        row = self._main.one(_ONE, who=who)
        return None if row is None else _person(row)

    def learn_slack_person(
        self, who: bytes, *, workspace: str, member: str, home: str, standing: str, now: datetime
    ) -> None:
        """What Slack said of them just now."""
        said = {"member": member, "home": home, "standing": standing, "learned_at": micros(now)}
        self._main.run(_LEARN, **_new(who, workspace, now) | said)

    def want_slack_person(self, who: bytes, workspace: str, now: datetime) -> None:
        """Note that they were needed, whether or not anything is known of them."""
        self._main.run(_WANT, **_new(who, workspace, now))

    def save_slack_wishes(self, who: bytes, workspace: str, wishes: str, now: datetime) -> None:
        """Their own settings in place of the earlier ones."""
        self._main.run(_WISH, **_new(who, workspace, now) | {"wishes": wishes})

    def slack_people_due(
        self, *, learned_before: datetime, wanted_since: datetime, limit: int
    ) -> list[SlackPerson]:
        """Members of whom Slack was not asked since, the longest ago first."""
        rows = self._main.all(
            _DUE,
            learned_before=micros(learned_before),
            wanted_since=micros(wanted_since),
            limit=limit,
        )
        return [_person(row) for row in rows]

    def forget_slack_people(self, before: datetime) -> None:
        """Remove whoever was not needed since."""
        self._main.run(_FORGET, before=micros(before))


def _new(who: bytes, workspace: str, now: datetime) -> dict[str, object]:
    return {
        "who": who,
        "workspace": workspace,
        "member": "",
        "home": "",
        "standing": "",
        "learned_at": 0,
        "wanted_at": micros(now),
        "wishes": "",
    }


def _person(row: Row) -> SlackPerson:
    return SlackPerson(
        workspace=row[1],
        member=row[2],
        home=row[3],
        standing=row[4],
        learned_at=instant(row[5]) if row[5] else None,
        wanted_at=instant(row[6]),
        wishes=row[7],
    )
