"""The page's Slack: a direct message, the team's command, and the cards that wait for a person."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify

from bot.model import Address, Json
from handlers.demo import cast
from handlers.demo.fields import line_field
from handlers.demo.person import person
from handlers.demo.replies import answered
from handlers.demo.slack_api import Aside
from handlers.demo.slack_ways import APP, customer, send_click, send_command, send_message, ts_of
from handlers.demo.ways_in import Delivery
from handlers.parts import Parts
from handlers.slack import cards as cards_of_slack
from handlers.slack.settings import SlackSettings
from handlers.slack.showing import card_of
from handlers.waiting import waiting
from storage import Review, ReviewState, Session

TEXT_LIMIT = 3_000
VALUE_LIMIT = 2_000
SHOWN = 20


def add_routes(demo: Blueprint, parts: Parts, slack: SlackSettings, aside: Aside) -> None:
    """`aside` is what Heed said or opened to the clicker alone, oldest first."""

    def talker() -> dict[str, Json]:
        return person(parts, customer(slack), APP, "you in Slack")

    @demo.get("/demo/slack")
    def slack_side() -> Response:
        return jsonify(
            person=talker(),
            cards=cards(parts),
            whispers=list(aside.whispers),
            windows=list(aside.windows),
        )

    @demo.post("/demo/slack/message")
    def slack_message() -> Response:
        delivery = send_message(parts, slack, line_field("text", TEXT_LIMIT))
        return answered(delivery, person=talker(), cards=cards(parts))

    @demo.post("/demo/slack/command")
    def slack_command() -> Response:
        delivery = send_command(parts, slack, line_field("text", TEXT_LIMIT))
        return answered(delivery, answer=_answer(delivery), cards=cards(parts))

    @demo.post("/demo/slack/click")
    def slack_click() -> Response:
        review = line_field("review", VALUE_LIMIT)
        delivery = send_click(
            parts,
            slack,
            block_id=line_field("block_id", VALUE_LIMIT, required=False),
            action_id=line_field("action_id", VALUE_LIMIT),
            value=line_field("value", VALUE_LIMIT, required=False),
            selected=line_field("selected", VALUE_LIMIT, required=False),
            ts=line_field("ts", VALUE_LIMIT),
        )
        return answered(
            delivery,
            answer=_answer(delivery),
            person=_about(parts, review),
            cards=cards(parts, review),
        )


def cards(parts: Parts, clicked: str = "") -> list[Json]:
    """What waits for a person as Slack would show it, the most urgent first.

    `clicked` is a review that is shown as well, first, though it may be decided now.
    """
    now = parts.clock()

    def read(session: Session) -> list[Json]:
        waits = session.open_reviews(limit=SHOWN)
        mine = session.review(clicked) if clicked else None
        shown = [mine, *(one for one in waits if one.id != mine.id)] if mine else waits
        return [_card(parts, session, one, now) for one in shown]

    return parts.store.read(read)


def _card(parts: Parts, session: Session, review: Review, now: datetime) -> dict[str, Json]:
    message = cards_of_slack.message(card_of(session, review, parts.policy, now))
    return {
        "id": review.id,
        "ts": review.card_ts or ts_of(review.opened_at),
        "open": review.state is ReviewState.OPEN,
        "blocks": list(message.blocks),
    }


def _about(parts: Parts, review_id: str) -> Json:
    """The person whom the review is about, as the page shows them; None once erased."""

    def read(session: Session) -> tuple[Address, str] | None:
        review = session.review(review_id)
        address = waiting(session, review).address if review is not None else None
        return (address, review.sender) if review is not None and address is not None else None

    found = parts.store.read(read)
    if found is None:
        return None
    address, sender = found
    country = cast.country_of(address.value)
    return person(parts, address, sender, country.shown(address.value) if country else "")


def _answer(delivery: Delivery) -> dict[str, Json]:
    """What Slack would show to whoever typed or clicked: a text, or blocks."""
    try:
        found: Any = json.loads(delivery.body or b"{}")
    except ValueError:
        return {"text": delivery.body.decode(errors="replace"), "blocks": []}
    if not isinstance(found, dict):
        return {"text": "", "blocks": []}
    return {"text": str(found.get("text", "")), "blocks": found.get("blocks") or []}
