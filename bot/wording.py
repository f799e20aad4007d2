"""What Heed says: one text for each answer, in the person's language, within the channel's limits.

Texts are data (`bot/data/answers`); here they are chosen, filled and fitted. They come out as
plain text: a channel with markup of its own escapes them on the way out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from bot import answer_texts
from bot.answer_texts import NO_CONTACT, REASON_MENU, SLOT, AnswerTextError, Table
from bot.model import AnswerKind, Channel, Question
from bot.one_line import clean, cut
from bot.segments import Segments, only_gsm7, segments, to_gsm7

SMS_SEGMENTS = 2
TEXT_MAX = 3000  # characters, on every other channel: Slack's limit for one section, the smallest

_ENGLISH = "en"
_WORD_MAX = 10  # characters; no keyword is longer, and it cannot be cut
_US = frozenset({"US", "PR", "VI", "GU", "AS", "MP"})
_RATES = frozenset({AnswerKind.HELP, AnswerKind.NOT_SUBSCRIBED, AnswerKind.OPTED_IN})
_STARTS = frozenset({AnswerKind.OPTED_IN})
_STILL = frozenset(
    {
        AnswerKind.OPTED_OUT,
        AnswerKind.OPTED_OUT_ALL,
        AnswerKind.WRONG_NUMBER,
        AnswerKind.ERASURE,
    }
)
_ASKS = {
    Question.NONE: frozenset[AnswerKind](),
    Question.SCOPE: frozenset({AnswerKind.OPTED_OUT}),
    Question.REASON: frozenset(
        {AnswerKind.OPTED_OUT, AnswerKind.OPTED_OUT_ALL, AnswerKind.OPTED_OUT_SCOPE}
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """What fills a text. Any text will do: it is put on one line, without braces.

    who: the company or program. what: the topic or program that stops or starts; empty for all
    of the channel (of every channel for `opted_out_all`), in the answer's language. contact: a
    phone number, mail or page; empty where there is none. still: the required notices that come
    nevertheless. country: ISO 3166, for the note on rates that US carriers want.
    """

    who: str
    what: str = ""
    contact: str = ""
    still: str = ""
    start_word: str = "START"
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """`question` is the one that the text really asks; `segments` only on sms.

    `template` is name and version of the text: `opted_out.sms/en@1f0c9a2b`.
    """

    text: str
    subject: str
    lang: str
    template: str
    question: Question
    segments: Segments | None
    choices: tuple[str, ...] = ()  # what the question offers, as numbered in the text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """How far a text is cut down: lengths of slots in characters, and what is left out."""

    who: int = 80
    rest: int = 200
    letters: bool = False  # drop accents that GSM-7 lacks
    alphabet: bool = False  # drop all that GSM-7 lacks from the slots
    question: bool = True
    contact: bool = True
    rates: bool = True


_FITS = (
    _Fit(),
    _Fit(letters=True),
    _Fit(letters=True, who=40, rest=60),
    _Fit(letters=True, who=24, rest=40),
    _Fit(letters=True, who=16, rest=24),
    _Fit(letters=True, who=40, rest=60, question=False),
    _Fit(letters=True, who=12, rest=16, question=False),
    _Fit(letters=True, who=12, rest=16, question=False, rates=False),
    _Fit(letters=True, who=12, rest=16, question=False, rates=False, contact=False),
    _Fit(alphabet=True, who=24, rest=40, question=False, rates=False),
    _Fit(alphabet=True, who=12, rest=16, question=False, rates=False, contact=False),
)
"""In order. `load_answers` sees that the last always fits, the one before it with usual names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The texts by language; made by `load_answers`."""

    tables: Mapping[str, Table]

    def render(
        self,
        kind: AnswerKind,
        *,
        lang: str,
        slots: Slots,
        channel: Channel,
        fallback_lang: str = _ENGLISH,
        question: Question = Question.NONE,
        choices: tuple[str, ...] = (),
    ) -> Rendered:
        """The answer as it is sent.

        `lang` is its language; `fallback_lang`, then English, where there are no texts in it. The
        `question` is put only where it belongs (after an opt-out) and where it fits. `choices` are
        what the one about scope offers, numbered from 1; an empty one is "everything".
        """
        lang = choose_lang(lang, "", fallback_lang, self)
        if kind not in _ASKS[question] or (question is Question.SCOPE and not choices):
            question = Question.NONE
        work = _Work(
            table=self.tables[lang],
            lang=lang,
            kind=kind,
            channel=channel,
            slots=slots,
            question=question,
            choices=choices,
        )
        drafts = (work.draft(fit) for fit in _FITS)
        return next((draft for draft in drafts if fits(draft)), work.draft(_FITS[-1]))

    def subject(self, kind: AnswerKind, *, lang: str, who: str) -> str:
        """The subject of a mail that answers no mail."""
        lang = choose_lang(lang, "", _ENGLISH, self)
        return _fill(self.tables[lang][f"{kind}.subject"], {"who": cut(clean(who), _FITS[0].who)})

    def reasons(self, lang: str) -> tuple[str, ...]:
        """The reasons to choose from, in the order of `REASON_MENU`."""
        table = self.tables[choose_lang(lang, "", _ENGLISH, self)]
        return tuple(table[f"reasons.{reason}"] for reason in REASON_MENU)


def load_answers(
    overrides: Mapping[str, Table] | None = None, *, source: str = "answers"
) -> Answers:
    """Our texts, with an operator's own in their place: `{"en": {"opted_out.sms": "..."}}`.

    Raises:
        AnswerTextError: a text is missing, lacks what it must say, or can never fit its channel.
            The message names `source`, language and key.
    """
    answers = Answers(tables=answer_texts.tables(overrides or {}, source=source))
    wide = "€" * 16  # two septets each
    widest = Slots(who=wide, what=wide, contact="x" * 24, still=wide, start_word=wide[:_WORD_MAX])
    for lang, kind, channel in product(answers.tables, AnswerKind, Channel):
        work = _Work(
            kind=kind, channel=channel, lang=lang, table=answers.tables[lang], slots=widest
        )
        for draft in (work.draft(fit) for fit in _FITS[-2:]):  # with the contact and without it
            if not fits(draft):
                key = draft.template.partition("/")[0]
                raise AnswerTextError(f"{source}: {lang}: {key}: is too long for {channel}")
    return answers


def choose_lang(
    words_lang: str | None, sender_lang: str, default: str, answers: Answers | None = None
) -> str:
    """The first of the three that there are texts in (`pt-BR` counts as `pt`), else English."""
    available = (answers or BUILT_IN).tables
    for wanted in (words_lang, sender_lang, default):
        lang = (wanted or "").replace("_", "-").casefold()
        for one in (lang, lang.partition("-")[0]):
            if one in available:
                return one
    return _ENGLISH


def fits(rendered: Rendered) -> bool:
    """Whether it is within the limit of its channel."""
    if rendered.segments is not None:
        return rendered.segments.count <= SMS_SEGMENTS
    return len(rendered.text) <= TEXT_MAX


# --- one answer ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One answer to be written, before it is known how far it must be cut down."""

    table: Table
    lang: str
    kind: AnswerKind
    channel: Channel
    slots: Slots
    question: Question = Question.NONE
    choices: tuple[str, ...] = ()

    def draft(self, fit: _Fit) -> Rendered:
        question = self.question if fit.question else Question.NONE
        values = self._values(fit)
        key = self._key(contact=bool(values["contact"]))
        template = self._break.join([self.table[key], *self._parts(fit, values, question)])
        text = _fill(template, values)
        if self.channel is Channel.SMS:
            text = to_gsm7(text, letters=fit.letters)
        version = hashlib.sha256(template.encode()).hexdigest()[:8]
        return Rendered(
            text=text,
            subject=_fill(self.table[f"{self.kind}.subject"], values),
            lang=self.lang,
            template=f"{key}/{self.lang}@{version}",
            question=question,
            segments=segments(text) if self.channel is Channel.SMS else None,
            choices=self._menu(question, fit),
        )

    @property
    def _break(self) -> str:
        return "\n" if self.channel is Channel.SMS else "\n\n"

    def _key(self, *, contact: bool) -> str:
        own = f"{self.kind}.{self.channel.value}"
        key = own if own in self.table else f"{self.kind}.text"
        needs = "{contact}" in self.table[key]
        return f"{key}{NO_CONTACT}" if needs and not contact else key

    def _parts(self, fit: _Fit, values: Mapping[str, str], question: Question) -> Iterator[str]:
        sms = self.channel is Channel.SMS
        if values["still"] and self.kind in _STILL:
            yield self._said("parts.still")
        if sms and fit.rates and self.kind in _RATES and self.slots.country.upper() in _US:
            yield self._said("parts.rates")
        if question is Question.SCOPE:
            yield self._said("parts.scope")
        if question is Question.REASON:
            yield self._said("parts.reason")

    def _values(self, fit: _Fit) -> dict[str, str]:
        when = "started" if self.kind in _STARTS else "stopped"
        place = "all" if self.kind is AnswerKind.OPTED_OUT_ALL else self.channel.value
        word = self._line(self.slots.start_word, fit)
        return {
            "who": self._line(self.slots.who, fit, fit.who) or self._said("words.who"),
            "what": self._line(self.slots.what, fit, fit.rest) or self._said(f"{when}.{place}"),
            "contact": self._line(self.slots.contact, fit) if fit.contact else "",
            "still": self._line(self.slots.still, fit, fit.rest),
            "start_word": word if 0 < len(word) <= _WORD_MAX else "START",
            "choices": self._numbered(self._menu(self.question, fit)),
        }

    def _menu(self, question: Question, fit: _Fit) -> tuple[str, ...]:
        if question is Question.REASON:
            return tuple(self._said(f"reasons.{reason}") for reason in REASON_MENU)
        if question is Question.NONE:
            return ()
        everything = self._said("words.everything")
        return tuple(self._line(one, fit, fit.rest) or everything for one in self.choices)

    @staticmethod
    def _line(text: str, fit: _Fit, size: int | None = None) -> str:
        line = clean(text)
        if fit.alphabet:
            line = only_gsm7(line)
        return line if size is None else cut(line, size)

    def _numbered(self, choices: tuple[str, ...]) -> str:
        """`1 offers, 2 surveys` on sms, a line each elsewhere."""
        if self.channel is Channel.SMS:
            return ", ".join(f"{number} {one}" for number, one in enumerate(choices, 1))
        return "\n".join(f"{number}. {one}" for number, one in enumerate(choices, 1))

    def _said(self, key: str) -> str:
        if self.channel is Channel.SMS:
            return self.table.get(f"{key}_sms", self.table[key])
        return self.table[key]


def _fill(template: str, values: Mapping[str, str]) -> str:
    return SLOT.sub(lambda slot: values[slot[1]], template)


BUILT_IN = load_answers()
render = BUILT_IN.render
