"""Look an address up in a window: the same recorded look-up as `/optout lookup`."""

from __future__ import annotations

import logging
from typing import Any

from bot.addresses import AddressError
from bot.errors import HeedError
from handlers.parts import Parts
from handlers.slack import rich
from handlers.slack.behind import Behind
from handlers.slack.lookup import look_up
from handlers.slack.payload import Payload, text_at
from handlers.slack.rich import Block
from handlers.slack.roles import Roles, clicker
from handlers.slack.typed import typed
from storage import StoreUnavailable

log = logging.getLogger("heed.slack.search")

CALLBACK = "heed_search_v1"
ADDRESS = "address"
LONGEST = 254
SECTION = 2_900  # characters; a section holds 3,000
AWAY = "Heed's database cannot be reached. Please try again in a minute."


class Search:
    def __init__(self, parts: Parts, roles: Roles, behind: Behind) -> None:
        self._parts = parts
        self._roles = roles
        self._behind = behind

    def open(self, body: Payload) -> None:
        """Open the window, behind the answer; who they are is asked meanwhile."""
        self._behind.open(text_at(body, "trigger_id"), form())
        self._behind.run(lambda: self._roles.meet(clicker(body)))

    def submit(self, body: Payload) -> dict[str, Any]:
        """The answer to the form: what is known in its place, or what is wrong under its field."""
        said = text_at(body, "view", "state", "values", ADDRESS, ADDRESS, "value")
        try:
            actor = self._roles.actor(clicker(body), surely=True)
            team = text_at(body, "team", "id")
            address = typed(said, region=self._parts.policy.region, team=team).address
            found = look_up(self._parts, address, actor)
        except (AddressError, HeedError) as refusal:
            return _error(str(refusal))
        except StoreUnavailable:
            log.warning("the store is away: a look-up was not carried out")
            return _error(AWAY)
        return {"response_action": "update", "view": result(found)}


def form() -> Block:
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": rich.plain("Look up an address"),
        "submit": rich.plain("Look up"),
        "close": rich.plain("Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": ADDRESS,
                "label": rich.plain("Phone number or mail address"),
                "hint": rich.plain("That you looked is noted in this person's record"),
                "element": {
                    "type": "plain_text_input",
                    "action_id": ADDRESS,
                    "max_length": LONGEST,
                },
            }
        ],
    }


def result(found: str) -> Block:
    """`found` is mrkdwn, safe already; cut between lines into what a section holds."""
    sections: list[str] = []
    for line in found.split("\n"):
        if sections and len(sections[-1]) + len(line) < SECTION:
            sections[-1] += f"\n{line}"
        else:
            sections.append(line[:SECTION])
    return {
        "type": "modal",
        "title": rich.plain("Look up an address"),
        "close": rich.plain("Close"),
        "blocks": [rich.section(one) for one in sections],
    }


def _error(text: str) -> dict[str, Any]:
    return {"response_action": "errors", "errors": {ADDRESS: text}}
