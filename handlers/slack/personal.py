"""The window for personal settings, from the Home: reminders by direct message, and a time zone."""

from __future__ import annotations

import logging
from typing import Any

from bot.errors import HeedError
from handlers.parts import Parts
from handlers.slack import rich
from handlers.slack.behind import Behind
from handlers.slack.homes import promise_home
from handlers.slack.payload import Payload, text_at
from handlers.slack.rich import Block
from handlers.slack.roles import Roles, clicker
from handlers.slack.wishes import Wishes, save_wishes, wishes_of, zone_of
from storage import Session, StoreUnavailable

log = logging.getLogger("heed.slack.personal")

CALLBACK = "heed_personal_v1"
REMIND, ZONE = "remind", "zone"
AWAY = "Nothing was saved: Heed's database cannot be reached. Please try again in a minute."


class Personal:
    def __init__(self, parts: Parts, roles: Roles, behind: Behind) -> None:
        self._parts = parts
        self._roles = roles
        self._behind = behind

    def open(self, body: Payload) -> None:
        """Open the window with what holds now; for whoever may nothing here there is none."""
        try:
            self._roles.actor(clicker(body))
        except HeedError as refusal:
            log.info("refused: %s", type(refusal).__name__)
            return
        who = clicker(body)
        wishes = self._parts.store.read(lambda session: wishes_of(session, who.ours, who.user))
        self._behind.open(text_at(body, "trigger_id"), form(wishes))

    def submit(self, body: Payload) -> dict[str, Any]:
        """The answer to the form: nothing, and it closes; or what is wrong under its field."""
        values = ("view", "state", "values")
        ticked = text_at(body, *values, REMIND, REMIND, "selected_options", 0, "value")
        zone = text_at(body, *values, ZONE, ZONE, "value").strip() or Wishes().zone
        if zone_of(zone) is None:
            return _error("there is no time zone of this name, such as Europe/Berlin")
        now = self._parts.clock()
        try:
            self._roles.actor(clicker(body))
            who = clicker(body)
            wishes = Wishes(remind=ticked == REMIND, zone=zone)

            def work(session: Session) -> None:
                save_wishes(session, who.ours, who.user, wishes, now)
                promise_home(session, who.ours, who.user, now)

            self._parts.store.write(work)
        except HeedError as refusal:
            return _error(str(refusal))
        except StoreUnavailable:
            log.warning("the store is away: settings were not saved")
            return _error(AWAY)
        return {}


def form(wishes: Wishes) -> Block:
    option = {
        "text": rich.plain("Remind me by direct message too"),
        "description": rich.plain("Of reviews that you have taken on. Not after you said stop"),
        "value": REMIND,
    }
    ticks: Block = {"type": "checkboxes", "action_id": REMIND, "options": [option]}
    if wishes.remind:
        ticks["initial_options"] = [option]
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": rich.plain("Settings"),
        "submit": rich.plain("Save"),
        "close": rich.plain("Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": REMIND,
                "optional": True,
                "label": rich.plain("Reminders"),
                "element": ticks,
            },
            {
                "type": "input",
                "block_id": ZONE,
                "optional": True,
                "label": rich.plain("Time zone"),
                "hint": rich.plain("Where your days begin, such as Europe/Berlin"),
                "element": {
                    "type": "plain_text_input",
                    "action_id": ZONE,
                    "max_length": 64,
                    "initial_value": wishes.zone,
                },
            },
        ],
    }


def _error(text: str) -> dict[str, Any]:
    return {"response_action": "errors", "errors": {ZONE: text}}
