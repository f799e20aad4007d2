"""The proof as a page to read and to print: one file, nothing from outside, everything escaped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from bot.leaf import Disclosure
from bot.model import EntryKind, Json
from bot.proof import Findings, Proof
from bot.strict_json import spelt_moment

_TITLES: Mapping[str, str] = {
    EntryKind.HEARD: "Heard; nothing changed",
    EntryKind.OPTED_OUT: "Opted out",
    EntryKind.OPTED_IN: "Opted in",
    EntryKind.HELD: "Blocked until a person decides",
    EntryKind.HOLD_ENDED: "Provisional block ended",
    EntryKind.PAUSED: "Paused",
    EntryKind.REASON_GIVEN: "Gave a reason",
    EntryKind.REVIEW_DECIDED: "A person decided",
    EntryKind.PROVIDER_BLOCK: "The provider reported a block",
    EntryKind.ANSWERED: "What became of our answer",
    EntryKind.ERASED: "Record erased",
    EntryKind.IMPORTED: "Imported",
    EntryKind.REVERTED: "An act was taken back",
    EntryKind.UNDELIVERABLE: "A mail bounced for good",
    EntryKind.TOLD: "Another system was told of the block",
    EntryKind.LOOKED_UP: "Looked up by somebody of the company",
}
_ENVIRONMENT = Environment(
    autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_PAGE = _ENVIRONMENT.from_string(files("handlers").joinpath("proof_page.html").read_text("utf-8"))


def page(proof: Proof, findings: Findings) -> str:
    """The page for a proof that holds."""
    seals = {seal.number: seal for seal in proof.seals}
    seal = findings.complete_to
    assert seal is not None
    return _PAGE.render(
        address=proof.address.value if proof.address else "erased",
        channel=str(proof.address.channel) if proof.address else "",
        notes=proof.notes,
        seal=seal,
        sealed_at=_moment(seal.sealed_at),
        key=seal.key.hex(),
        findings=findings,
        covered=len(proof.entries) - len(findings.later),
        answers=_rows(proof.notes.get("answers")),
        deadlines=_rows(proof.notes.get("deadlines")),
        sends=_rows(proof.notes.get("sends")),
        entries=[
            {
                "number": entry.fields.number,
                "title": _TITLES.get(entry.fields.kind, entry.fields.kind),
                "id": entry.fields.id,
                "scope": entry.fields.scope,
                "effective_at": _moment(entry.fields.effective_at),
                "recorded_at": _moment(entry.fields.recorded_at),
                "words": _words(entry.reads),
                "facts": {} if entry.reads is None else _facts(entry.reads),
                "unread": entry.reads is None,
                "leaf": entry.leaf.hex(),
                "seal": entry.sealed.seal if entry.sealed else 0,
                "sealed_at": _moment(seals[entry.sealed.seal].sealed_at) if entry.sealed else "",
            }
            for entry in proof.entries
        ],
    )


def _facts(reads: Disclosure) -> Mapping[str, str]:
    facts: dict[str, Json] = json.loads(reads.facts)
    facts["evidence"] = _evidence(facts.get("evidence"), _words(reads))
    facts["blocks"] = _blocks(facts.get("blocks"))
    facts["replied_to"] = _replied_to(facts.get("replied_to"))
    match facts.pop("answer", None):
        case {"text": str() as text, "template": str() as template}:
            facts["we_answered"] = f"“{text}” ({template})"
        case str() as kind:  # what became of it
            facts["answer"] = kind
    return {
        name.replace("_", " "): _printable(value)
        for name, value in facts.items()
        if value not in (None, "", "none", [], False)
    }


def _evidence(spans: Json, words: str) -> str:
    """The words that decided, each with the rule that took them; or what somebody gave as proof."""
    if isinstance(spans, str):
        return spans
    found = []
    for span in spans if isinstance(spans, list) else []:
        match span:
            case [int() as start, int() as end, str() as rule]:
                found.append(f"“{words[start:end]}” ({rule})")
    return ", ".join(found)


def _blocks(changes: Json) -> str:
    found = []
    for change in changes if isinstance(changes, list) else []:
        match change:
            case [str() as scope, hold]:
                found.append(f"{scope} {hold or 'lifted'}")
    return ", ".join(found)


def _replied_to(sent: Json) -> str:
    """What the message answered, as far as the company told us."""
    match sent:
        case {"topic": str() as topic, "sent_at": str() as at, "offered": list() as offered}:
            told = f"a message of {at[:19].replace('T', ' ')} UTC" if at else ""
            about = f"about {topic}" if topic else ""
            choices = f"offering {', '.join(map(str, offered))}" if offered else ""
            return " ".join(part for part in (told, about, choices) if part)
    return ""


def _rows(value: Json) -> list[dict[str, str]]:
    return [
        {name: _printable(one) for name, one in row.items()}
        for row in (value if isinstance(value, list) else [])
        if isinstance(row, dict)
    ]


def _words(reads: Disclosure | None) -> str:
    return "" if reads is None else _printable(reads.words.decode("utf-8", "surrogatepass"))


def _printable(value: Json) -> str:
    """As text that can be written as UTF-8."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()


def _moment(micros: int) -> str:
    """To the second, for people."""
    return f"{spelt_moment(micros)[:19].replace('T', ' ')} UTC"
