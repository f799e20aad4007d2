"""Who somebody is by Slack's own word: remembered, so that no answer waits for Slack.

A click looks here alone. Where nothing is known, or too long ago, Slack is asked behind the answer,
through the outbox; a worker asks again in time about those who are staff.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from slack_sdk import WebClient

from bot import addresses
from bot.addresses import AddressError
from bot.errors import NotAllowed
from bot.model import Address
from handlers.slack.client import CALL_ERRORS, code_of
from handlers.slack.notices import promise_own
from handlers.slack.payload import at, fields_at, text_at
from storage import Session, SlackPerson, Store

log = logging.getLogger("heed.slack.people")

ASK = "slack_person"
"""The outbox's kind for asking Slack about one person."""
GOOD_FOR = timedelta(hours=1)
"""How long what Slack said may decide what somebody may do."""
ASK_AGAIN = timedelta(seconds=15)
NOTED_EVERY = timedelta(days=1)
NO_MEMBER = ("is_bot", "deleted", "is_restricted", "is_ultra_restricted", "is_stranger")


class Standing(StrEnum):
    FULL = "full"
    NOT_FULL = "not_full"  # a guest, a bot, deactivated, or of another workspace
    UNKNOWN = "unknown"  # Slack was asked and could not say, or said it too long ago
    NEW = "new"  # Slack was never asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """`team` is the home workspace, empty where unknown."""

    team: str
    standing: Standing


NOBODY_YET = Member(team="", standing=Standing.NEW)


def known(store: Store, workspace: str, user: str, now: datetime) -> Member:
    """What is remembered of the user. Where that is too little, Slack is asked after the answer.

    Raises:
        NotAllowed: this is no user id.
    """
    who = store.address_hash(_address(workspace, user))
    person = store.read(lambda session: session.slack_person(who))
    member = _member(person, now)
    wanted = now - person.wanted_at if person else None
    unsure = member.standing in (Standing.NEW, Standing.UNKNOWN)
    if unsure and (wanted is None or not timedelta(0) <= wanted < ASK_AGAIN):
        store.write(lambda session: _ask(session, who, workspace, user, now))
    elif wanted is None or wanted >= NOTED_EVERY:
        store.write(lambda session: session.want_slack_person(who, workspace, now))
    return member


def learn(store: Store, client: WebClient, workspace: str, user: str, now: datetime) -> Member:
    """Ask Slack and remember the answer. Never raises; a failure is remembered as `UNKNOWN`.

    What was known and is still good outlives a failure.
    """
    try:
        who = store.address_hash(_address(workspace, user))
    except NotAllowed:
        return Member(team="", standing=Standing.UNKNOWN)
    found = _asked(client, user)
    if found.standing is Standing.UNKNOWN:
        before = _member(store.read(lambda session: session.slack_person(who)), now)
        if before.standing in (Standing.FULL, Standing.NOT_FULL):
            return before
    staff = found.standing is Standing.FULL and found.team in ("", workspace)
    remember(store, workspace, user if staff else "", who, found, now)
    return found


def remember(
    store: Store, workspace: str, member: str, who: bytes, found: Member, now: datetime
) -> None:
    """Keep what Slack said; `member` is the user id of staff, else empty."""
    store.write(
        lambda session: session.learn_slack_person(
            who,
            workspace=workspace,
            member=member,
            home=found.team,
            standing=str(found.standing),
            now=now,
        )
    )


def _address(workspace: str, user: str) -> Address:
    try:
        return addresses.slack(workspace, user)
    except AddressError:
        raise NotAllowed("Slack did not say who this is") from None


def _member(person: SlackPerson | None, now: datetime) -> Member:
    if person is None or person.learned_at is None:
        return NOBODY_YET
    standing = Standing(person.standing)
    fresh = timedelta(0) <= now - person.learned_at < GOOD_FOR
    if standing is Standing.FULL and not fresh:  # who was a guest stays one until Slack says more
        standing = Standing.UNKNOWN
    return Member(team=person.home, standing=standing)


def _ask(session: Session, who: bytes, workspace: str, user: str, now: datetime) -> None:
    session.want_slack_person(who, workspace, now)
    promise_own(session, ASK, {"team": workspace, "user": user}, now)


def _asked(client: WebClient, user: str) -> Member:
    try:
        found = fields_at(client.users_info(user=user).data, "user")
    except CALL_ERRORS as error:
        log.warning("users.info failed: %s", code_of(error))
        found = {}
    if not found:
        return Member(team="", standing=Standing.UNKNOWN)
    full = not any(at(found, one) is True for one in NO_MEMBER)
    return Member(
        team=text_at(found, "team_id"),
        standing=Standing.FULL if full else Standing.NOT_FULL,
    )
