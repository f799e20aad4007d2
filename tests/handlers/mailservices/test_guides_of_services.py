"""What an operator is told of every mail service, and what `heed simulate` says for it."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

import pytest

from bot.model import Address, Channel
from handlers import guide, mailservices
from handlers.account import Account
from handlers.mail_service import MailEvent, ReceivedMail
from handlers.ports import Unverified
from tests.handlers.mailservices.contract import Case, cases, desk_for, post
from tests.handlers.web_kit import PUBLIC
from tests.kit import NOW

CASES = cases()
each_service = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
WORDS = 'pls "stop" \\ this & that = 退订 🛑 $5 {x}'
SAID = guide.Said(
    text=WORDS, person="ana@reader.example.org", ours="news@example.com", id="0a" * 16, at=NOW
)


def test_every_service_has_fixtures_and_a_guide() -> None:
    assert [case.name for case in CASES] == mailservices.names()
    assert all(guide.guide_of(name).connect.steps for name in mailservices.names())


@each_service
def test_what_is_to_be_set_and_where_is_told(tmp_path: Path, case: Case) -> None:
    account = Account(provider=case.name)
    with desk_for(tmp_path, case) as desk:
        settings = desk.parts.settings
        assert guide.missing(account, settings) == []
        told = "\n".join(guide.instructions(account, settings))
        assert f"{PUBLIC}/webhooks/{case.name}" in told
        without = settings.model_copy(update={"env": {}})
        assert set(guide.missing(account, without)) <= set(case.about["env"])
        assert "MISSING" in "\n".join(guide.instructions(account, without))


@each_service
def test_a_simulated_mail_is_the_services_own_to_the_desk(tmp_path: Path, case: Case) -> None:
    account = Account(provider=case.name)
    with desk_for(tmp_path, case) as desk:
        service, settings = desk.parts.mail_services[case.name], desk.parts.settings
        secret = guide.secret(account, settings)
        assert bool(secret) != hasattr(mailservices.module_of(case.name), "make_key")
        unsigned = guide.message(account, settings, SAID)
        with pytest.raises(Unverified):
            service.verify(unsigned)
        request = case.signed(unsigned, secret or case.about["secret"])
        service.verify(request)
        (told,) = service.parse(request)
        if isinstance(told, ReceivedMail):
            mail = email.message_from_bytes(told.raw, policy=email.policy.default)
            assert mail.get_content().strip() == WORDS
            assert (told.mail_from, told.recipients) == (SAID.person, (SAID.ours,))
        else:
            assert isinstance(told, MailEvent)
            assert guide.guide_of(case.name).simulate.wordless
            assert told.address == SAID.person
        assert post(desk.client, request).status_code == 200
        assert desk.bench.history(Address(channel=Channel.EMAIL, value=SAID.person))


@each_service
def test_a_service_that_keeps_its_key_has_a_way_to_make_one_for_a_test(
    tmp_path: Path, case: Case
) -> None:
    account = Account(provider=case.name)
    make = getattr(mailservices.module_of(case.name), "make_key", None)
    if make is None:
        return
    variables = make(tmp_path / "keys", account, NOW)
    (key,) = (tmp_path / "keys").glob("*.key")
    assert key.stat().st_mode & 0o077 == 0
    with desk_for(tmp_path, case, **variables) as desk:
        unsigned = guide.message(account, desk.parts.settings, SAID)
        service = desk.parts.mail_services[case.name]
        service.verify(case.signed(unsigned, key.read_text().strip()))
        with pytest.raises(Unverified):
            service.verify(case.signed(unsigned, case.about["secret"]))
