"""What Slack takes as the answer to an interaction (docs.slack.dev/surfaces/modals).

A malformed one shows the person "We had some trouble connecting", though all was recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.handlers.slack.block_kit import view_faults

ANSWERS = ("clear", "errors", "push", "update")
ERROR_LIMIT = 2000  # of a hint; Slack states none for an error, which takes the hint's place


def answer_faults(payload: Mapping[str, Any], answer: Any) -> list[str]:
    """The answer is None where nothing is to happen but the window to close."""
    if answer is None or payload.get("type") != "view_submission":
        return []
    kind = answer.get("response_action")
    if kind not in ANSWERS:
        return [f"response_action is {kind}"]
    if kind in ("push", "update"):
        return view_faults(answer["view"], "modal")
    if kind == "errors":
        return _errors(payload, answer.get("errors"))
    return []


def _errors(payload: Mapping[str, Any], errors: Any) -> list[str]:
    """Each stands under a field of the view that was submitted."""
    fields = payload["view"]["state"]["values"]
    if not isinstance(errors, dict) or not errors:
        return ["errors without a field"]
    strange = [f"an error under {name}, which is no field" for name in errors if name not in fields]
    wrong = [
        f"the error under {name} is empty or too long"
        for name, text in errors.items()
        if not isinstance(text, str) or not 1 <= len(text) <= ERROR_LIMIT
    ]
    return strange + wrong
