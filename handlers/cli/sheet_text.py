"""A proof sheet as a page to read and as rows for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.model import Json
from bot.sheet import ChannelSheet, Sheet, Times
from bot.tally import Figure

COLUMNS = ("month", "channel", "part", "name", "figure", "value")
Row = Mapping[str, Json]

LABELS = {
    Figure.REQUESTS: "requests to stop",
    Figure.UNREADABLE: "  of these erased since",
    Figure.REPEATS: "repeated requests",
    Figure.PROVIDER_BLOCKS: "blocks found at a provider",
    Figure.IMPORTED: "imported from another system",
    Figure.SENDS_BEFORE_EFFECT: "sends between request and block",
    Figure.SENDS_AFTER_STOP: "sends after a stop (target 0)",
    Figure.CONFIRMED_AT_ONCE: "confirmed with the request",
    Figure.CONFIRMED_LATER: "confirmed by a message of its own",
    Figure.CONFIRMED_LATE: "confirmed after 5 minutes (target 0)",
    Figure.CONFIRMATIONS_WAITING: "confirmations waiting",
    Figure.CONFIRMATIONS_UNKNOWN: "confirmations of unknown outcome",
    Figure.CONFIRMATIONS_UNSENT: "confirmations not sent",
    Figure.REPLIES_OVER_ONE: "replies over one (target 0)",
    Figure.ERASURES_ASKED: "erasures asked for",
    Figure.ERASURES_DONE: "erasures done",
}
_TIMES = (
    ("receipt to block", "to_suppression"),
    ("act to block", "since_acted"),
    ("act to confirmation", "to_confirmation"),
)
_LABEL, _CELL = 38, 11


def text(sheet: Sheet) -> Iterator[str]:
    """The sheet, line by line."""
    state = "complete" if sheet.complete else "still running"
    yield f"Proof sheet {sheet.month}, {state}; made {sheet.made_at:%Y-%m-%d %H:%M:%S} UTC"
    yield ""
    yield _line("", [one.channel for one in sheet.channels])
    for figure, label in LABELS.items():
        yield _line(label, [f"{one.figures[figure]:,}" for one in sheet.channels])
    for label, name in _TIMES:
        spans: list[Times] = [getattr(one, name) for one in sheet.channels]
        yield _line(f"{label}, median", [_seconds(one.median) for one in spans])
        yield _line("  99 of 100 within", [_seconds(one.p99) for one in spans])
        yield _line("  worst", [_seconds(one.worst) for one in spans])
    yield from _deadlines(sheet)
    yield from _reviews(sheet)
    yield from _waiting(sheet)
    yield from _made_with(sheet)


def rows(sheet: Sheet) -> Iterator[Row]:
    """The same numbers, one in each row; lengths of time are seconds."""
    for one in sheet.channels:
        for part, name, figure, value in _numbers(one):
            yield _row(sheet, one.channel, part, name, figure, value)
    for wait in sheet.waiting:
        channel, cause = str(wait.channel), str(wait.cause)
        yield _row(sheet, channel, "waiting", cause, "open", wait.open)
        yield _row(sheet, channel, "waiting", cause, "overdue", wait.overdue)
        yield _row(sheet, channel, "waiting", cause, "oldest_seconds", wait.oldest_seconds)
        yield _row(sheet, channel, "waiting", cause, "next_due", wait.next_due.isoformat())
    made: dict[str, Json] = {
        "made_at": sheet.made_at.isoformat(),
        "complete": sheet.complete,
        "heed": sheet.versions.heed,
        "rules": sheet.versions.rules,
        "holidays": sheet.versions.holidays,
        "at_once_seconds": sheet.at_once_seconds,
        "regimes": " ".join(sheet.regimes),
        "countries": " ".join(sheet.countries),
    }
    for figure, value in made.items():
        yield _row(sheet, "", "made", "", figure, value)
    for version, count in sheet.versions.readings.items():
        yield _row(sheet, "", "reading", version, "requests", count)


def _row(sheet: Sheet, channel: str, part: str, name: str, figure: str, value: Json) -> Row:
    return dict(
        zip(COLUMNS, (sheet.month, channel, part, name, figure, value), strict=True),
    )


def _numbers(one: ChannelSheet) -> Iterator[tuple[str, str, str, Json]]:
    for figure, number in one.figures.items():
        yield "count", "", str(figure), number
    for _, name in _TIMES:
        yield from _spans("seconds", name, getattr(one, name))
    for kept in one.deadlines:
        for fate in ("within", "late", "waiting", "overdue", "share"):
            yield "deadline", kept.regime, fate, getattr(kept, fate)
    for review in one.reviews:
        for step in ("opened", "held", "decided"):
            yield "reviews", str(review.cause), step, getattr(review, step)
        yield from _spans("reviews_seconds_open", str(review.cause), review.seconds_open)


def _spans(part: str, name: str, times: Times) -> Iterator[tuple[str, str, str, Json]]:
    for figure in ("count", "median", "p99", "worst"):
        yield part, name, figure, getattr(times, figure)


def _deadlines(sheet: Sheet) -> Iterator[str]:
    yield ""
    yield _line("deadlines", ["within", "late", "waiting", "overdue", "share"])
    for one in sheet.channels[:-1]:
        for kept in one.deadlines:
            mark = "*" if kept.volatile else ""
            share = "-" if kept.share is None else f"{kept.share:.2%}"
            numbers = (kept.within, kept.late, kept.waiting, kept.overdue)
            yield _line(
                f"{one.channel} {kept.regime}{mark} ({kept.duty})",
                [*(f"{number:,}" for number in numbers), share],
            )
    moving = {
        kept.regime: kept.volatile
        for one in sheet.channels
        for kept in one.deadlines
        if kept.volatile
    }
    for name, why in moving.items():
        yield f"  * {name}: {why}"


def _reviews(sheet: Sheet) -> Iterator[str]:
    yield ""
    yield _line("handed to a person", ["opened", "held", "decided", "median", "worst"])
    for one in sheet.channels[:-1]:
        for review in one.reviews:
            times = review.seconds_open
            numbers = (review.opened, review.held, review.decided)
            yield _line(
                f"{one.channel} {review.cause}",
                [
                    *(f"{number:,}" for number in numbers),
                    _seconds(times.median),
                    _seconds(times.worst),
                ],
            )


def _waiting(sheet: Sheet) -> Iterator[str]:
    yield ""
    yield _line("waiting now", ["open", "overdue", "oldest"]) + "  next due"
    for one in sheet.waiting:
        label = f"{one.channel} {one.cause}"
        cells = [f"{one.open:,}", f"{one.overdue:,}", _seconds(one.oldest_seconds)]
        yield f"{_line(label, cells)}  {one.next_due:%Y-%m-%d %H:%M} UTC"


def _made_with(sheet: Sheet) -> Iterator[str]:
    made = sheet.versions
    readings = ", ".join(f"{name} ({count:,})" for name, count in made.readings.items()) or "none"
    yield ""
    yield f"heed {made.heed}; rules {made.rules}; holidays {made.holidays}"
    yield f"readings by version: {readings}"
    yield f"rules counted: {' '.join(sheet.regimes) or 'all that can apply'}"
    yield from sheet.notes


def _line(label: str, cells: list[str]) -> str:
    return f"{label:<{_LABEL}}" + "".join(f"{cell:>{_CELL}}" for cell in cells)


def _seconds(length: float | None) -> str:
    """`0.004 s`, `12 m`, `3.5 h`, `2.0 d`."""
    if length is None:
        return "-"
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if length >= 2 * size:
            return f"{length / size:.1f} {unit}"
    return f"{length:.3f} s"
