"""Several accounts at one provider, each with its own secrets, path and way out."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest

from bot.model import CHANNEL_SCOPE, Act, Actor, Recording, Role
from handlers.providers.twilio import sign
from handlers.serve import worker
from handlers.settings import SettingsError
from storage import OutboxState
from tests.handlers.providers.contract import fake_api
from tests.handlers.web_kit import POLICY, PUBLIC, TOKEN, Site, site
from tests.kit import ANN, NOW

MAIN, EU = "AC00000000000000000000000000000001", "AC00000000000000000000000000000002"
ACCOUNTS = f"""{POLICY}
[[accounts]]
provider = "twilio"
name = "eu"

[[senders]]
id = "+447700900199"
channel = "sms"
provider = "twilio/eu"
"""
ENV = {"HEED_TWILIO_EU_ACCOUNT_SID": EU, "HEED_TWILIO_EU_AUTH_TOKEN": "token-of-eu"}


def post(desk: Site, path: str, account: str, token: str, sid: str = "SM1") -> int:
    form = {
        "MessageSid": sid,
        "AccountSid": account,
        "From": "+12025550123",
        "To": "+447700900199",
        "Body": "please stop texting me",
    }
    url = f"{PUBLIC}/webhooks/{path}"
    answer = desk.client.post(
        f"/webhooks/{path}",
        data=urlencode(form),
        headers={"X-Twilio-Signature": sign(token, url, form)},
        content_type="application/x-www-form-urlencoded",
    )
    return answer.status_code


def test_each_account_opens_with_its_own_secret_at_its_own_address(tmp_path: Path) -> None:
    with site(tmp_path, policy=ACCOUNTS, **ENV) as desk:
        assert post(desk, "twilio/eu", EU, TOKEN) == 403
        assert post(desk, "twilio", MAIN, "token-of-eu") == 403
        assert desk.bench.kinds() == []
        assert post(desk, "twilio/eu", EU, "token-of-eu") == 200
        assert post(desk, "twilio", MAIN, TOKEN, "SM2") == 200
        told = [entry.facts["provider"] for entry in desk.bench.history()]
        assert told == ["twilio/eu", "twilio"]


def test_a_message_of_an_unknown_account_is_refused(tmp_path: Path) -> None:
    with site(tmp_path, policy=ACCOUNTS, **ENV) as desk:
        assert post(desk, "twilio/eu", MAIN, "token-of-eu") == 403
        assert post(desk, "twilio", EU, TOKEN) == 403
        assert post(desk, "twilio/us", EU, "token-of-eu") == 404
        assert desk.bench.kinds() == []


def test_what_an_account_heard_is_answered_through_it(tmp_path: Path) -> None:
    recording = Recording(
        act=Act.OPT_OUT,
        address=ANN,
        scope=CHANNEL_SCOPE,
        actor=Actor(name="cli:ops", role=Role.RECORD),
        source="cli",
        event_id="1",
        received_at=NOW,
        recipient="+447700900199",
        confirm=True,
    )
    with fake_api() as api:
        env = {**ENV, "HEED_TWILIO_EU_API_URL": api.url}
        with site(tmp_path, policy=ACCOUNTS, **env) as desk:
            api.status, api.body = 201, '{"sid":"SM9"}'
            desk.parts.desk.receive(recording)
            worker(desk.parts).step()
            (item,) = desk.bench.outbox()
    assert (item.provider, item.state) == ("twilio/eu", OutboxState.SENT)
    ((path, body),) = api.calls
    assert f"/Accounts/{EU}/" in path
    assert urlencode({"StatusCallback": f"{PUBLIC}/webhooks/twilio/eu"}).encode() in body


@pytest.mark.parametrize(
    ("policy", "env", "told"),
    [
        (ACCOUNTS, {}, "twilio/eu, but no HEED_TWILIO_EU_"),
        (ACCOUNTS, {"HEED_TWILIO_EU_ACCOUNT_SID": EU}, "HEED_TWILIO_EU_AUTH_TOKEN is missing"),
        (ACCOUNTS.replace('provider = "twilio"\nname', 'provider = "pigeon"\nname'), {}, "pigeon"),
        (ACCOUNTS.replace('name = "eu"', 'name = "us"'), {}, "no account 'twilio/eu'"),
    ],
)
def test_what_is_wrong_with_an_account_is_a_line(
    tmp_path: Path, policy: str, env: dict[str, str], told: str
) -> None:
    with pytest.raises(SettingsError, match=told), site(tmp_path, policy=policy, **env):
        pass
