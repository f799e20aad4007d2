"""Invitations to install the app, and the states of installing it: signed, short-lived, used once.

Nobody can install the app without an invitation from the operator: whoever is a full member of an
installed workspace may record opt-outs and look addresses up. An invitation is used up by the
installation that it leads to; a state (RFC 6749 10.12) by coming back with it, and the browser that
began must be the one that comes back (Bolt's cookie).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from storage import Session, Store

INVITED_FOR = timedelta(days=1)
STATE_LIVES = timedelta(minutes=10)
USED = "slack_oauth_used"
"""The setting that holds which were used, with their ends, as JSON; old ones are dropped."""
LONGEST = 200


class Kind(StrEnum):
    INVITATION = "i"
    STATE = "s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """`number` is random; a state names its invitation's. `channel`: the review channel there."""

    kind: Kind
    number: str
    invitation: str
    channel: str
    until: datetime


class Tickets:
    """Made and read with the store's own key; what is used up lies in the store."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def invite(self, channel: str) -> str:
        number = secrets.token_hex(16)
        return self._made(Kind.INVITATION, number, number, channel, INVITED_FOR)

    def state(self, invitation: Ticket) -> str:
        number = secrets.token_hex(16)
        return self._made(Kind.STATE, number, invitation.number, invitation.channel, STATE_LIVES)

    def read(self, text: str, kind: Kind) -> Ticket | None:
        """None where it is forged, too old, of the other kind, or its invitation is used up."""
        if len(text) > LONGEST or not text.isascii():
            return None
        body, _, mac = text.rpartition(".")
        if not hmac.compare_digest(self._mac(body).encode(), mac.encode()):
            return None
        kind_, number, invitation, channel, until_s = body.split(".")
        until = datetime.fromtimestamp(int(until_s), UTC)
        if kind_ != kind or until <= self._clock():
            return None
        used = self._store.read(_used)
        if number in used or invitation in used:
            return None
        return Ticket(kind=kind, number=number, invitation=invitation, channel=channel, until=until)

    def use(self, ticket: Ticket) -> bool:
        """Use it up; False: somebody else has."""
        now = self._clock()
        return self._store.write(lambda session: use(session, ticket.number, now))

    def _made(
        self, kind: Kind, number: str, invitation: str, channel: str, lives: timedelta
    ) -> str:
        until_s = int((self._clock() + lives).timestamp())
        body = f"{kind}.{number}.{invitation}.{channel}.{until_s}"
        return f"{body}.{self._mac(body)}"

    def _mac(self, body: str) -> str:
        key = self._store.token_key
        return hashlib.blake2b(
            body.encode(), key=key, digest_size=20, person=b"heed-slack-oauth"
        ).hexdigest()


def use(session: Session, number: str, now: datetime) -> bool:
    """The same, in a transaction of the caller's."""
    session.lock_setting(USED)
    used = {one: end for one, end in _used(session).items() if end > now.timestamp()}
    if number in used:
        return False
    used[number] = int((now + INVITED_FOR).timestamp())  # no ticket lives longer
    session.save_setting(USED, json.dumps(used))
    return True


def _used(session: Session) -> dict[str, int]:
    found: dict[str, int] = json.loads(session.setting(USED) or "{}")
    return found
