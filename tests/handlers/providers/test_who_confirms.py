"""A person who says stop hears it confirmed once: not twice, and not never.

The worlds below are written from the providers' documents and know nothing of Heed's own table: a
provider or a network answers these words on these numbers, with or without telling us.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.confirming import answered_elsewhere, confirmed_by, number_type
from bot.decide import decide_message
from bot.decide.answers import Voice
from bot.model import Channel, InboundMessage, ProviderIntent, Standing
from bot.policy import ConfirmedBy, NumberType, Policy, Sender, sender_key
from bot.reading import read
from bot.wording import load_answers
from handlers import guide, providers
from handlers.account import Account
from handlers.parts import Parts
from handlers.policy_file import load_policy
from tests.handlers.providers.contract import Case, cases
from tests.handlers.web_kit import site
from tests.kit import NOW, sms

ANSWERS = load_answers()
NUMBERS = {
    NumberType.LONG_CODE: "+12025550199",
    NumberType.TOLL_FREE: "+18005550199",
    NumberType.SHORT_CODE: "24680",
}
TWILIO = frozenset(["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"])
AWS = frozenset(
    ["arret", "cancel", "end", "opt-out", "optout", "quit", "remove", "stop", "td", "unsubscribe"]
)
PLIVO = frozenset(["stop", "end", "quit", "cancel", "unsubscribe", "unsub"]) | {"stop all"}
TELNYX = frozenset(["stop", "stopall", "unsubscribe", "cancel", "end", "quit"]) | {"stop all"}
FREE = ("pls take me off this list", "stop texting me", "no more of this please", "退订")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is answered without us. `flagged`: the provider says so with the message."""

    words: frozenset[str] = frozenset()
    begins: bool = False
    flagged: bool = False

    def answers(self, text: str) -> bool:
        said = text.strip().casefold()
        if self.begins:
            return said.startswith(tuple(self.words))
        return said in self.words


NETWORK = World(words=frozenset({"stop"}))
LONG, FREE_CALL, SHORT = NumberType.LONG_CODE, NumberType.TOLL_FREE, NumberType.SHORT_CODE
WORLDS: dict[tuple[str, NumberType], World] = {
    ("twilio", LONG): World(words=TWILIO),
    ("twilio", FREE_CALL): World(words=TWILIO),
    ("telnyx", LONG): World(words=TELNYX, flagged=True),
    ("telnyx", FREE_CALL): World(words=TELNYX, flagged=True),
    ("telnyx", SHORT): World(words=TELNYX, flagged=True),
    ("plivo", LONG): World(words=PLIVO, flagged=True),
    ("plivo", FREE_CALL): World(words=PLIVO, flagged=True),
    ("aws-sns", LONG): World(words=AWS, begins=True),
    ("aws-sns", FREE_CALL): NETWORK,
    ("aws-sns", SHORT): World(words=AWS, begins=True),
    **{(name, FREE_CALL): NETWORK for name in ("vonage", "infobip", "sinch", "bandwidth", "bird")},
}
# Bird's channel ids and WhatsApp's phone number ids are no numbers: the operator says the type.
EVERYWHERE = [(case, kind) for case in cases() if case.name != "whatsapp" for kind in NumberType]


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Parts]:
    """Each provider as configured; parsing needs no database afterwards."""
    found = {}
    for case in cases():
        with site(tmp_path_factory.mktemp("desk"), **case.env) as desk:
            found[case.name] = desk.parts
    return found


def heard(case: Case, parts: Parts, kind: NumberType, text: str, world: World) -> InboundMessage:
    said = guide.Said(text=text, person="+12025550123", ours=NUMBERS[kind], id="1", at=NOW)
    unsigned = guide.message(Account(provider=case.name), parts.settings, said)
    (message,) = parts.providers[case.name].parse(unsigned)
    assert isinstance(message, InboundMessage)
    if world.flagged and world.answers(text):
        return replace(message, provider_intent=ProviderIntent.STOP, provider_replied=True)
    return message


