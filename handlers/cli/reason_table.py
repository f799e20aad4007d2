"""The part of `heed evaluate` about reasons: which category a reason fell into, by label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.model import Reason
from bot.reading.evaluation import Share

_REST = (None, Reason.OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A reason as it is labelled, and as it was read; None where it was read as no reason."""

    lang: str
    label: Reason
    found: Reason | None


def reason_table(named: Sequence[Named]) -> Iterator[str]:
    """By language and by category.

    right: the category itself. wrong: another one. unnamed: read as `other`, or as no reason.
    """
    yield _heading("language")
    groups = {"English": True, "other languages": False}
    for name, english in groups.items():
        if own := [one for one in named if (one.lang == "en") is english]:
            yield _row(name, own)
            low, high = _right(own).interval
            yield f"{'':24} {'':6} {f'{low:.3f}-{high:.3f}':>13}"
    for lang in sorted({one.lang for one in named}):
        yield _row(f"  {lang}", [one for one in named if one.lang == lang])
    yield ""
    yield _heading("reason")
    for reason in Reason:
        if own := [one for one in named if one.label is reason]:
            yield _row(str(reason), own)


def _right(own: Sequence[Named]) -> Share:
    return Share(hits=sum(one.found is one.label for one in own), total=len(own))


def _heading(first: str) -> str:
    return f"{first:24} {'n':>6} " + " ".join(f"{name:>13}" for name in _COLUMNS)


def _row(name: str, own: Sequence[Named]) -> str:
    missed = [one for one in own if one.found is not one.label]
    unnamed = sum(one.found in _REST for one in missed)
    shares = (_right(own).share, (len(missed) - unnamed) / len(own), unnamed / len(own))
    return f"{name:24} {len(own):6} " + " ".join(f"{share:13.3f}" for share in shares)


_COLUMNS = ("right", "wrong", "unnamed")
