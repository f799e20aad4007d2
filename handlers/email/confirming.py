"""What a confirmation mail offers beside its words: the undo, and the reasons as links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot import pages
from bot.model import AnswerKind, Question
from handlers.links import Links
from storage import OutboxItem

UNDOABLE = frozenset({AnswerKind.OPTED_OUT, AnswerKind.OPTED_OUT_ALL, AnswerKind.OPTED_OUT_SCOPE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One link and what it says."""

    says: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """`why` are the reasons, under the heading `asks`; `undo` None where nothing can be undone."""

    undo: Offer | None = None
    asks: str = ""
    why: Sequence[Offer] = ()


class Offering:
    """Every link leads to a page that changes nothing until a button there is pressed."""

    def __init__(self, links: Links, *, public_url: str) -> None:
        self._links = links
        self._public_url = public_url

    def of(self, item: OutboxItem, now: datetime) -> Offers:
        """For a confirmation of a stop; nothing for other answers, or without HEED_PUBLIC_URL."""
        if not self._public_url or item.address is None or item.kind not in UNDOABLE:
            return Offers()
        _, texts = pages.chosen([str(item.payload.get("lang", ""))])
        undo = self._links.undo(item.address, item.entry_id, now)
        offered = Offer(says=texts["undo_link"], url=self._url(undo, "undo")) if undo else None
        if item.payload.get("question") != Question.REASON:
            return Offers(undo=offered)
        token = self._links.reason(item.address, item.entry_id, now)
        return Offers(
            undo=offered,
            asks=texts["why"],
            why=[
                Offer(says=texts[one], url=f"{self._url(token, 'why')}?r={one}")
                for one in pages.REASONS
            ],
        )

    def _url(self, token: str, page: str) -> str:
        return f"{self._public_url}/u/{token}/{page}"
