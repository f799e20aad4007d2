"""Whether Slack takes what we post: one line in the store, for `heed doctor` and /readyz.

Kept in the store, because the worker learns it and other processes are asked.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from storage import Session, Store

log = logging.getLogger("heed.slack.trouble")

STATE = "slack_trouble"
"""The setting that holds the code of what is wrong and since when; empty where it works."""
SWITCHED_OFF = "slack_socket_off"
"""The setting that is not empty while Socket Mode is switched off in the app's own settings."""
# Nothing can be posted any more until an operator acts: what each of them should do.
REMEDIES = {
    "token_revoked": "install the app again and set the new HEED_SLACK_BOT_TOKEN",
    "token_expired": "install the app again and set the new HEED_SLACK_BOT_TOKEN",
    "invalid_auth": "HEED_SLACK_BOT_TOKEN is no valid token",
    "not_authed": "HEED_SLACK_BOT_TOKEN is no valid token",
    "account_inactive": "the app was removed or its user deactivated: install it again",
    "app_uninstalled": "the app was removed: install it again",
    "tokens_revoked": "install the app again and set the new HEED_SLACK_BOT_TOKEN",
    "is_archived": "the review channel was archived: open it again, or set another",
    "channel_not_found": "the review channel is gone or the app is not in it: /invite it",
    "not_in_channel": "/invite the app to the review channel",
    "missing_scope": "install the app again with the scopes of `heed slack setup`",
}
OF_THE_CHANNEL = frozenset({"is_archived", "channel_not_found", "not_in_channel"})
"""Troubles only where it is the review channel; a person's direct message may be gone for good."""
REFRESH = timedelta(minutes=1)


class Watch:
    """Writes only where something has changed; another process may have written meanwhile.

    `key` names the workspace's own state: `SlackSettings.trouble_key`.
    """

    def __init__(self, store: Store, review_channel: str, key: str = STATE) -> None:
        self._store = store
        self._review_channel = review_channel
        self._key = key
        self._works_since: datetime | None = None

    def refused(self, code: str, channel: str, now: datetime) -> None:
        """Note it, where an operator must act."""
        if code in REMEDIES and (code not in OF_THE_CHANNEL or channel == self._review_channel):
            self._works_since = None
            note(self._store, code, now, self._key)

    def works(self, channel: str, now: datetime) -> None:
        """Forget what was wrong, as far as this success tells. Looked at once a minute."""
        last = self._works_since
        if last is not None and last <= now < last + REFRESH:
            return
        found = trouble(self._store, self._key)
        if found in OF_THE_CHANNEL and channel != self._review_channel:
            return
        self._works_since = now
        if found:
            self._store.write(lambda session: session.save_setting(self._key, ""))
            log.info("Slack takes what we post again")


def note(store: Store, code: str, now: datetime, key: str = STATE) -> None:
    """What is wrong; the first instant of the same trouble is kept."""
    if trouble(store, key) == code:
        return
    log.error("nothing can be posted to Slack (%s): %s", code, REMEDIES.get(code, ""))
    store.write(lambda session: session.save_setting(key, f"{code} {now.isoformat()}"))


def trouble(store: Store, key: str = STATE) -> str:
    """The code of what is wrong; empty where nothing is."""
    return store.read(lambda session: said(session, key))


def said(session: Session, key: str) -> str:
    """The same, inside a transaction."""
    return (session.setting(key) or "").partition(" ")[0]


def switched(store: Store, *, off: bool) -> None:
    """Socket Mode was switched off in Slack, or works again. Written only where it changed."""
    if socket_is_off(store) == off:
        return
    if off:
        log.error("Socket Mode is switched off in the app's settings: nothing comes in from Slack")
    store.write(lambda session: session.save_setting(SWITCHED_OFF, "off" if off else ""))


def socket_is_off(store: Store) -> bool:
    return bool(store.read(lambda session: session.setting(SWITCHED_OFF)))
