"""/u/<token>: one-click unsubscribing (RFC 8058), and the same page for people.

GET and HEAD change nothing: scanners follow links. POST stops what the link names, needs no cookie
and no session, meets no redirect, and says the same for a token that is none of ours. For a day the
page offers to take it back; the link itself never lifts anything.
"""

from __future__ import annotations

import logging

from flask import Blueprint, Response, make_response, render_template, request

from bot import pages
from bot.model import Act, Actor, Recording, Role, Scope, ScopeKind
from bot.tokens import Purpose
from handlers.links import Linked, Links
from handlers.parts import Parts
from handlers.recorder import new_id

log = logging.getLogger("heed.web")

ACTOR = Actor(name="link:one-click", role=Role.RECORD)
FIELD, VALUE = "List-Unsubscribe", "One-Click"  # what a mail provider posts (RFC 8058 3.2)
BY_PAGE = "Page"  # what our own button posts


def blueprint(parts: Parts) -> Blueprint:
    unsubscribe = Blueprint("unsubscribe", __name__, template_folder="templates")
    links = Links(parts.store, parts.policy)

    @unsubscribe.get("/u/<token>")
    def page(token: str) -> Response:
        linked = links.open(token, [Purpose.HTTPS], parts.clock())
        return _page(parts, "ask", linked.scope if linked else None, undo="")

    @unsubscribe.post("/u/<token>")
    def stop(token: str) -> Response:
        linked = links.open(token, [Purpose.HTTPS], parts.clock())
        said = request.form.get(FIELD, "")
        undo = ""
        if linked is None:
            log.info("unsubscribe link unknown")
        else:
            undo = _stopped(parts, links, linked, said)
        if said == BY_PAGE:
            return _page(parts, "done", linked.scope if linked else None, undo=undo)
        return Response("unsubscribed\n", content_type="text/plain; charset=utf-8")

    @unsubscribe.post("/u/<token>/undo")
    def undo(token: str) -> Response:
        now = parts.clock()
        found = links.undone(token, now)
        if found is None or not found[1]:
            return _page(parts, "not_undone", None, undo="")
        address, entry_id, scope = found
        receipt = parts.desk.receive(
            Recording(
                act=Act.UNDO,
                address=address,
                scope=scope,
                actor=ACTOR,
                source="one-click",
                event_id=f"undo:{entry_id}",
                received_at=now,
                undoes=entry_id,
            )
        )
        undone = receipt.outcome == "reverted"
        return _page(parts, "undone" if undone else "not_undone", scope, undo="")

    return unsubscribe


def _stopped(parts: Parts, links: Links, linked: Linked, said: str) -> str:
    """Record it; what takes it back, where it was news."""
    now = parts.clock()
    known = said in (VALUE, BY_PAGE)
    receipt = parts.desk.receive(
        Recording(
            act=Act.OPT_OUT,
            address=linked.address,
            scope=linked.scope,
            actor=ACTOR,
            source="one-click",
            event_id=new_id(now),  # never "seen before": who came back may leave again
            received_at=now,
            evidence="unsubscribe link" if known else "unsubscribe link, body not as in RFC 8058",
        )
    )
    if receipt.outcome != "opted_out":
        return ""
    return links.undo(linked.address, receipt.entry_id, now)


def _page(parts: Parts, state: str, scope: Scope | None, *, undo: str) -> Response:
    lang, texts = pages.chosen([*(one for one, _ in request.accept_languages), parts.policy.lang])
    program = parts.policy.program(scope.value if scope and scope.kind is ScopeKind.PROGRAM else "")
    slots = {
        "what": _what(parts, scope, texts["everything"]),
        "who": program.title,
        "contact": program.help_contact or parts.policy.help_contact,
    }
    body = render_template(
        "unsubscribe.html",
        lang=lang,
        state=state,
        undo=undo,
        field=FIELD,
        by_page=BY_PAGE,
        contact=slots["contact"],
        t={name: text.format(**slots) for name, text in texts.items()},
    )
    return make_response(body)


def _what(parts: Parts, scope: Scope | None, everything: str) -> str:
    if scope is not None and scope.kind is ScopeKind.TOPIC:
        return parts.policy.topic(scope.value).title
    return everything
