"""May this be sent? The one rule behind every check (API, command line, scrub, web).

What a suppression reaches (docs/design.md: Scope):

    channel      every marketing topic; on sms also every topic that needs consent
                 (47 CFR 64.1200(a)(10): a revocation by text covers all that consent covered)
    program      the same, for what that program sends
    topic        that topic, whatever its kind: the person named it
    everything   all that is sent, also to the other addresses of the contact

A provisional hold, a pause or a bounce for good of one of the wide scopes reaches marketing only.
A topic marked `required_notice` passes everything, because a law demands it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.model import EVERYTHING, Channel, Hold, Scope, ScopeKind, Standing, Suppression
from bot.policy import Policy, Topic, TopicKind

MARKETING = Topic(name="", title="marketing")
"""What a check without a topic asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """A suppression that forbids the message.

    `linked`: of another address of the contact, or of this one under another name.
    """

    scope: Scope
    hold: Hold
    since: datetime
    entry_id: str
    until: datetime | None = None
    linked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """`because` holds all that forbids it, so that nobody lifts one and thinks it done."""

    allowed: bool
    because: tuple[Because, ...] = ()


def verdict(
    own: Iterable[Suppression],
    linked: Iterable[Suppression],
    topic: Topic | None,
    program: str | None,
    now: datetime,
    *,
    channel: Channel,
    named: Iterable[Suppression] = (),
) -> Ruling:
    """Whether a message about `topic` may go to an address on `channel` now.

    `own` are the suppressions of the address, `named` those of its other names, `linked` those of
    the contact's other addresses, of which only `everything` counts. `topic` None asks for
    marketing. `program` None says that nobody knows whose message it is, so that any program's
    stop forbids it (promise 4).
    """
    asked = topic or MARKETING
    if asked.required_notice:
        return Ruling(allowed=True)
    elsewhere = [*named, *(one for one in linked if one.scope.kind is ScopeKind.EVERYTHING)]
    forbidding = [
        (one, is_linked)
        for group, is_linked in ((own, False), (elsewhere, True))
        for one in group
        if _stands(one, now) and reaches(one, channel, asked, program)
    ]
    forbidding.sort(key=lambda one: (one[1], str(one[0].scope)))
    because = tuple(
        Because(
            scope=one.scope,
            hold=one.hold,
            since=one.since,
            entry_id=one.entry_id,
            until=one.until,
            linked=is_linked,
        )
        for one, is_linked in forbidding
    )
    return Ruling(allowed=not because, because=because)


def reaches(one: Suppression, channel: Channel, topic: Topic, program: str | None) -> bool:
    """Whether the suppression, while it stands, covers this topic on this channel."""
    match one.scope.kind:
        case ScopeKind.TOPIC:
            return one.scope.value == topic.name
        case ScopeKind.PROGRAM:
            return program in (None, one.scope.value) and _by_consent(one, channel, topic)
        case ScopeKind.CHANNEL:
            return _by_consent(one, channel, topic)
        case ScopeKind.EVERYTHING:
            return one.hold is Hold.STOPPED or topic.kind is TopicKind.MARKETING


def covered(scope: Scope, standing: Standing, policy: Policy, channel: Channel) -> bool:
    """Whether a firm stop already covers the whole scope; a hold or a pause never does."""
    firm = [one for one in standing.suppressions if one.hold is Hold.STOPPED]
    if any(one.scope in (scope, EVERYTHING) for one in firm):
        return True
    whole = [one for one in firm if one.scope.kind is ScopeKind.CHANNEL]
    if scope.kind is ScopeKind.TOPIC:
        return any(reaches(one, channel, policy.topic(scope.value), None) for one in whole)
    return scope.kind is ScopeKind.PROGRAM and bool(whole)


def _by_consent(one: Suppression, channel: Channel, topic: Topic) -> bool:
    if topic.kind is TopicKind.MARKETING:
        return True
    return one.hold is Hold.STOPPED and channel is Channel.SMS and topic.needs_consent


def _stands(one: Suppression, now: datetime) -> bool:
    return one.until is None or one.until > now
