"""What `heed doctor` says of Slack without asking it: what the workers learned."""

from __future__ import annotations

from collections.abc import Iterator

from handlers.doctor import Finding, bad, ok, warn
from handlers.parts import Parts
from handlers.slack.deciders import GOOD_FOR, fetched_at, named_lists
from handlers.slack.people import GOOD_FOR as STILL_GOOD_FOR
from handlers.slack.roster import LEFT_AFTER
from handlers.slack.trouble import OF_THE_CHANNEL, REMEDIES, socket_is_off, trouble
from handlers.slack.workspaces import troubles

MANY = 1_000


def slack_findings(parts: Parts) -> Iterator[Finding]:
    """`parts.slack` must be there."""
    assert parts.slack is not None
    found = trouble(parts.store)
    if found:
        yield bad(f"nothing can be posted to Slack ({found}): {REMEDIES.get(found, '')}")
    else:
        yield ok("Slack took the last that was posted, or nothing was posted yet")
    for team, code in troubles(parts.store).items():
        yield bad(f"in the Slack workspace {team} nothing can be posted ({code}): {_there(code)}")
    yield _staff(parts)
    if parts.slack.app_token and socket_is_off(parts.store):
        yield bad(
            "Socket Mode is switched off in the app's settings: nothing comes in from Slack until "
            "it is on again (Socket Mode, Enable)"
        )
    if not named_lists(parts.slack.deciders):
        return
    when = fetched_at(parts.store)
    if when is None or parts.clock() - when >= GOOD_FOR:
        yield bad(
            "HEED_SLACK_DECIDERS: the lists were not fetched for ten minutes, so nobody on them "
            "may decide: is a worker running, does the app have usergroups:read and channels:read?"
        )
    else:
        yield ok(f"HEED_SLACK_DECIDERS: the lists were fetched at {when:%H:%M} UTC")


def _staff(parts: Parts) -> Finding:
    """Whether what is remembered of the team is still good enough to decide by."""
    now = parts.clock()
    stale = parts.store.read(
        lambda session: session.slack_people_due(
            learned_before=now - STILL_GOOD_FOR, wanted_since=now - LEFT_AFTER, limit=MANY
        )
    )
    if not stale:
        return ok("Slack said lately who belongs to the team, or nobody has looked yet")
    return warn(
        f"Slack has not said for an hour who {len(stale)} of the team are, so they may record but "
        "not decide or look up: is a worker running, does the app have users:read?"
    )


def _there(code: str) -> str:
    """What helps in a workspace that installed the app."""
    if code in OF_THE_CHANNEL:
        return REMEDIES[code]
    return "heed slack invite makes a link to install it anew, heed slack forget ends this"
