"""The session: all that a unit of work may do. See `storage` for the list.

Each base keeps one thing; none begins or ends a transaction.
"""

from __future__ import annotations

from hashlib import blake2b

from sqlalchemy import select

from storage.activity import Activity
from storage.conversations import Conversations
from storage.custody import Custody
from storage.hourly import Hourly
from storage.outbox import Outbox
from storage.proof import Proofs
from storage.reporting import Reporting
from storage.retention import Retention
from storage.reviews import Reviews
from storage.schema import settings
from storage.seals import Seals
from storage.secrets import Secrets
from storage.slack_people import SlackPeople
from storage.sql import Statement, param, upsert
from storage.suppressions import Suppressions
from storage.text_parts import TextParts

_SETTING = Statement(select(settings.c.value).where(settings.c.name == param("name")))
_SAVE_SETTING = upsert(settings, "value")


class Session(
    Proofs,
    Seals,
    Suppressions,
    Conversations,
    TextParts,
    Reviews,
    Activity,
    Outbox,
    Hourly,
    Retention,
    Custody,
    Reporting,
    Secrets,
    SlackPeople,
):
    """Given to the work of `Store.write` and `Store.read`, and of no use after it."""

    def setting(self, name: str) -> str | None:
        row = self._main.one(_SETTING, name=name)
        return None if row is None else str(row[0])

    def lock_setting(self, name: str) -> None:
        """Let no other unit that locks it too change what it holds until this one ended."""
        self.lock(blake2b(name.encode(), digest_size=16).digest())

    def save_setting(self, name: str, value: str) -> None:
        """Keep a small plain value of the installation. Not for secrets."""
        self._main.run(_SAVE_SETTING, name=name, value=value)
