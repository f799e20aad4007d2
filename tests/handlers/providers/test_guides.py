"""What an operator is told, and what `heed simulate` says, for every provider there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.model import InboundMessage
from handlers import guide, providers
from handlers.account import Account
from handlers.ports import Unverified
from tests.handlers.providers.contract import Case, cases
from tests.handlers.web_kit import PUBLIC, site
from tests.kit import NOW

CASES = cases()
each_provider = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
WORDS = 'pls "stop" \\ this & that = 退订 🛑 $5 {x}'


def said(case: Case, text: str = WORDS) -> guide.Said:
    return guide.Said(
        text=text, person="+12025550123", ours=case.about["send"]["sender"], id="0a" * 16, at=NOW
    )


def test_every_provider_has_fixtures_and_a_guide() -> None:
    assert [case.name for case in CASES] == providers.names()
    assert all(guide.guide_of(name).connect.steps for name in providers.names())


@each_provider
def test_what_is_to_be_set_and_where_is_told(tmp_path: Path, case: Case) -> None:
    account = Account(provider=case.name)
    with site(tmp_path, **case.env) as desk:
        settings = desk.parts.settings
        assert guide.missing(account, settings) == []
        told = "\n".join(guide.instructions(account, settings))
        assert f"{PUBLIC}/webhooks/{case.name}" in told
        assert set(case.about["env"]) <= {word for word in told.split() if word.isupper()}
        without = settings.model_copy(update={"env": {}})
        assert set(guide.missing(account, without)) == set(case.about["env"])
        assert "MISSING" in "\n".join(guide.instructions(account, without))


@each_provider
def test_a_simulated_message_is_the_providers_own_to_the_desk(tmp_path: Path, case: Case) -> None:
    account = Account(provider=case.name)
    with site(tmp_path, **case.env) as desk:
        provider, settings = desk.parts.providers[case.name], desk.parts.settings
        secret = guide.secret(account, settings) or case.about["secret"]
        unsigned = guide.message(account, settings, said(case))
        with pytest.raises(Unverified):
            provider.verify(unsigned)
        request = case.signed(unsigned, secret)
        provider.verify(request)
        (heard,) = provider.parse(request)
    assert isinstance(heard, InboundMessage)
    assert (heard.text, heard.address.value) == (WORDS, "+12025550123")
    assert heard.recipient == case.about["send"]["sender"]
    assert "0a" * 16 in heard.event_id


@each_provider
def test_a_provider_that_keeps_its_key_has_a_way_to_make_one_for_a_test(
    tmp_path: Path, case: Case
) -> None:
    account = Account(provider=case.name)
    module = providers.module_of(case.name)
    with site(tmp_path, **case.env) as desk:
        if guide.secret(account, desk.parts.settings):
            assert not hasattr(module, "make_key")
            return
    variables = module.make_key(tmp_path / "keys", account, NOW)
    (key,) = (tmp_path / "keys").glob("*.key")
    assert key.stat().st_mode & 0o077 == 0
    (tmp_path / "other").mkdir()
    with site(tmp_path / "other", **{**case.env, **variables}) as desk:
        unsigned = guide.message(account, desk.parts.settings, said(case))
        provider = desk.parts.providers[case.name]
        provider.verify(case.signed(unsigned, key.read_text().strip()))
        with pytest.raises(Unverified):
            provider.verify(case.signed(unsigned, case.about["secret"]))
