"""Who may lift a block over a messaging provider, for every provider there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import addresses
from bot.addresses import parse
from bot.model import CHANNEL_SCOPE, Act, Actor, Address, Recording, Role
from handlers import guide
from handlers.account import Account
from handlers.checking import Question, check
from handlers.ports import RawRequest
from tests.handlers.providers.contract import Case, cases
from tests.handlers.providers.test_contract import post
from tests.handlers.web_kit import Site, site

CASES = cases()
each_provider = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def says(desk: Site, case: Case, text: str, number: str) -> RawRequest:
    said = guide.Said(
        text=text,
        person="+12025550123",
        ours=case.about["send"]["sender"],
        id=number * 32,
        at=desk.bench.clock.now,
    )
    unsigned = guide.message(Account(provider=case.name), desk.parts.settings, said)
    request = case.signed(unsigned, case.about["secret"])
    assert post(desk.client, request).status_code == 200
    return request


def blocked_there(desk: Site, case: Case, who: Address) -> None:
    desk.parts.desk.receive(
        Recording(
            act=Act.PROVIDER_BLOCK,
            address=who,
            scope=CHANNEL_SCOPE,
            actor=Actor(name=f"provider:{case.name}", role=Role.RECORD),
            source=case.name,
            event_id="1",
            received_at=desk.bench.clock.now,
            recipient=case.about["send"]["sender"],
        )
    )


@each_provider
def test_a_start_that_was_captured_and_is_sent_again_lifts_nothing(
    tmp_path: Path, case: Case
) -> None:
    """Also where the provider signs no time: its event id is known for ever."""
    who = parse(case.about["send"]["person"])
    with site(tmp_path, **case.env) as desk:
        says(desk, case, "please stop texting me", "1")
        desk.bench.clock.forward(seconds=30)
        start = says(desk, case, "START", "2")
        assert desk.bench.holds(who) == {}
        desk.bench.clock.forward(seconds=30)
        says(desk, case, "please stop texting me", "3")
        desk.bench.clock.forward(seconds=30)
        assert post(desk.client, start).status_code == 200
        assert desk.bench.holds(who) == {"channel": "stopped"}


@each_provider
def test_free_words_do_not_lift_what_the_provider_goes_on_blocking(
    tmp_path: Path, case: Case
) -> None:
    who = parse(case.about["send"]["person"])
    with site(tmp_path, **case.env) as desk:
        blocked_there(desk, case, who)
        desk.bench.clock.forward(seconds=30)
        says(desk, case, "please start texting me again", "2")
        assert desk.bench.holds(who) == {"channel": "stopped"}
        assert desk.bench.answers(who) == []
        (review,) = desk.parts.store.read(lambda session: session.reviews_of(desk.bench.addr(who)))
        assert review.cause == "blocked_there"
        desk.bench.clock.forward(seconds=30)
        says(desk, case, "START", "3")
        lifted = {} if who.channel == "sms" else {"channel": "stopped"}
        assert desk.bench.holds(who) == lifted


def test_whatsapp_and_texts_of_one_number_are_two_addresses_of_one_contact(
    tmp_path: Path,
) -> None:
    whatsapp = next(case for case in CASES if case.name == "whatsapp")
    texts = addresses.sms("+12025550123")
    with site(tmp_path, **whatsapp.env) as desk:
        says(desk, whatsapp, "please stop", "1")
        assert desk.bench.holds(addresses.whatsapp("12025550123")) == {"channel": "stopped"}
        assert may(desk, texts)  # a stop on one channel is one on that channel
        desk.bench.clock.forward(seconds=30)
        says(desk, whatsapp, "stop everything on every channel", "2")
        assert not may(desk, texts)
        assert may(desk, addresses.sms("+12025550124"))


def may(desk: Site, who: Address) -> bool:
    parts, now = desk.parts, desk.bench.clock.forward(seconds=1)
    question = Question(topic="", program="")
    return check(parts.store, parts.policy, who, question, now).allowed
