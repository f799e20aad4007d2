"""What a customer reads: complete, in their language, short enough, and nothing beside the point."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer_texts import BUILT_IN as TEXTS
from bot.answer_texts import REASON_MENU, AnswerTextError
from bot.model import AnswerKind, Channel, Question, Reason
from bot.segments import Encoding, segments
from bot.wording import BUILT_IN, Rendered, Slots, choose_lang, fits, load_answers, render

LANGUAGES = ("de", "en", "es", "fr", "pt")
CONFIRMATIONS = (
    AnswerKind.OPTED_OUT,
    AnswerKind.OPTED_OUT_ALL,
    AnswerKind.OPTED_OUT_SCOPE,
    AnswerKind.WRONG_NUMBER,
    AnswerKind.ERASURE,
)
ACME = Slots(who="Acme Outdoor Supply", contact="+1 202 555 0100")


def said(
    kind: AnswerKind,
    lang: str = "en",
    channel: Channel = Channel.SMS,
    slots: Slots = ACME,
    question: Question = Question.NONE,
    choices: tuple[str, ...] = (),
) -> Rendered:
    return render(kind, lang=lang, slots=slots, channel=channel, question=question, choices=choices)


def test_the_languages_are_there() -> None:
    assert tuple(BUILT_IN.tables) == LANGUAGES


def test_a_stop_is_confirmed_in_plain_words() -> None:
    assert said(AnswerKind.OPTED_OUT).text == (
        "Acme Outdoor Supply: You are unsubscribed from all text messages and will get no more. "
        "Help: +1 202 555 0100"
    )


@pytest.mark.parametrize(("kind", "lang"), list(product(AnswerKind, LANGUAGES)))
def test_a_text_with_usual_names_is_one_cheap_message(kind: AnswerKind, lang: str) -> None:
    """160 characters: one segment, and the limit on Canadian short codes."""
    answer = said(kind, lang)
    assert answer.segments is not None
    assert answer.segments.encoding is Encoding.GSM7
    assert answer.segments.count == 1


@pytest.mark.parametrize(("kind", "lang"), list(product(AnswerKind, LANGUAGES)))
def test_with_all_that_may_be_added_it_is_at_most_two(kind: AnswerKind, lang: str) -> None:
    slots = Slots(
        who="Acme Outdoor Supply",
        what="Spring offers",
        contact="help@example.com",
        still="Product recalls",
        country="US",
    )
    for question in Question:
        answer = said(kind, lang, slots=slots, question=question, choices=("Offers", ""))
        assert answer.segments is not None
        assert answer.segments.encoding is Encoding.GSM7
        assert answer.segments.count <= 2
        assert answer.question is (question if kind is AnswerKind.OPTED_OUT else answer.question)
        assert "Acme Outdoor Supply" in answer.text
        assert "help@example.com" in answer.text or kind in (AnswerKind.THANKS, AnswerKind.CLARIFY)


@pytest.mark.parametrize(
    ("kind", "lang", "channel"), list(product(CONFIRMATIONS, LANGUAGES, Channel))
)
def test_a_confirmation_says_who_what_and_where_to_get_help(
    kind: AnswerKind, lang: str, channel: Channel
) -> None:
    text = said(kind, lang, channel, Slots(who="Acme", what="Offers", contact="a@example.com")).text
    assert "Acme" in text
    assert "a@example.com" in text
    assert ("Offers" in text) is (kind is not AnswerKind.WRONG_NUMBER)


@pytest.mark.parametrize(("kind", "lang", "channel"), list(product(AnswerKind, LANGUAGES, Channel)))
def test_nothing_is_asked_or_offered_unless_it_should_be(
    kind: AnswerKind, lang: str, channel: Channel
) -> None:
    text = said(kind, lang, channel).text
    assert (set("?¿") & set(text) != set()) is (kind is AnswerKind.CLARIFY)
    assert "!" not in text
    assert "%" not in text
    if channel is Channel.SMS and kind in CONFIRMATIONS:
        assert "START" not in text  # 47 CFR 64.1200(a)(12): it only confirms


@pytest.mark.parametrize(
    ("kind", "lang", "channel"),
    list(
        product(
            (AnswerKind.HELP, AnswerKind.OPTED_IN, AnswerKind.NOT_SUBSCRIBED, AnswerKind.CLARIFY),
            LANGUAGES,
            Channel,
        )
    ),
)
def test_help_and_welcome_name_us_and_the_literal_way_out(
    kind: AnswerKind, lang: str, channel: Channel
) -> None:
    text = said(kind, lang, channel).text
    assert "STOP" in text
    assert "Acme Outdoor Supply" in text


@pytest.mark.parametrize(("kind", "lang"), list(product(AnswerKind, LANGUAGES)))
def test_without_a_help_contact_the_text_is_whole_without_it(kind: AnswerKind, lang: str) -> None:
    for channel in Channel:
        text = said(kind, lang, channel, Slots(who="Acme")).text
        assert not text.rstrip().endswith(":")
        assert not re.search(r"(Help|Ayuda|Aide|Hilfe|Ajuda) ?:", text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_a_narrower_scope_each_channel_says_what_stops(lang: str) -> None:
    texts = {said(AnswerKind.OPTED_OUT, lang, channel).text for channel in Channel}
    assert len(texts) == len(Channel)
    for channel in Channel:
        assert TEXTS[lang]["stopped.all"] in said(AnswerKind.OPTED_OUT_ALL, lang, channel).text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_still_comes_is_said_where_it_is_true(lang: str) -> None:
    slots = Slots(who="Acme", contact="a@example.com", still="Recalls")
    for channel in Channel:
        assert "Recalls" in said(AnswerKind.OPTED_OUT, lang, channel, slots).text
        assert "Recalls" not in said(AnswerKind.HELP, lang, channel, slots).text


def test_us_texts_say_that_rates_may_apply() -> None:
    for country, noted in (("US", True), ("PR", True), ("GB", False), ("", False)):
        slots = Slots(who="Acme", contact="a@example.com", country=country)
        for kind in (AnswerKind.HELP, AnswerKind.OPTED_IN, AnswerKind.NOT_SUBSCRIBED):
            text = said(kind, slots=slots).text
            assert ("Msg & data rates may apply" in text) is noted
        assert "rates" not in said(AnswerKind.OPTED_OUT, slots=slots).text
        assert "rates" not in said(AnswerKind.HELP, channel=Channel.WHATSAPP, slots=slots).text


# --- questions -----------------------------------------------------------------------------------


def test_the_scope_question_numbers_its_choices_and_says_what_silence_means() -> None:
    answer = said(AnswerKind.OPTED_OUT, question=Question.SCOPE, choices=("Offers", ""))
    assert answer.question is Question.SCOPE
    assert answer.text.endswith(
        "To stop only a part, reply with its number: 1 Offers, 2 everything. "
        "No reply: all stays stopped."
    )


def test_the_reason_question_is_optional_and_numbered() -> None:
    answer = said(AnswerKind.OPTED_OUT, question=Question.REASON)
    assert answer.text.endswith(
        "Optional: why? 1 too many messages, 2 not relevant to me, 3 never signed up, "
        "4 no longer a customer, or your own words."
    )
    assert REASON_MENU == (
        Reason.TOO_MANY,
        Reason.NOT_RELEVANT,
        Reason.NEVER_SIGNED_UP,
        Reason.NO_LONGER_CUSTOMER,
    )
    assert BUILT_IN.reasons("de-AT")[0] == "zu viele Nachrichten"


@pytest.mark.parametrize(("lang", "channel"), list(product(LANGUAGES, Channel)))
def test_a_question_is_asked_whole_in_every_language(lang: str, channel: Channel) -> None:
    choices = ("Spring offers", "Surveys", "")
    scope = said(AnswerKind.OPTED_OUT, lang, channel, question=Question.SCOPE, choices=choices)
    reason = said(AnswerKind.OPTED_OUT, lang, channel, question=Question.REASON)
    plain = said(AnswerKind.OPTED_OUT, lang, channel)
    for number, choice in enumerate(
        ("Spring offers", "Surveys", TEXTS[lang]["words.everything"]), 1
    ):
        assert re.search(rf"\b{number}\.? {choice}", scope.text)
    for number in range(1, 5):
        assert re.search(rf"\b{number}\.? \w", reason.text)
    assert scope.question is Question.SCOPE
    assert reason.question is Question.REASON
    assert scope.text.startswith(plain.text)
    assert reason.text.startswith(plain.text)
    assert re.search(r"(?i)option|opcional|facultatif|freiwillig", reason.text[len(plain.text) :])
    assert not re.search(
        r"(?i)option|opcional|facultatif|freiwillig", scope.text[len(plain.text) :]
    )
    assert len({plain.template, scope.template, reason.template}) == 3


@pytest.mark.parametrize("question", [Question.SCOPE, Question.REASON])
@pytest.mark.parametrize("kind", sorted(set(AnswerKind) - set(CONFIRMATIONS[:3])))
def test_no_question_is_put_where_none_belongs(kind: AnswerKind, question: Question) -> None:
    answer = said(kind, question=question, choices=("Offers",))
    assert answer.question is Question.NONE
    assert answer == said(kind)


def test_a_scope_question_without_choices_is_not_asked() -> None:
    assert said(AnswerKind.OPTED_OUT, question=Question.SCOPE).question is Question.NONE


def test_a_question_that_does_not_fit_a_text_is_left_out_and_says_so() -> None:
    choices = tuple(f"A rather long topic number {number}" for number in range(12))
    answer = said(AnswerKind.OPTED_OUT, question=Question.SCOPE, choices=choices)
    assert answer.question is Question.NONE
    assert answer.text == said(AnswerKind.OPTED_OUT).text


# --- limits --------------------------------------------------------------------------------------


def test_a_long_name_is_cut_and_the_contact_is_not() -> None:
    slots = Slots(who="W" * 400, what="Offers", contact="https://example.com/help/" + "x" * 150)
    answer = said(AnswerKind.OPTED_OUT, slots=slots)
    assert answer.segments is not None
    assert answer.segments.count == 2
    assert slots.contact in answer.text


def test_a_contact_that_can_never_fit_is_left_out_rather_than_cut() -> None:
    answer = said(AnswerKind.OPTED_OUT, slots=Slots(who="Acme", contact="9" * 5000))
    assert "9" not in answer.text
    assert answer.template.startswith("opted_out.sms_no_contact/en@")


def test_accents_are_kept_while_they_fit_and_dropped_before_words_are_cut() -> None:
    short = said(AnswerKind.OPTED_OUT, "pt", slots=Slots(who="Acme", what="Promoções"))
    assert "Promoções" in short.text
    long = Slots(
        who="Acme", what="Promoções", contact="https://www.example.com/ajuda/contacto/clientes"
    )
    assert "Promocoes" in said(AnswerKind.OPTED_OUT, "pt", slots=long).text


def test_a_name_is_cut_between_characters_as_people_see_them() -> None:
    family = "👩\u200d👩\u200d👧"
    for lead in range(80):
        who = "x" * lead + family * 30
        text = said(AnswerKind.OPTED_OUT, channel=Channel.WHATSAPP, slots=Slots(who=who)).text
        left = text.partition("messages on WhatsApp. ")[2].partition(" will not")[0]
        assert left.replace(family, "").strip("x") == ""


def test_typographic_quotes_do_not_double_the_price_of_a_text() -> None:
    answer = said(AnswerKind.OPTED_OUT, slots=Slots(who="Acme’s “Club”", contact="a@example.com"))
    assert answer.text.startswith('Acme\'s "Club": ')
    assert answer.segments is not None
    assert answer.segments.encoding is Encoding.GSM7


anything = st.text(max_size=120)
any_slots = st.builds(
    Slots,
    who=anything,
    what=anything,
    contact=st.one_of(st.just(""), anything, st.text(min_size=300, max_size=400)),
    still=anything,
    start_word=anything,
    country=st.sampled_from(["US", "GB", ""]),
)


@given(
    kind=st.sampled_from(AnswerKind),
    lang=st.sampled_from([*LANGUAGES, "xx", ""]),
    channel=st.sampled_from(Channel),
    question=st.sampled_from(Question),
    slots=any_slots,
    choices=st.lists(anything, max_size=6).map(tuple),
)
def test_whatever_fills_it_an_answer_is_whole_and_within_its_limits(
    kind: AnswerKind,
    lang: str,
    channel: Channel,
    question: Question,
    slots: Slots,
    choices: tuple[str, ...],
) -> None:
    answer = said(kind, lang, channel, slots, question, choices)
    assert fits(answer)
    assert answer.segments == (segments(answer.text) if channel is Channel.SMS else None)
    assert answer.segments is None or 1 <= answer.segments.count <= 2
    assert not set("{}") & set(answer.text + answer.subject)
    assert answer.text.replace("\n", "").replace("\u200d", "").replace(
        "\u200c", ""
    ).isprintable() or (
        not answer.text.isascii()  # private and unassigned characters are the company's own
    )
    assert "\n" not in answer.subject
    assert "\r" not in answer.text
    answer.text.encode()
    assert answer.question in (question, Question.NONE)
    assert re.fullmatch(rf"{kind}\.[a-z_]+/{answer.lang}@[0-9a-f]{{8}}", answer.template)


def test_slots_cannot_smuggle_in_lines_slots_or_direction_marks() -> None:
    slots = Slots(who="A{contact}\r\nBcc: x\u202e", contact="{who}{", what="a\x00b\ud800")
    text = said(AnswerKind.OPTED_OUT, channel=Channel.EMAIL, slots=slots).text
    assert "A(contact) Bcc: x will not" in text
    assert text.endswith("Help: (who)(")
    assert "from ab." in text


def test_a_nameless_company_is_still_a_whole_sentence() -> None:
    text = said(AnswerKind.OPTED_OUT, slots=Slots(who=" \u200b")).text
    assert text.startswith("this sender: You are")


# --- languages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "sender", "default", "chosen"),
    [
        ("fr", "de", "es", "fr"),
        (None, "de", "es", "de"),
        ("zh", "de", "es", "de"),
        (None, "", "es", "es"),
        ("pt-BR", "", "en", "pt"),
        ("PT_br", "", "en", "pt"),
        ("zh", "ja", "ko", "en"),
        (None, "", "", "en"),
    ],
)
def test_the_language_of_the_words_comes_before_the_sender_s(
    words: str | None, sender: str, default: str, chosen: str
) -> None:
    assert choose_lang(words, sender, default) == chosen


def test_an_unknown_language_falls_back() -> None:
    answer = render(AnswerKind.HELP, lang="zh", fallback_lang="fr", slots=ACME, channel=Channel.SMS)
    assert answer.lang == "fr"


def test_every_subject_is_a_line_in_its_language() -> None:
    subjects = {
        BUILT_IN.subject(kind, lang=lang, who="Acme") for kind in AnswerKind for lang in LANGUAGES
    }
    assert all(subject and "\n" not in subject for subject in subjects)
    assert BUILT_IN.subject(AnswerKind.OPTED_OUT, lang="de", who="Acme") == (
        "Ihre Abmeldung ist bestätigt"
    )


# --- an operator's own texts ---------------------------------------------------------------------


def test_an_operator_may_word_an_answer_and_its_version_changes() -> None:
    own = load_answers({"en": {"opted_out.sms": "{who}: Stopped {what}. Questions: {contact}"}})
    answer = own.render(AnswerKind.OPTED_OUT, lang="en", slots=ACME, channel=Channel.SMS)
    assert (
        answer.text == "Acme Outdoor Supply: Stopped all text messages. Questions: +1 202 555 0100"
    )
    assert answer.template.startswith("opted_out.sms/en@")
    assert answer.template != said(AnswerKind.OPTED_OUT).template
    assert said(AnswerKind.OPTED_OUT, "fr") == own.render(
        AnswerKind.OPTED_OUT, lang="fr", slots=ACME, channel=Channel.SMS
    )


def test_an_operator_may_word_one_channel_alone() -> None:
    words = "Stopped: {what}. {who}, {contact}"
    own = load_answers(
        {"en": {"opted_out.slack": words, "opted_out.slack_no_contact": "Stopped: {what}. {who}"}}
    )
    answer = own.render(AnswerKind.OPTED_OUT, lang="en", slots=ACME, channel=Channel.SLACK)
    assert answer.text.startswith("Stopped: all optional messages in Slack.")
    assert answer.template.startswith("opted_out.slack/en@")


def test_the_same_text_has_the_same_version_whoever_reads_it() -> None:
    other = Slots(who="Other", contact="b@example.com")
    assert said(AnswerKind.OPTED_OUT).template == said(AnswerKind.OPTED_OUT, slots=other).template


@pytest.mark.parametrize(
    ("key", "text", "complaint"),
    [
        ("opted_out.sms", "{who} stopped {what}.", "lacks {contact}"),
        ("opted_out.sms", "Stopped. Help: {contact}", "lacks {who} and {what}"),
        ("opted_out_all.email", "Bye", "lacks {who} and {what} and {contact}"),
        ("opted_out.sms_no_contact", "{who} {what} {contact}", "slot {contact}"),
        ("help.sms", "{who} {contact}", "lacks STOP"),
        ("clarify.sms", "{who}: Reply STOP?", "lacks {start_word}"),
        ("wrong_number.sms", "{who} {contact}: sorry, {what}", "slot {what}"),
        ("opted_out.sms", "{who} {what} {contact} {name}", "slot {name}"),
        ("opted_out.sms", "{who} {what} {contact} {who.__class__}", "brace"),
        ("opted_out.sms", "{who} {what} {contact} {0}", "brace"),
        ("opted_out.sms", "{who} {what} {contact} {{", "brace"),
        ("opted_out.sms", "{who} {what} {contact}\x07", "control"),
        ("opted_out.subject", "Stopped\nBcc: x", "control"),
        ("opted_out.subject", "", "empty"),
        ("parts.still", "Still something", "lacks {still}"),
        ("opted_out.sms", "{who} {what} {contact} " + "x" * 290, "too long for sms"),
        ("opted_out.text", "{who} {what} {contact} " + "x" * 3000, "too long for whatsapp"),
        ("opted_out.sms_no_contact", "{who} {what} " + "x" * 290, "too long for sms"),
        ("opted_out.fax", "x", "no such text"),
        ("opted_aut.sms", "x", "no such text"),
        ("parts.joke", "x", "no such text"),
        ("opted_out", "x", "no such text"),
    ],
)
def test_a_text_that_says_too_little_is_refused_by_name(
    key: str, text: str, complaint: str
) -> None:
    with pytest.raises(AnswerTextError) as caught:
        load_answers({"en": {key: text}}, source="heed.toml")
    assert str(caught.value).startswith(f"heed.toml: en: {key}: ")
    assert complaint in str(caught.value)


def test_a_channel_text_needs_its_twin_without_contact() -> None:
    with pytest.raises(AnswerTextError, match=r"opted_out\.slack_no_contact: the text is missing"):
        load_answers({"en": {"opted_out.slack": "{who} {what} {contact}"}})


def test_a_language_of_the_operator_s_own_must_be_complete() -> None:
    with pytest.raises(AnswerTextError, match=r"it: words\.who: the text is missing"):
        load_answers({"it": {"help.sms": "{who}: STOP. {contact}"}})
    italian = load_answers({"it": {**TEXTS["en"], "words.who": "questo mittente"}})
    answer = italian.render(
        AnswerKind.OPTED_OUT, lang="it-CH", slots=Slots(who=""), channel=Channel.SMS
    )
    assert answer.lang == "it"
    assert answer.text.startswith("questo mittente: ")


def test_texts_in_another_script_work_too() -> None:
    own = load_answers(
        {
            "en": {
                "opted_out.sms": "【{who}】您已退订{what}。帮助：{contact}",
                "opted_out.sms_no_contact": "【{who}】您已退订{what}。",
            }
        }
    )
    answer = own.render(
        AnswerKind.OPTED_OUT,
        lang="en",
        slots=Slots(who="北京户外用品", what="短信", contact="+1 202 555 0100"),
        channel=Channel.SMS,
    )
    assert answer.text == "【北京户外用品】您已退订短信。帮助：+1 202 555 0100"
    assert answer.segments is not None
    assert answer.segments.count == 1
