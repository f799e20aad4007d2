"""Is it alive, is it ready, what does it count."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from handlers.parts import Parts
from handlers.slack.trouble import trouble
from handlers.slack.workspaces import troubles
from storage import OutboxState
from storage.errors import StoreError

log = logging.getLogger("heed.health")


def blueprint(parts: Parts) -> Blueprint:
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def healthz() -> Response:
        """The process answers; says nothing of the database, so that nobody kills it for that."""
        return jsonify(ok=True)

    @health.get("/readyz")
    def readyz() -> Response:
        """Messages can be taken in: the store answers."""
        try:
            parts.store.ping()
        except StoreError as error:
            log.warning("not ready: %s", type(error).__name__)
            response = jsonify(ok=False, store="away")
            response.status_code = 503
            return response
        if parts.slack is None:
            return jsonify(ok=True, store="ok")
        # without Slack opt-outs are heard all the same, so this is no reason to be taken away
        return jsonify(ok=True, store="ok", slack=_slack(parts) or "ok")

    @health.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest() + _standing(parts), content_type=CONTENT_TYPE_LATEST)

    return health


def _slack(parts: Parts) -> str:
    """What is wrong in our workspace, else in the first of those that installed the app."""
    found = trouble(parts.store)
    return found or next((f"{team} {code}" for team, code in troubles(parts.store).items()), "")


def _standing(parts: Parts) -> bytes:
    """What waits in the store, counted now: an operator's first look."""
    registry = CollectorRegistry()
    outbox = Gauge("heed_outbox", "Answers and notices by state", ["state"], registry=registry)
    reviews = Gauge("heed_reviews_open", "Reviews that wait for a person", registry=registry)
    counts, waiting = parts.store.read(
        lambda session: (session.outbox_counts(), session.open_count())
    )
    for state in (OutboxState.PENDING, OutboxState.SENDING, OutboxState.PARKED):
        outbox.labels(state).set(counts.get(state, 0))
    reviews.set(waiting)
    return generate_latest(registry)
