"""/u/<token>: one-click unsubscribing (RFC 8058), and the same page for people.

GET and HEAD change nothing: scanners follow links. POST stops what the link names, needs no cookie
and no session, meets no redirect, and says the same for a token that is none of ours. For a day the
page offers to take it back; the link itself never lifts anything.
"""

from __future__ import annotations

import logging

from flask import Blueprint, Response, make_response, render_template, request

from bot import pages
from bot.decide.answers import reason_allowed
from bot.model import CHANNEL_SCOPE, Act, Actor, Reason, Recording, Role, Scope, ScopeKind
from bot.tokens import Purpose
from handlers.links import Linked, Links
from handlers.parts import Parts
from handlers.recorder import new_id
from handlers.web.haste import SHOWN, Haste

log = logging.getLogger("heed.web")

ACTOR = Actor(name="link:one-click", role=Role.RECORD)
FIELD, VALUE = "List-Unsubscribe", "One-Click"  # what a mail provider posts (RFC 8058 3.2)
REASONS = pages.REASONS
BY_PAGE = "Page"  # what our own button posts


def blueprint(parts: Parts) -> Blueprint:
    unsubscribe = Blueprint("unsubscribe", __name__, template_folder="templates")
    links, haste = Links(parts.store, parts.policy), Haste()

    @unsubscribe.get("/u/<token>")
    def page(token: str) -> Response:
        linked = links.open(token, [Purpose.HTTPS], parts.clock())
        return _page(parts, "ask", linked.scope if linked else None)

    @unsubscribe.post("/u/<token>")
    def stop(token: str) -> Response:
        linked = links.open(token, [Purpose.HTTPS], parts.clock())
        said = request.form.get(FIELD, "")
        undo = why = ""
        if linked is None:
            log.info("unsubscribe link unknown")
        else:
            hasty = said == BY_PAGE and haste.seen(request.form.get(SHOWN, ""), parts.clock())
            undo, why = _stopped(parts, links, linked, said, hasty=hasty)
        if said == BY_PAGE:
            return _page(parts, "done", linked.scope if linked else None, undo=undo, why=why)
        return Response("unsubscribed\n", content_type="text/plain; charset=utf-8")

    @unsubscribe.get("/u/<token>/undo")
    def ask_undo(token: str) -> Response:
        """From the confirmation mail: shown, so that whoever follows links undoes nothing."""
        found = links.undone(token, parts.clock())
        if found is None or not found[1]:
            return _page(parts, "not_undone", None)
        return _page(parts, "undo_ask", found[2], undo=token)

    @unsubscribe.post("/u/<token>/undo")
    def undo(token: str) -> Response:
        now = parts.clock()
        found = links.undone(token, now)
        if found is None or not found[1]:
            return _page(parts, "not_undone", None)
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
        return _page(parts, "undone" if undone else "not_undone", scope)

    _add_reasons(unsubscribe, parts, links)
    return unsubscribe


def _add_reasons(unsubscribe: Blueprint, parts: Parts, links: Links) -> None:
    """/u/<token>/why: asked after the fact, once, and it changes nothing else."""

    @unsubscribe.get("/u/<token>/why")
    def ask_why(token: str) -> Response:
        """From the confirmation mail; the reason that was tapped there stands first."""
        if links.reasoned(token, parts.clock()) is None:
            return _page(parts, "thanks", None)
        chosen = _reason(request.args.get("r", ""))
        return _page(parts, "why", None, why=token, chosen=str(chosen) if chosen else "")

    @unsubscribe.post("/u/<token>/why")
    def why(token: str) -> Response:
        now = parts.clock()
        found, reason = links.reasoned(token, now), _reason(request.form.get("reason", ""))
        if found is not None and reason is not None:
            address, stop = found
            parts.desk.receive(
                Recording(
                    act=Act.REASON,
                    address=address,
                    scope=stop.scope or CHANNEL_SCOPE,
                    actor=ACTOR,
                    source="one-click",
                    event_id=f"reason:{stop.id}",  # the first word is the one that counts
                    received_at=now,
                    reason=reason,
                )
            )
        return _page(parts, "thanks", None)


def _stopped(
    parts: Parts, links: Links, linked: Linked, said: str, *, hasty: bool
) -> tuple[str, str]:
    """Record it; the tokens that take it back and say why, where it was news."""
    now = parts.clock()
    evidence = "unsubscribe link"
    if said not in (VALUE, BY_PAGE):
        evidence += ", body not as in RFC 8058"
    if hasty:
        evidence += ", pressed within a second of being shown: may be a scanner"
    receipt = parts.desk.receive(
        Recording(
            act=Act.OPT_OUT,
            address=linked.address,
            scope=linked.scope,
            actor=ACTOR,
            source="one-click",
            event_id=new_id(now),  # never "seen before": who came back may leave again
            received_at=now,
            evidence=evidence,
        )
    )
    if receipt.outcome != "opted_out":
        return "", ""
    sender = parts.policy.sender(linked.address.channel, "")
    asks = reason_allowed(linked.address, sender)
    why = links.reason(linked.address, receipt.entry_id, now) if asks else ""
    return links.undo(linked.address, receipt.entry_id, now), why


def _reason(spelled: str) -> Reason | None:
    return Reason(spelled) if spelled in REASONS else None


def _page(
    parts: Parts,
    state: str,
    scope: Scope | None,
    *,
    undo: str = "",
    why: str = "",
    chosen: str = "",
) -> Response:
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
        why=why,
        reasons=sorted(REASONS, key=lambda one: one != chosen),
        chosen=chosen,
        shown=Haste.stamp(parts.clock()),
        shown_field=SHOWN,
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
