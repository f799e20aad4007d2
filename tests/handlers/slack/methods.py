"""The methods of Slack's Web API that Heed calls: what each needs, refuses, and how often.

docs.slack.dev/reference/methods and /apis/web-api/rate-limits: tiers count for one method in one
workspace, chat.postMessage also for one channel, where Slack says "about one a second, short bursts
are fine". What is a burst Slack does not say; ten in ten seconds is ours.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.handlers.slack.block_kit import message_faults, view_faults

TEXT_LIMIT = 40_000
MINUTE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """`a_minute` is the tier's least. `token`: how the token that it takes begins."""

    needs: tuple[str, ...] = ()
    a_minute: int = 100
    token: str = "xoxb-"
    scope: str = ""


METHODS: Mapping[str, Method] = {
    "apps.connections.open": Method(a_minute=10, token="xapp-"),
    "auth.test": Method(a_minute=600),
    "chat.getPermalink": Method(needs=("channel", "message_ts"), a_minute=600),
    "chat.postEphemeral": Method(needs=("channel", "user", "text"), scope="chat:write"),
    "chat.postMessage": Method(needs=("channel", "text"), a_minute=300, scope="chat:write"),
    "chat.update": Method(needs=("channel", "ts", "text"), a_minute=50, scope="chat:write"),
    "conversations.info": Method(needs=("channel",), a_minute=50, scope="groups:read"),
    "conversations.members": Method(needs=("channel",), scope="groups:read"),
    "oauth.v2.access": Method(needs=("code",), token=""),
    "usergroups.users.list": Method(needs=("usergroup",), a_minute=20, scope="usergroups:read"),
    "users.info": Method(needs=("user",), scope="users:read"),
    "views.open": Method(needs=("trigger_id", "view")),
    "views.publish": Method(needs=("user_id", "view")),
    "views.push": Method(needs=("trigger_id", "view")),
    "views.update": Method(needs=("view",)),
}
MODAL = ("views.open", "views.push", "views.update")
TRIGGERED = ("views.open", "views.push")
POSTS_IN_A_CHANNEL, WITHIN_S = 10, 10
TRIGGER_LIVES = timedelta(seconds=3)


def refused(method: str, args: Mapping[str, Any], token: str) -> tuple[str, list[str]]:
    """Slack's error code for arguments that it never takes, and why; empty where it takes them."""
    known = METHODS.get(method)
    if known is None:
        return "unknown_method", [f"{method} is none of the methods that we call"]
    if not token.startswith(known.token):
        return "not_allowed_token_type", [f"{method} takes a token {known.token}..."]
    missing = [name for name in known.needs if not args.get(name)]
    if "text" in missing:
        return "no_text", [f"{method}: no text"]
    if missing:
        return "invalid_arguments", [f"{method}: missing required field: {one}" for one in missing]
    if len(str(args.get("text", ""))) > TEXT_LIMIT:
        return "msg_too_long", [f"{method}: text is over {TEXT_LIMIT} characters"]
    faults = _layout(method, args)
    code = "invalid_arguments" if "view" in args else "invalid_blocks"
    return (code, [f"{method} {one}" for one in faults]) if faults else ("", [])


def _layout(method: str, args: Mapping[str, Any]) -> list[str]:
    if method in MODAL:
        return view_faults(args["view"], "modal")
    if method == "views.publish":
        return view_faults(args["view"], "home")
    return message_faults(args["blocks"]) if "blocks" in args else []


@dataclass(slots=True)
class Limits:
    """Counts calls by an injected clock."""

    clock: Callable[[], datetime]
    _calls: dict[tuple[str, str, str], deque[datetime]] = field(
        default_factory=lambda: defaultdict(deque)
    )

    def wait_s(self, method: str, token: str, channel: str) -> int:
        """Retry-After for this call; 0: it is taken, and counted."""
        now = self.clock()
        counted = [((method, token, ""), METHODS[method].a_minute, MINUTE_S)]
        if method == "chat.postMessage":
            counted.append(((method, token, channel), POSTS_IN_A_CHANNEL, WITHIN_S))
        waits = [self._wait_s(key, most, within_s, now) for key, most, within_s in counted]
        if not any(waits):
            for key, _, _ in counted:
                self._calls[key].append(now)
        return max(waits)

    def _wait_s(self, key: tuple[str, str, str], most: int, within_s: int, now: datetime) -> int:
        lately = self._calls[key]
        while lately and lately[0] <= now - timedelta(seconds=within_s):
            lately.popleft()
        if len(lately) < most:
            return 0
        return max(1, within_s - int((now - lately[0]).total_seconds()))


@dataclass(slots=True)
class Triggers:
    """Each opens one window, within three seconds of the click that brought it."""

    clock: Callable[[], datetime]
    _issued: dict[str, datetime] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)

    def issue(self, trigger: str) -> str:
        """The trigger of one more click: this one, or another where it is used up already."""
        if trigger in self._used:
            trigger = f"{trigger}.{len(self._issued)}"
        self._issued.setdefault(trigger, self.clock())
        return trigger

    def refused(self, trigger: str) -> str:
        """Slack's error code; empty: it was good, and is used up."""
        if trigger in self._used:
            return "exchanged_trigger_id"
        issued = self._issued.get(trigger)
        if issued is None:
            return "invalid_trigger_id"
        if self.clock() - issued >= TRIGGER_LIVES:
            return "expired_trigger_id"
        self._used.add(trigger)
        return ""
