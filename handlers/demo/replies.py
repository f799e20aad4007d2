"""What the page is told after it sent something."""

from __future__ import annotations

from flask import Response, jsonify

from bot.model import Json
from handlers.demo.ways_in import Delivery


def answered(delivery: Delivery, **more: Json) -> Response:
    """How the door answered, and what the page shows because of it."""
    return jsonify(
        delivery={
            "path": delivery.path,
            "status": delivery.status,
            "ms": delivery.ms,
            "proof": delivery.proof,
        },
        **more,
    )
