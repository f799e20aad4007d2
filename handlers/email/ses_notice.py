"""Amazon SES tells of bounces and complaints in JSON, also by mail where a topic is subscribed so.

Below the JSON the mail offers a link to unsubscribe from the topic: nobody's wish.
"""

from __future__ import annotations

import json
from typing import Final

from bot.model import MessageKind
from handlers.email.decoding import is_address

_TEXT_LIMIT: Final = 65_536
_HEAD: Final = 200  # characters in which the type stands


def kind_and_facts(text: str) -> tuple[MessageKind, str | None, bool | None] | None:
    """Kind, address and finality of such a notification; None for any other text.

    A notification of a delivery, or of anything else, is an automatic mail. The finality is set for
    bounces only.
    """
    text = text[:_TEXT_LIMIT].lstrip()
    if not text.startswith("{") or not any(
        word in text[:_HEAD] for word in ('"notificationType"', '"eventType"')
    ):
        return None
    try:
        told, _ = json.JSONDecoder().raw_decode(text.replace("!\r\n ", "").replace("!\n ", ""))
    except (ValueError, RecursionError):
        return None
    match told:
        case {"bounce": {"bouncedRecipients": [dict() as first, *_]} as bounce}:
            status, kind = str(first.get("status", "")), bounce.get("bounceType")
            final = status.startswith("5") if status[:1] in {"4", "5"} else kind == "Permanent"
            return MessageKind.BOUNCE, _address(first), final
        case {"complaint": {"complainedRecipients": [dict() as first, *_]} as complaint}:
            if complaint.get("complaintFeedbackType") == "not-spam":
                return MessageKind.AUTO_REPLY, None, None
            return MessageKind.COMPLAINT, _address(first), None
    return MessageKind.AUTO_REPLY, None, None


def _address(recipient: dict[str, object]) -> str | None:
    address = str(recipient.get("emailAddress", "")).rpartition("<")[2].rstrip(">")
    return address if is_address(address) else None
