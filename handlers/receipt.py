"""What the desk tells an edge after the commit."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`inline_text` is the one answer for the response; empty where there is none to give.

    `duplicate` marks a provider's retry: nothing changed, and the answer is the first one's.
    """

    outcome: str
    message_id: str
    entry_id: str = ""
    review_id: str = ""
    duplicate: bool = False
    inline_text: str = ""
    reading: Reading | None = None
