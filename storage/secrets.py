"""Other people's secrets that Heed keeps, such as the tokens of a Slack workspace.

As an address is kept: sealed by a random key of its own, which a master key wraps. The key lies in
the keyring, so that `rewrap_keyring` rotates it and SQLite's short-lived keys file holds it.
Forgetting a secret destroys its key.
"""

from __future__ import annotations

import base64
from datetime import datetime

from sqlalchemy import delete, select

from storage.addresses import Addresses
from storage.schema import keyring, settings
from storage.sql import Statement, micros, param, upsert
from storage.vault import DataKey, bound_to

_PREFIX = "secret:"
_KEY = Statement(
    select(keyring.c.key_id, keyring.c.wrapped).where(keyring.c.name == param("entry"))
)
_SAVE_KEY = upsert(keyring, "wrapped", "key_id", "created_at")
_DROP_KEY = Statement(delete(keyring).where(keyring.c.name == param("entry")))
_SEALED = Statement(select(settings.c.value).where(settings.c.name == param("entry")))
_SAVE_SEALED = upsert(settings, "value")
_DROP_SEALED = Statement(delete(settings).where(settings.c.name == param("entry")))


class Secrets(Addresses):
    def secret(self, name: str) -> str | None:
        """The secret of this name; None where there is none (any more).

        Raises:
            Unreadable: it was altered.
        """
        entry = f"{_PREFIX}{name}"
        key, sealed = self._keys.one(_KEY, entry=entry), self._main.one(_SEALED, entry=entry)
        if key is None or sealed is None:
            return None
        material = self._vault.masters.unwrap(key[0], key[1], bound_to("keyring", entry))
        opened = DataKey(material).open(base64.b64decode(sealed[0]), bound_to("secret", entry))
        return None if opened is None else opened.decode()

    def save_secret(self, name: str, value: str, now: datetime) -> None:
        """Keep it, in the place of an earlier one, under a new key."""
        entry = f"{_PREFIX}{name}"
        key, masters = DataKey.random(), self._vault.masters
        self._keys.run(
            _SAVE_KEY,
            name=entry,
            wrapped=masters.wrap(key.material, bound_to("keyring", entry)),
            key_id=masters.current,
            created_at=micros(now),
        )
        sealed = key.seal(value.encode(), bound_to("secret", entry))
        self._main.run(_SAVE_SEALED, name=entry, value=base64.b64encode(sealed).decode())

    def forget_secret(self, name: str) -> None:
        entry = f"{_PREFIX}{name}"
        self._keys.run(_DROP_KEY, entry=entry)
        self._main.run(_DROP_SEALED, entry=entry)
