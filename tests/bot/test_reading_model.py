"""The statistical model: its file is whole, its sums are right, its work is bounded."""

from __future__ import annotations

import hashlib
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.fold import fold
from bot.model import STOPS, Channel, Context, Intent
from bot.reading import read
from bot.reading.features import expand, look
from bot.reading.grammar import Pattern
from bot.reading.joined import decide
from bot.reading.model import BIAS, PATH, bucket, compose, parse, shipped

MOST_BYTES = 3_000_000


def keys(text: str, context: Context = Context.NONE) -> list[str]:
    return list(look(fold(text).text, channel=Channel.SMS, context=context).keys)


def test_the_file_is_small_and_what_its_header_says() -> None:
    content = PATH.read_bytes()
    header, weights = parse(content)
    assert len(content) <= MOST_BYTES
    assert hashlib.sha256(weights).hexdigest() == header.digest
    assert compose(header, weights) == content
    assert set(header.intents) == set(Intent)


@pytest.mark.parametrize("cut", [0, 3, 40, 4000])
def test_a_broken_file_is_refused(cut: int) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's own error is one
        parse(PATH.read_bytes()[:cut])


@given(st.text(max_size=80), st.sampled_from(list(Context)))
def test_the_packed_sums_are_the_plain_dot_product(text: str, context: Context) -> None:
    """Checked against the slow way: weight by weight."""
    header, rows = parse(PATH.read_bytes())
    totals, count = [0] * len(header.shifts), 0
    for key in keys(text, context):
        features, times = expand(key)
        for feature in features:
            count += times
            start = (bucket(feature) & ((1 << header.bits) - 1)) * header.width
            for lane in range(len(totals)):
                totals[lane] += times * (rows[start + lane] - BIAS)
    sides = [
        total * scale / sqrt(count or 1) + shift
        for total, scale, shift in zip(totals, header.scales, header.shifts, strict=True)
    ]
    units = sides[-len(header.hidden) :]
    expected = [
        side + sum(max(unit, 0) * row[at] for unit, row in zip(units, header.hidden, strict=True))
        for at, side in enumerate(sides[: -len(header.hidden)])
    ]
    assert shipped().distances(keys(text, context)) == pytest.approx(expected, abs=1e-6)


@given(st.text(max_size=200))
def test_the_shares_of_all_intents_make_one(text: str) -> None:
    seen = look(fold(text).text, channel=Channel.EMAIL, context=Context.NONE)
    shares = shipped().shares(seen)
    assert sum(shares.values()) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in shares.values())


def test_doubt_between_a_stop_and_something_else_goes_to_a_person() -> None:
    shares = dict.fromkeys(Intent, 0.0)
    shares |= {Intent.OPT_OUT: 0.3, Intent.ERASURE: 0.2, Intent.OTHER: 0.5}
    assert decide(shares, 0.45, 0.2) == (Intent.OPT_OUT, Intent.OTHER, False)
    assert decide(shares, 0.7, 0.2) == (Intent.AMBIGUOUS, Intent.OPT_OUT, True)
    assert decide(shares, 0.7, 0.6) == (Intent.OTHER, Intent.OPT_OUT, False)


def test_fewer_messages_are_not_mistaken_for_doubt() -> None:
    shares = dict.fromkeys(Intent, 0.0) | {Intent.OPT_OUT: 0.4, Intent.LESS: 0.6}
    assert decide(shares, 0.7, 0.2)[0] is Intent.LESS


@pytest.mark.parametrize(
    "text",
    [
        "kindly leave my phone in peace, these adverts are doing my head in",
        "Lassen Sie mich bitte mit diesen Angeboten künftig zufrieden",
        "我不想再收到你们的广告了，真的很烦",
    ],
)
def test_what_no_rule_knows_is_read_by_the_model_and_shows_the_telling_words(text: str) -> None:
    reading = read(text, channel=Channel.SMS)
    assert reading.intent in STOPS or reading.may_be_stop
    assert reading.evidence
    assert reading.runner_up is not None
    for evidence in reading.evidence:
        assert text[evidence.start : evidence.end] == evidence.words


PIECES = [
    "stop ",
    "don't stop sending me texts ",
    "no more, ",
    "退订广告",
    "s t o p ",
    "x",
    "\u0301",
    "?!",
]


@pytest.mark.parametrize("piece", PIECES)
def test_work_grows_no_faster_than_the_text(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts tried phrases and weighed keys, not seconds."""
    tried = 0
    end = Pattern.end

    def counting(self: Pattern, *args: object) -> int | None:
        nonlocal tried
        tried += 1
        return end(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Pattern, "end", counting)

    def work(length: int) -> int:
        nonlocal tried
        tried = 0
        text = (piece * length)[:length]
        read(text, channel=Channel.EMAIL)
        return tried + len(keys(text))

    read(piece * 3, channel=Channel.EMAIL)
    assert work(16_000) <= 2.2 * work(8_000) + 200
