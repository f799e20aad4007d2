"""A text is counted as the network bills it, and made cheaper only where that is harmless."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.segments import Encoding, Segments, only_gsm7, segments, to_gsm7

GSM7, UCS2 = Encoding.GSM7, Encoding.UCS2


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", GSM7, 0, 0),
        ("STOP", GSM7, 4, 1),
        ("a" * 160, GSM7, 160, 1),
        ("a" * 161, GSM7, 161, 2),
        ("a" * 306, GSM7, 306, 2),
        ("a" * 307, GSM7, 307, 3),
        ("ÄÖÜäöüßéèàùìòñÑ¿¡ΔΩ£¥§@_\n", GSM7, 25, 1),
        ("€" * 80, GSM7, 160, 1),
        ("€" * 81, GSM7, 162, 2),
        ("a" * 152 + "€" + "a" * 152, GSM7, 306, 3),  # the escape pair does not straddle
        ("ç", UCS2, 1, 1),
        ("退" * 70, UCS2, 70, 1),
        ("退" * 71, UCS2, 71, 2),
        ("退" * 134, UCS2, 134, 2),
        ("退" * 135, UCS2, 135, 3),
        ("👍" * 35, UCS2, 70, 1),
        ("👍" * 36, UCS2, 72, 2),
        ("退" * 66 + "👍" + "退" * 66, UCS2, 134, 3),  # nor does a surrogate pair
    ],
)
def test_a_text_is_counted_as_it_is_billed(
    text: str, encoding: Encoding, units: int, count: int
) -> None:
    assert segments(text) == Segments(encoding=encoding, units=units, count=count)


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("You’re “off” – done…\u00a0Bye", 'You\'re "off" - done... Bye'),
        ("Désinscription\u202f: 20\u00a0€", "Désinscription : 20 €"),
        ("e\u0301te\u0301", "été"),
        ("plain", "plain"),
    ],
)
def test_typographic_characters_give_way_to_their_neighbours(text: str, swapped: str) -> None:
    assert to_gsm7(text) == swapped
    assert segments(swapped).encoding is GSM7


@pytest.mark.parametrize("text", ["“退订”", "¿Recibirá más…?", "👍 – ok"])
def test_a_text_that_cannot_become_gsm7_keeps_its_typography(text: str) -> None:
    assert to_gsm7(text) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Promoções", "Promocoes"),
        ("Información", "Informacion"),
        ("Œuvre reçue", "OEuvre recue"),
        ("Łódź", "Lodz"),
        ("Müller & Søn", "Müller & Søn"),
        ("退订", "退订"),
    ],
)
def test_accents_that_gsm7_lacks_can_be_dropped(text: str, plain: str) -> None:
    assert to_gsm7(text, letters=True) == plain


def test_what_gsm7_cannot_hold_can_be_left_out() -> None:
    assert only_gsm7("北京 Café 👍 Promoções") == "Café Promocoes"
    assert only_gsm7("退订") == ""


@given(st.text(max_size=400))
def test_the_count_agrees_with_the_units(text: str) -> None:
    counted = segments(text)
    alone, shared = (160, 153) if counted.encoding is GSM7 else (70, 67)
    if counted.units <= alone:
        assert counted.count == (1 if text else 0)
    else:
        assert counted.units <= shared * counted.count
        assert counted.units > (shared - 1) * (counted.count - 1)


@given(st.text(max_size=100), st.text(max_size=10))
def test_a_longer_text_never_costs_less_in_the_same_encoding(text: str, more: str) -> None:
    short, long = segments(text), segments(text + more)
    assert short.encoding is not long.encoding or short.count <= long.count


@given(st.text(max_size=100), st.sampled_from(["typography", "letters"]))
def test_swapping_twice_is_swapping_once(text: str, how: str) -> None:
    letters = how == "letters"
    once = to_gsm7(text, letters=letters)
    assert to_gsm7(once, letters=letters) == once
    assert once == text or segments(once).encoding is GSM7


@given(st.text(max_size=100))
def test_what_is_left_of_any_text_is_gsm7(text: str) -> None:
    assert segments(only_gsm7(text)).encoding is GSM7
