"""The buttons of a review's card, and its menu. Their values hold the review's id and version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from bot.model import Verdict
from handlers.slack import rich
from handlers.slack.rich import Block
from storage import Review

ACTIONS: Mapping[Verdict, str] = {
    Verdict.OPT_OUT: "heed_review_opt_out_v1",
    Verdict.NOT_OPT_OUT: "heed_review_not_opt_out_v1",
    Verdict.ASK: "heed_review_ask_v1",
    Verdict.WRONG_NUMBER: "heed_review_wrong_number_v1",
    Verdict.DONE: "heed_review_done_v1",
}
LABELS: Mapping[Verdict, str] = {
    Verdict.OPT_OUT: "Opt out",
    Verdict.NOT_OPT_OUT: "Not an opt-out",
    Verdict.ASK: "Ask the customer",
    Verdict.WRONG_NUMBER: "Wrong number",
    Verdict.DONE: "Done",
}
UNDO = "heed_review_undo_v1"
TEACH = "heed_review_teach_v1"
MENU = "heed_review_more_v1"


class More(StrEnum):
    """What the menu offers; an overflow menu holds five at most."""

    SCOPE = "scope"
    ERASURE = "erasure"
    ASSIGN = "assign"
    SHOW = "show"


MENU_LABELS: Mapping[More, str] = {
    More.SCOPE: "Choose what stops…",
    More.ERASURE: "They want their data deleted",
    More.ASSIGN: "Assign to me",
    More.SHOW: "Show the address",
}


def value(review: Review) -> str:
    return f"{review.id}.{review.version}"


def read_value(text: str) -> tuple[str, int]:
    """Id and version; an empty id where it is no value of ours."""
    review_id, _, version = text.partition(".")
    plain = version.isascii() and version.isdigit() and len(version) < 10  # noqa: PLR2004
    return (review_id, int(version)) if plain and review_id.isalnum() else ("", 0)


def row(review: Review, verdicts: Sequence[Verdict]) -> Block:
    """The decisions that are open, the safe side first, and the menu."""
    return rich.actions(
        "heed_review", [*(_decision(review, one) for one in verdicts), _menu(review, verdicts)]
    )


def decided(review: Review, *, undoable: bool, teaches: bool) -> list[Block]:
    """What can be done about a decided review; no row where nothing can."""
    buttons = [_undo(review)] if undoable else []
    if teaches:
        buttons.append(_button(review, TEACH, "Always read this as…"))
    return [rich.actions("heed_review_decided", buttons)] if buttons else []


def _undo(review: Review) -> Block:
    button = _button(review, UNDO, "Undo")
    button["confirm"] = _confirm(
        "Open this review again?",
        "What the decision did is taken back. What was held before is held again until somebody "
        "decides. A confirmation that was sent stays sent.",
        "Undo",
    )
    return button


def _decision(review: Review, verdict: Verdict) -> Block:
    button = _button(review, ACTIONS[verdict], LABELS[verdict])
    if verdict is Verdict.OPT_OUT:
        button["style"] = "primary"
    if verdict is Verdict.NOT_OPT_OUT:  # the one choice that keeps contact going
        button["confirm"] = _confirm(
            "Keep contacting this person?",
            "The block ends, and messages may be sent to them again.",
            "Not an opt-out",
        )
    return button


def _button(review: Review, action: str, label: str) -> Block:
    return {
        "type": "button",
        "action_id": action,
        "text": rich.plain(label),
        "value": value(review),
        "accessibility_label": f"{label}, review {review.id}",
    }


def _menu(review: Review, verdicts: Sequence[Verdict]) -> Block:
    blocks = Verdict.OPT_OUT in verdicts
    offered = [one for one in More if blocks or one in (More.ASSIGN, More.SHOW)]
    return {
        "type": "overflow",
        "action_id": MENU,
        "options": [
            {"text": rich.plain(MENU_LABELS[one]), "value": f"{one}.{value(review)}"}
            for one in offered
        ],
    }


def _confirm(title: str, text: str, yes: str) -> Block:
    return {
        "title": rich.plain(title),
        "text": rich.plain(text),
        "confirm": rich.plain(yes),
        "deny": rich.plain("Back"),
    }
