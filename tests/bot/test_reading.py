"""Reading: what people write, and what they want by it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import CHANNEL_SCOPE, EVERYTHING, STOPS, Channel, Context, Intent, Scope, ScopeKind
from bot.reading import READ_LIMIT, VERSION, Narrower, Words, read

PER_SE = ("stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe")
OPT_IN = ("start", "unstop", "subscribe", "resubscribe", "opt in", "optin", "join", "alta", "старт")
CHANNELS = st.sampled_from(list(Channel))
CASES = st.sampled_from([str.upper, str.lower, str.title, str.swapcase])
AROUND = st.text(alphabet=" .!?,;:-*\"'()…\n\t", max_size=6)
SIGNATURES = st.sampled_from(
    [
        "",
        " - Bob",
        "\n\nBob",
        "\n-- \nBob Lee\nAcme Ltd",
        "\nSent from my iPhone",
        "\n\nKind regards,\nHelen Marsh",
    ]
)


def intent(text: str, channel: Channel = Channel.SMS, context: Context = Context.NONE) -> Intent:
    return read(text, channel=channel, context=context).intent


# --- laws ----------------------------------------------------------------------------------------


@given(st.text(max_size=400), CHANNELS, st.sampled_from(list(Context)))
def test_no_text_whatever_makes_reading_fail(text: str, channel: Channel, context: Context) -> None:
    reading = read(text, channel=channel, context=context)
    assert 0 <= reading.confidence <= 1
    assert reading.version == VERSION
    for evidence in reading.evidence:
        assert text[evidence.start : evidence.end] == evidence.words


@given(st.sampled_from(PER_SE), CASES, AROUND, AROUND, SIGNATURES, CHANNELS)
def test_a_word_that_the_law_names_is_a_stop_however_it_is_dressed(
    word: str, case: object, before: str, after: str, signature: str, channel: Channel
) -> None:
    assert callable(case)
    assert intent(before + case(word) + after + signature, channel) is Intent.OPT_OUT


@given(st.sampled_from(OPT_IN), CASES, AROUND, AROUND, SIGNATURES, CHANNELS)
def test_a_bare_word_of_joining_never_reads_as_a_stop(
    word: str, case: object, before: str, after: str, signature: str, channel: Channel
) -> None:
    assert callable(case)
    reading = read(before + case(word) + after + signature, channel=channel)
    assert reading.intent is Intent.OPT_IN
    assert not reading.may_be_stop


@given(st.sampled_from(PER_SE), st.sampled_from([None, "en", "fr", "ja", "xx"]))
def test_a_hint_about_the_language_takes_no_stop_away(word: str, lang: str | None) -> None:
    assert read(word, channel=Channel.SMS, lang=lang).intent is Intent.OPT_OUT


@pytest.mark.parametrize(
    "piece",
    [
        "stop ",
        "don't stop ",
        "please ",
        "s t o p ",
        "no more texts, ",
        "a",
        "退",
        "\u0301",
        "-",
        "?!",
    ],
)
def test_time_grows_no_faster_than_the_text(piece: str) -> None:
    text = (piece * READ_LIMIT)[: READ_LIMIT * 2]
    started = time.perf_counter()
    read(text, channel=Channel.EMAIL)
    assert time.perf_counter() - started < 10


def test_what_lies_beyond_the_limit_is_not_read() -> None:
    assert intent("x " * READ_LIMIT + "\nSTOP") not in STOPS


@pytest.mark.parametrize(
    "text", ["??? ???", "x x x x", "x " * 300, "... !!! ???", "1 2 3 4", "a b c d e f"]
)
def test_what_holds_no_word_is_never_read_as_a_stop_by_the_model(text: str) -> None:
    assert intent(text) not in STOPS


# --- dressed up, misspelt --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "S T O P",
        "S.T.O.P.",
        "s-t-o-p",
        "ＳＴＯＰ",
        "SТОP",
        "ST0P",
        "5TOP",
        "$top",
        "stoppppp",
        "STOP STOP STOP",
        "🛑",
        ":octagonal_sign: stop",
        "STOP\u200b",
        "STOP 🙏",
        "/stop",
        "Stpo",
        "sotp",
        "stol",
        "STIP",
        "unsubcribe",
        "unsuscribe",
        "UNSUBSCIRBE",
        "cancle",
        "qiut",
        "un subscribe",
        "opt-out",
        "OPTOUT",
    ],
)
def test_a_keyword_is_known_through_disguise_and_slips(text: str) -> None:
    assert intent(text) is Intent.OPT_OUT


@pytest.mark.parametrize(
    "text",
    ["shop", "step", "spot", "top", "stoop", "quite", "sto", "off", "store", "subscribe", "canal"],
)
def test_real_words_near_a_keyword_are_not_repaired_into_a_stop(text: str) -> None:
    assert intent(text) not in STOPS


def test_the_evidence_says_which_words_and_which_rule() -> None:
    reading = read("hey, pls stop texting me", channel=Channel.SMS)
    assert [(e.words, e.rule) for e in reading.evidence] == [
        ("stop texting me", "phrase:verb-contact")
    ]
    assert read("Unsubcribe", channel=Channel.SMS).rule == "typo:unsubscribe"
    assert read("STOP", channel=Channel.SMS).rule == "keyword:fcc"


# --- what follows the verb decides ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stop texting me", Intent.OPT_OUT),
        ("pls take me off ur list", Intent.OPT_OUT),
        ("lose my number", Intent.OPT_OUT),
        ("I didn't sign up for this", Intent.OPT_OUT),
        ("no more texts", Intent.OPT_OUT),
        ("How do I unsubscribe?", Intent.OPT_OUT),
        ("go away", Intent.OPT_OUT),
        ("my attorney will be in touch", Intent.OPT_OUT),
        ("stop by at 5", Intent.OTHER),
        ("which bus stop is closest?", Intent.OTHER),
        ("Cancel my 3pm haircut", Intent.OTHER),
        ("can't stop laughing", Intent.OTHER),
        ("don't stop sending these!", Intent.OTHER),
        ("please don't take me off the list", Intent.OTHER),
        ("what happens if I text STOP", Intent.AMBIGUOUS),
        ("please cancel", Intent.AMBIGUOUS),
        ("no thanks", Intent.AMBIGUOUS),
        ("YES", Intent.AMBIGUOUS),
        ("stop everything", Intent.OPT_OUT_ALL),
        ("Please remove me from every mailing list you operate.", Intent.OPT_OUT_ALL),
        ("wrong number, stop texting me", Intent.WRONG_NUMBER),
        ("STOP and delete my data", Intent.ERASURE),
        ("delete my number", Intent.OPT_OUT),
        ("never contact me again", Intent.OPT_OUT),
        ("too often, once a month is fine", Intent.LESS),
        ("pause these till January", Intent.LESS),
        ("stop for now, start again after easter", Intent.LESS),
        ("sign me back up", Intent.OPT_IN),
        ("who is this?", Intent.HELP),
        ("désabonnez-moi", Intent.OPT_OUT),
        ("退订", Intent.OPT_OUT),
    ],
)
def test_the_sense_of_the_whole_message_counts(text: str, expected: Intent) -> None:
    assert intent(text) is expected


@pytest.mark.parametrize("text", ["no", "👎", "what does stop do", "cancel my subscription", "sto"])
def test_what_may_be_a_stop_is_marked_so(text: str) -> None:
    assert read(text, channel=Channel.SMS).may_be_stop


def test_a_bare_yes_is_unclear_but_no_stop() -> None:
    assert not read("YES", channel=Channel.SMS).may_be_stop


# --- scope -----------------------------------------------------------------------------------------

OWN = Words(
    topics={
        "promotions": ("promos", "coupons", "deals"),
        "orders": ("order updates", "delivery notices"),
    },
    programs={"acme": ("Acme Rewards",)},
    stop=("GENUG",),
    start=("PEACH",),
)


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("STOP", CHANNEL_SCOPE),
        ("stop the promos but keep my order updates coming", Scope(ScopeKind.TOPIC, "promotions")),
        ("no more coupons. delivery notices are fine", Scope(ScopeKind.TOPIC, "promotions")),
        ("stop the promos and the order updates", CHANNEL_SCOPE),
        ("stop texting me about Acme Rewards", Scope(ScopeKind.PROGRAM, "acme")),
        ("stop all of it", EVERYTHING),
    ],
)
def test_a_stop_covers_what_its_words_name_and_in_doubt_more(text: str, scope: Scope) -> None:
    assert read(text, channel=Channel.SMS, words=OWN).scope == scope


def test_the_operators_own_keywords_count_as_literals() -> None:
    assert read("genug!", channel=Channel.SMS, words=OWN).intent is Intent.OPT_OUT
    assert read("Peach", channel=Channel.SMS, words=OWN).intent is Intent.OPT_IN
    odd = Words(topics={"x": ("(.*", "[")}, stop=("a.*",))
    assert read("a nice day", channel=Channel.SMS, words=odd).intent is Intent.OTHER


def test_a_phrase_that_the_operator_calls_innocent_is_no_part_of_a_wish() -> None:
    shop = Words(innocent=("Stop & Shop", "停止线"))
    for text in ("i shop at Stop & Shop", "STOP & SHOP", "停止线"):
        assert read(text, channel=Channel.SMS, words=shop).intent is Intent.OTHER
    wish = read("unsubscribe me from the Stop & Shop list", channel=Channel.SMS, words=shop)
    assert wish.intent is Intent.OPT_OUT
    assert read("nonstop & shopping? STOP", channel=Channel.SMS, words=shop).intent in STOPS


def test_words_may_be_meant_for_one_sender_or_one_language_only() -> None:
    own = Words(
        narrower=(
            Narrower(sender="+12025550199", stop=("PEACH",)),
            Narrower(lang="de", stop=("Schluss mit Schuhen",)),
        )
    )

    def wish(text: str, sender: str = "", lang: str | None = None) -> Intent:
        return read(text, channel=Channel.SMS, words=own, sender=sender, lang=lang).intent

    assert wish("peach", sender="+12025550199") is Intent.OPT_OUT
    assert wish("peach") is not Intent.OPT_OUT
    assert wish("peach", sender="+12025550198") is not Intent.OPT_OUT
    assert wish("Schluss mit Schuhen", lang="de") is Intent.OPT_OUT


@pytest.mark.parametrize(
    "text",
    [
        "don't stop",
        "i never want to stop these",
        "i never want you to stop",
        "unsubscribe? no way",
        "stop? never",
        "stop what?",
        "stop whining",
        "stop complaining lol",
        "can I stop by at 5",
    ],
)
def test_a_stop_that_is_denied_or_about_something_else_is_none(text: str) -> None:
    assert read(text, channel=Channel.SMS).intent not in STOPS


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        ("please stop. I have enough shoes", True),
        ("Thanks for the parcel. Please take me off your list.", True),
        ("The bus stop is closed. See you at five.", False),
    ],
)
def test_a_wish_in_one_sentence_is_not_drowned_by_the_others(text: str, *, stops: bool) -> None:
    assert (read(text, channel=Channel.SMS).intent in STOPS) is stops


# --- language --------------------------------------------------------------------------------------


def test_the_language_is_the_words_own_then_the_callers_then_unknown() -> None:
    assert read("ARRET", channel=Channel.SMS, lang="en").lang == "fr"
    assert read("STOP", channel=Channel.SMS, lang="fr").lang == "fr"
    assert read("12:30", channel=Channel.SMS, lang="nl").lang == "nl"
    assert read("12:30", channel=Channel.SMS).lang is None
