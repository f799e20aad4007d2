"""What Heed would have sent: kept in the demo, so that one can read it."""

from __future__ import annotations

from collections.abc import Mapping
from email import message_from_bytes
from email import policy as mail_policy

from bot.model import AnswerKind, Json, NoticeKind
from handlers.email.speaker import MailSpeaker
from handlers.parts import Parts
from handlers.ports import SendError
from storage import OutboxItem

LATEST = 30

KINDS: Mapping[str, str] = {
    NoticeKind.FORWARD: "To the team, unaltered",
    NoticeKind.REVIEW_CARD: "Card for the team in Slack",
    NoticeKind.REVIEW_UPDATE: "The team's card, brought up to date",
    AnswerKind.OPTED_OUT: "Confirmation",
    AnswerKind.OPTED_OUT_ALL: "Confirmation, of everything",
    AnswerKind.OPTED_OUT_SCOPE: "Confirmation, of a part",
    AnswerKind.WRONG_NUMBER: "Apology and confirmation",
    AnswerKind.ERASURE: "Confirmation of an erasure request",
    AnswerKind.OPTED_IN: "Welcome back",
    AnswerKind.NOT_SUBSCRIBED: "Nothing had changed",
    AnswerKind.HELP: "Help",
    AnswerKind.THANKS: "Thanks for the reason",
    AnswerKind.CLARIFY: "A question, once",
}

ANSWER_STATES: Mapping[str, str] = {
    "inline": "given in the response",
    "kept": "kept here",
    "pending": "waiting",
    "sending": "on its way",
    "sent": "sent",
    "parked": "parked",
    "dropped": "dropped",
    "unknown": "unknown",
}


def latest(parts: Parts) -> list[Json]:
    """The newest messages of the outbox, newest first."""
    items = parts.store.read(lambda session: session.recent_outbox(LATEST))
    return [_item(parts, item) for item in items]


def _item(parts: Parts, item: OutboxItem) -> dict[str, Json]:
    to, headers, text = _addressed(parts, item)
    return {
        "id": item.id,
        "kind": KINDS.get(item.kind, item.kind),
        "channel": str(item.channel),
        "to": to,
        "headers": headers,
        "text": text,
        "state": ANSWER_STATES.get(str(item.state), str(item.state)),
        "at": item.created_at.isoformat(),
    }


def _addressed(parts: Parts, item: OutboxItem) -> tuple[str, list[Json], str]:
    """Recipient, headers worth showing and text. A mail is composed as it would have left."""
    text = str(item.payload.get("text", ""))
    if item.provider == "smtp":
        return _mail(parts, item)
    if item.kind in set(NoticeKind):
        return "the review channel", [], f"Review {item.payload.get('review', '')}"
    return item.address.value if item.address else "(erased)", [], text


def _mail(parts: Parts, item: OutboxItem) -> tuple[str, list[Json], str]:
    from handlers.serve import speakers  # heavy, and only where there is a mail to show

    speaker = speakers(parts)["smtp"]
    assert isinstance(speaker, MailSpeaker)
    try:
        raw, recipient, _ = speaker.compose(item)
    except SendError as refusal:
        return "(nobody)", [], f"It could not be sent: {refusal.code}"
    mail = message_from_bytes(raw, policy=mail_policy.default)
    shown = ("From", "To", "Subject", "In-Reply-To", "Auto-Submitted")
    headers: list[Json] = [[name, str(mail[name])] for name in shown if mail[name]]
    body = mail.get_body(("plain",))
    return recipient, headers, body.get_content().strip() if body is not None else ""
