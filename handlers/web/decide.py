"""/d/<token>: the page where a person decides one review, reached from the human mailbox.

GET and HEAD change nothing; POST decides, once. The link alone may only stop: mailboxes are shared
and mails forwarded, so that letting messages through again takes a key.
"""

from __future__ import annotations

import logging

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.exceptions import Unauthorized

from bot.addresses import masked
from bot.errors import HeedError, NotAllowed
from bot.less import spelled
from bot.model import Actor, ReviewDecision, Role, Verdict
from handlers.decision_links import opened
from handlers.parts import Parts
from handlers.slack.words import CAUSES, VERDICTS
from handlers.waiting import Waiting
from handlers.web.api.auth import Gate
from storage import ReviewState

log = logging.getLogger("heed.web")

BY_LINK = Actor(name="link:decision", role=Role.RECORD)
ALONE = frozenset({Verdict.OPT_OUT, Verdict.WRONG_NUMBER})
WORDS_LIMIT = 2_000
VERDICT, KEY = "verdict", "key"


def blueprint(parts: Parts) -> Blueprint:
    decide = Blueprint("decide", __name__, template_folder="templates")
    gate = Gate(parts.settings.api_keys)

    @decide.get("/d/<token>")
    def page(token: str) -> Response:
        return _page(opened(parts.store, token, parts.clock()))

    @decide.post("/d/<token>")
    def decided(token: str) -> Response:
        found = opened(parts.store, token, parts.clock())
        if found is None or found.review.state is not ReviewState.OPEN:
            return _page(found)
        try:
            verdict = Verdict(request.form.get(VERDICT, ""))
            actor = _actor(gate, verdict)
            parts.desk.receive(
                ReviewDecision(
                    review_id=found.review.id,
                    address_hash=found.review.addr,
                    verdict=verdict,
                    actor=actor,
                    received_at=parts.clock(),
                    version=found.review.version,
                )
            )
        except ValueError:
            return _page(found, fault="Choose one of the buttons.", status=400)
        except (Unauthorized, NotAllowed):
            log.warning("decision refused review=%s: no such key", found.review.id)
            fault = "This needs the key of a decider: one of HEED_API_KEYS with the role admin."
            return _page(found, fault=fault, status=403)
        except HeedError as refusal:  # somebody was faster, or the record was erased
            log.info("not decided review=%s: %s", found.review.id, type(refusal).__name__)
        return _page(opened(parts.store, token, parts.clock()))

    return decide


def _actor(gate: Gate, verdict: Verdict) -> Actor:
    """Who decides. Raises Unauthorized or NotAllowed: the verdict needs another key."""
    if verdict in ALONE:
        return BY_LINK
    return gate.admit(f"Bearer {request.form.get(KEY, '')}", Role.ADMIN)


def _told(decided_by: str) -> str:
    if decided_by == BY_LINK.name:
        return "By the link in a mail to your people."
    return f"By {decided_by}."


def _page(found: Waiting | None, *, fault: str = "", status: int = 200) -> Response:
    """A link that is none of ours looks like one that ended."""
    if found is None or found.address is None:
        return make_response(render_template("decide.html", state="ended"))
    review = found.review
    words = found.words or ""
    body = render_template(
        "decide.html",
        state="open" if review.state is ReviewState.OPEN else "decided",
        review=review,
        cause=CAUSES[review.cause],
        verdict=VERDICTS[review.verdict] if review.verdict else "",
        who=masked(found.address),
        words=words[:WORDS_LIMIT],
        wish=spelled(found.less) if found.less else "",
        cut=len(words) > WORDS_LIMIT,
        due=f"{review.due_at:%Y-%m-%d %H:%M} UTC",
        by=_told(review.decided_by),
        fault=fault,
    )
    return make_response(body, status)
