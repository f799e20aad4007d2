"""What `heed doctor` says of Slack without asking it: what the workers learned."""

from __future__ import annotations

from collections.abc import Iterator

from handlers.doctor import Finding, bad, ok
from handlers.parts import Parts
from handlers.slack.deciders import GOOD_FOR, fetched_at, named_lists
from handlers.slack.trouble import REMEDIES, trouble


def slack_findings(parts: Parts) -> Iterator[Finding]:
    """`parts.slack` must be there."""
    assert parts.slack is not None
    found = trouble(parts.store)
    if found:
        yield bad(f"nothing can be posted to Slack ({found}): {REMEDIES.get(found, '')}")
    else:
        yield ok("Slack takes what is posted, as far as the workers know")
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
