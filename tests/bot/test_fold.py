"""Folding: what a reader takes for the same becomes the same, and every place is remembered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.fold import fold


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("STOP", "stop"),
        ("ＳＴＯＰ", "stop"),
        ("ⓢⓣⓞⓟ", "stop"),
        ("𝓢𝓣𝓞𝓟", "stop"),
        ("S\u200bT\u200dO\u2060P", "stop"),
        ("\u202eSTOP\u202c", "stop"),
        ("Arrêt", "arret"),
        ("Arre\u0302t", "arret"),
        ("İPTAL", "iptal"),
        ("ÇIKAR", "cikar"),
        ("çıkar", "cikar"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("إلغاء", "الغاء"),
        ("ｷｬﾝｾﾙ", "キャンセル"),
        ("🛑\ufe0f", "🛑"),
        ("don’t", "don't"),
    ],
)
def test_spellings_a_reader_takes_for_one_become_one(written: str, folded: str) -> None:
    assert fold(written).text == folded


def test_letters_borrowed_from_another_alphabet_are_seen_through_in_a_mixed_word() -> None:
    assert fold("SТОP").text == "stop"  # Cyrillic Т and О


def test_a_stop_written_wholly_in_borrowed_letters_is_seen_through() -> None:
    assert fold("ЅТОР").text == "stop"


@pytest.mark.parametrize("word", ["стоп", "отписка", "ρυθμός"])
def test_words_of_other_alphabets_stay_themselves(word: str) -> None:
    assert fold(word).text[0] == word[0]


def test_hindi_vowel_signs_are_kept_for_they_are_letters() -> None:
    assert fold("मुझे").text == "मुझे"


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@given(st.text())
def test_every_place_in_the_folded_text_leads_to_a_place_in_the_original(text: str) -> None:
    folded = fold(text)
    assert len(folded.origin) == len(folded.text) + 1
    assert list(folded.origin) == sorted(folded.origin)
    assert folded.origin[-1] == len(text)


def test_a_span_names_the_words_as_they_were_written() -> None:
    text = "Bitte ＳＴＯＰ\u200b jetzt"
    folded = fold(text)
    at = folded.text.index("stop")
    start, end = folded.span(at, at + 4)
    assert text[start:end].rstrip("\u200b") == "ＳＴＯＰ"
