"""The decision table: one inbound value and the standing in, one `Decision` out.

`message` decides about what people and machines sent, `recording` about what the company heard
elsewhere, `importing` about what another system's list says, `review` about what a person (or the
clock) decided, `undoing` about taking that back. `answers` knows when Heed speaks.
The table follows the regulators' rules named at each step; no function here reads a clock.
"""

from bot.decide.importing import decide_import
from bot.decide.message import decide_message
from bot.decide.recording import decide_recording
from bot.decide.review import OpenReview, decide_review
from bot.decide.undoing import DecidedReview, undo_review

__all__ = [
    "DecidedReview",
    "OpenReview",
    "decide_import",
    "decide_message",
    "decide_recording",
    "decide_review",
    "undo_review",
]
