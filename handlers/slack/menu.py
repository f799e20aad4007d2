"""The menu on a review's card: take it on, show the address, choose what stops, erasure."""

from __future__ import annotations

import logging
from typing import Any

from bot.errors import Conflict, HeedError, NotFound
from bot.model import Actor, ReviewDecision, Scope, Verdict
from handlers.parts import Parts
from handlers.slack import rich
from handlers.slack.access import note_access
from handlers.slack.behind import Behind
from handlers.slack.buttons import read_value
from handlers.slack.modal import SCOPE, scope_options
from handlers.slack.payload import Payload, text_at
from handlers.slack.rich import Block
from handlers.slack.roles import Roles, clicker
from handlers.slack.showing import promise_update
from storage import Conflict as Overtaken
from storage import Review, Session, StoreUnavailable

log = logging.getLogger("heed.slack.menu")

CALLBACK = "heed_scope_v1"
MOVED = "This review has moved on meanwhile. Close this and look at its card."
NOT_OPENED = "The window did not open. Please click once more."
AWAY = "Nothing was decided: Heed's database cannot be reached. Please try again in a minute."


class Menu:
    def __init__(self, parts: Parts, roles: Roles, behind: Behind) -> None:
        self._parts = parts
        self._roles = roles
        self._behind = behind

    def assign(self, review: Review, actor: Actor) -> None:
        """Put the actor's name on the card; whoever decides is free all the same.

        Raises:
            Conflict: it is decided already.
        """
        now = self._parts.clock()

        def work(session: Session) -> None:
            if not session.assign(review.addr, review.id, actor.name):
                raise Conflict("this review is decided already")
            taken = session.review(review.id)
            assert taken is not None
            promise_update(session, taken, now)

        self._parts.store.write(work)

    def show(self, review: Review, actor: Actor, body: Payload) -> None:
        """Show the address in a window of the clicker's own.

        Raises:
            NotFound: it was erased.
        """
        now = self._parts.clock()

        def work(session: Session) -> str:
            note_access(session, review.addr, actor, "address", now)
            address = session.address(review.addr)
            return "" if address is None else address.value

        shown = self._parts.store.write(work)
        if not shown:
            raise NotFound("this person's record was erased")
        note = "That you looked is noted in this person's record."
        self._open(
            body,
            {
                "type": "modal",
                "title": rich.plain("The address"),
                "close": rich.plain("Close"),
                "blocks": [rich.rich_text(rich.line(rich.words(f"{shown}\n\n{note}")))],
            },
        )

    def choose_scope(self, review: Review, version: int, body: Payload) -> None:
        """Ask what is to stop."""
        scopes = scope_options(self._parts.policy)
        self._open(
            body,
            {
                "type": "modal",
                "callback_id": CALLBACK,
                "private_metadata": f"{review.id}.{version}",
                "title": rich.plain("Opt out"),
                "submit": rich.plain("Opt out"),
                "close": rich.plain("Cancel"),
                "blocks": [
                    {
                        "type": "input",
                        "block_id": SCOPE,
                        "label": rich.plain("What is to stop"),
                        "hint": rich.plain("Less than what is held now takes a decider"),
                        "element": {
                            "type": "radio_buttons",
                            "action_id": SCOPE,
                            "options": scopes,
                            "initial_option": scopes[0],
                        },
                    }
                ],
            },
        )

    def submit(self, body: Payload) -> dict[str, Any]:
        """The answer to the form: nothing, and it closes; or what is wrong under its field."""
        review_id, version = read_value(text_at(body, "view", "private_metadata"))
        picked = text_at(body, "view", "state", "values", SCOPE, SCOPE, "selected_option", "value")
        try:
            scope = Scope.parse(picked)
            review = self._parts.store.read(lambda session: session.review(review_id))
            if review is None:
                raise NotFound("there is no review of this id")
            self._parts.desk.receive(
                ReviewDecision(
                    review_id=review.id,
                    address_hash=review.addr,
                    verdict=Verdict.OPT_OUT,
                    actor=self._roles.actor(clicker(body)),
                    received_at=self._parts.clock(),
                    version=version,
                    scope=scope,
                )
            )
        except ValueError:
            return _error("choose what is to stop")
        except (Conflict, Overtaken):
            return _error(MOVED)
        except HeedError as refusal:
            return _error(str(refusal))
        except StoreUnavailable:
            log.warning("the store is away: a form was not carried out")
            return _error(AWAY)
        return {}

    def _open(self, body: Payload, view: Block) -> None:
        channel, user = text_at(body, "container", "channel_id"), text_at(body, "user", "id")
        self._behind.open(
            text_at(body, "trigger_id"),
            view,
            failed=lambda: self._behind.whisper(channel, user, NOT_OPENED),
        )


def _error(text: str) -> dict[str, Any]:
    return {"response_action": "errors", "errors": {SCOPE: text}}