@pytest.mark.parametrize(
    ("case", "kind"), EVERYWHERE, ids=[f"{case.name}-{kind}" for case, kind in EVERYWHERE]
)
def test_exactly_one_confirms(
    desks: dict[str, Parts], tmp_path: Path, case: Case, kind: NumberType
) -> None:
    world = WORLDS.get((case.name, kind), World())
    sender = Sender(id=NUMBERS[kind], channel=Channel.SMS, program="default", provider=case.name)
    policy = replace(
        load_policy(tmp_path / "none.toml").policy,
        senders={sender_key(Channel.SMS, sender.id): sender},
    )
    voice = Voice(policy=policy, answers=ANSWERS)
    words = sorted(TWILIO | AWS | PLIVO | TELNYX)
    spelled = st.sampled_from(words).flatmap(
        lambda word: st.sampled_from(
            [word, word.upper(), word.title(), f" {word} ", f"{word} please", f"{word}!"]
        )
    )

    @given(text=st.one_of(spelled, st.sampled_from(FREE)))
    def confirmed_once(text: str) -> None:
        message = heard(case, desks[case.name], kind, text, world)
        reading = read(text, channel=Channel.SMS)
        decision = decide_message(message, reading, Standing(), voice, NOW)
        if decision.outcome != "opted_out":
            return  # not a stop to us; a person decides, and the world's own answer is no double
        assert (decision.answer is not None) is not world.answers(text)

    confirmed_once()


def test_free_words_are_confirmed_whatever_the_profile_but_two() -> None:
    by_all = {by for by in ConfirmedBy if answered_elsewhere(sms("pls take me off"), by)}
    assert by_all == {ConfirmedBy.PROVIDER, ConfirmedBy.NOBODY}
    by_word = {by for by in ConfirmedBy if answered_elsewhere(sms("Stop"), by)}
    assert by_word == {
        *(ConfirmedBy.PROVIDER, ConfirmedBy.NOBODY),
        *(ConfirmedBy.NETWORK, ConfirmedBy.CARRIER),
    }


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("+12025550199", LONG),
        ("+18335550199", FREE_CALL),
        ("+18885550199", FREE_CALL),
        ("+448005550199", LONG),
        ("24680", SHORT),
        ("727272", SHORT),
        ("ACME", LONG),
        ("", LONG),
    ],
)
def test_what_kind_a_number_is(number: str, kind: NumberType) -> None:
    assert number_type(number) is kind


def test_the_operators_word_outranks_the_document_and_whatsapp_is_no_network() -> None:
    policy = Policy(confirms=guide.confirmers())
    us = Sender(id="+18005550199", channel=Channel.SMS, program="default")
    assert confirmed_by(us, "bandwidth", policy) is ConfirmedBy.NETWORK
    assert confirmed_by(us, "bandwidth/eu", policy) is ConfirmedBy.NETWORK
    assert confirmed_by(us, "pigeon", policy) is ConfirmedBy.HEED
    own = replace(us, confirmed_by=ConfirmedBy.NOBODY)
    assert confirmed_by(own, "bandwidth", policy) is ConfirmedBy.NOBODY
    known = replace(us, id="a-channel-id", number_type=FREE_CALL)
    assert confirmed_by(known, "bird", policy) is ConfirmedBy.NETWORK
    assert confirmed_by(replace(us, channel=Channel.WHATSAPP), "twilio", policy) is ConfirmedBy.HEED


def test_the_table_in_the_documents_is_the_one_that_is_used() -> None:
    text = Path("docs/providers.md").read_text("utf-8")
    rows = re.findall(r"^\| ([\w-]+) \| (\w+) \| (\w+) \| (\w+) \| .+ \|$", text, re.MULTILINE)
    table = {
        (name, kind): ConfirmedBy(by)
        for name, *told in rows
        if name in providers.names()
        for kind, by in zip(NumberType, told, strict=True)
    }
    assert table == guide.confirmers()
