"""Explain a reading to a person: what `heed try` shows."""

from __future__ import annotations

from bot.less import spelled
from bot.model import Intent, Reading, Scope, ScopeKind

_MEANING = {
    Intent.OPT_OUT: "wants no more messages",
    Intent.OPT_OUT_ALL: "wants no more messages of any kind, on any channel",
    Intent.OPT_IN: "wants to receive messages (again)",
    Intent.HELP: "asks for help, or who this is",
    Intent.WRONG_NUMBER: "says that we have the wrong person",
    Intent.ERASURE: "asks us to delete what we hold about them",
    Intent.LESS: "wants fewer, later or other messages, not none",
    Intent.REASON: "tells us why",
    Intent.AMBIGUOUS: "unclear: a person would have to ask back",
    Intent.OTHER: "something else: nothing to do with stopping",
}
_ORIGIN = {
    "keyword": "the whole message is a known keyword",
    "typo": "the whole message is a misspelt keyword",
    "phrase": "a known way of saying it",
    "answer": "the answer to our question",
    "unclear": "a message known to say too little",
    "word": "a message known to mean something else",
    "cue": "a stop word without a clear sense",
    "model": "weighed by the statistical model",
    "none": "no known wording",
}
_SURE, _LIKELY = 0.9, 0.7


def explain(reading: Reading, text: str) -> str:
    """Several lines, without a final line end, that a support agent understands.

    `text` is the message that was read; the evidence is shown as it stands there.
    """
    lines = [
        f"intent      {reading.intent}: {_MEANING[reading.intent]}",
        f"sure        {_certainty(reading.confidence)} ({reading.confidence:.2f})",
    ]
    if reading.scope is not None:
        lines.append(f"covers      {_scope(reading.scope)}")
    if reading.less is not None:
        lines.append(f"asks for    {spelled(reading.less)}")
    if reading.reason is not None:
        lines.append(f"reason      {reading.reason.value.replace('_', ' ')}")
    if reading.privacy_request:
        lines.append("own data    asks what is held about them, or from where: a person answers")
    if reading.may_be_stop:
        lines.append("may be a stop: held back until a person decides")
    for evidence in reading.evidence:
        words = " ".join(text[evidence.start : evidence.end].split())
        lines.append(f'words       "{words}"  ({_origin(evidence.rule)}; {evidence.rule})')
    if not reading.evidence:
        lines.append(f"words       none decided ({_origin(reading.rule)})")
    if reading.runner_up is not None:
        lines.append(f"otherwise   {reading.runner_up}: {_MEANING[reading.runner_up]}")
    lines.append(f"language    {reading.lang or 'the words do not tell'}")
    lines.append(f"rules       version {reading.version}")
    return "\n".join(lines)


def _certainty(confidence: float) -> str:
    if confidence >= _SURE:
        return "yes"
    return "fairly" if confidence >= _LIKELY else "not very"


def _scope(scope: Scope) -> str:
    match scope.kind:
        case ScopeKind.TOPIC:
            return f"the topic {scope.value}"
        case ScopeKind.PROGRAM:
            return f"the program {scope.value}"
        case ScopeKind.CHANNEL:
            return "this channel"
        case ScopeKind.EVERYTHING:
            return "every channel"


def _origin(rule: str) -> str:
    kind = rule.partition(":")[0].partition("-")[0]
    return _ORIGIN.get(kind, kind)
