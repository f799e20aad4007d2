"""Who may decide, where HEED_SLACK_DECIDERS names a user group or a channel.

A worker fetches the lists every minute and keeps them in the store; a click looks there, so that it
never waits for Slack. A list that could not be fetched for ten minutes names nobody any more.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta

from slack_sdk import WebClient

from handlers.parts import Parts
from handlers.slack.client import CALL_ERRORS, OUTBOX_S, code_of, web_client
from handlers.slack.payload import at, text_at
from storage import Store

log = logging.getLogger("heed.slack.deciders")

FETCHED = "slack_deciders"
"""The setting that holds when the lists were fetched, and whom each names, as JSON."""
EVERY = timedelta(minutes=1)
GOOD_FOR = timedelta(minutes=10)
PAGE, MOST_PAGES = 200, 50


def named_users(deciders: tuple[str, ...]) -> frozenset[str]:
    """Those that the setting names one by one."""
    return frozenset(one for one in deciders if one[0] in "UW")


def named_lists(deciders: tuple[str, ...]) -> tuple[str, ...]:
    """The user groups (S...) and channels (C..., G...) that it names."""
    return tuple(one for one in deciders if one[0] not in "UW")


def fetched_at(store: Store) -> datetime | None:
    """When the lists were fetched last; None if never."""
    said = store.read(lambda session: session.setting(FETCHED))
    return datetime.fromisoformat(json.loads(said)["at"]) if said else None


def on_a_list(store: Store, lists: tuple[str, ...], user: str, now: datetime) -> bool:
    """Whether one of the lists names the user, by what was fetched lately. No network."""
    said = store.read(lambda session: session.setting(FETCHED))
    if not said:
        return False
    kept = json.loads(said)
    if not timedelta(0) <= now - datetime.fromisoformat(kept["at"]) < GOOD_FOR:
        log.warning("the lists of deciders are too old: nobody on them may decide")
        return False
    return any(user in kept["lists"].get(one, ()) for one in lists)


class Deciders:
    """A chore of the worker. Several workers may fetch; the last one's lists stand."""

    def __init__(self, parts: Parts) -> None:
        slack = parts.slack
        self._store = parts.store
        self._lists = named_lists(slack.deciders) if slack and not parts.settings.demo else ()
        self._client = web_client(parts, OUTBOX_S) if self._lists else None
        self._tried_at: datetime | None = None

    def __call__(self, now: datetime) -> int:
        """How many lists were fetched. One that Slack does not give leaves all as they were."""
        last = self._tried_at
        if self._client is None or (last is not None and last <= now < last + EVERY):
            return 0
        self._tried_at = now
        client = self._client
        try:
            lists = {one: members_of(client, one) for one in self._lists}
        except CALL_ERRORS as error:
            log.warning("a list of deciders was not given: %s", code_of(error))
            return 0
        kept = json.dumps({"at": now.isoformat(), "lists": lists})
        self._store.write(lambda session: session.save_setting(FETCHED, kept))
        return len(lists)


def members_of(client: WebClient, named: str) -> list[str]:
    """The users in a user group (S...) or a channel (C..., G...).

    Raises:
        SlackApiError, and the other CALL_ERRORS: Slack does not say.
    """
    if named.startswith("S"):
        answer = client.api_call("usergroups.users.list", params={"usergroup": named})
        return _ids(at(answer.data, "users"))
    found: list[str] = []
    cursor = ""
    for _ in range(MOST_PAGES):
        answer = client.api_call(
            "conversations.members", params={"channel": named, "limit": PAGE, "cursor": cursor}
        )
        found += _ids(at(answer.data, "members"))
        cursor = text_at(answer.data, "response_metadata", "next_cursor")
        if not cursor:
            break
    return found


def _ids(found: object) -> list[str]:
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
