"""What becomes of an answer, from the worker to the ledger, for every error that an API documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.addresses import parse
from handlers.serve import worker
from storage import OutboxItem, OutboxState, Session
from tests.handlers.providers.contract import Case, FakeApi, cases, fake_api
from tests.handlers.providers.test_contract import item_for
from tests.handlers.web_kit import Site, site
from tests.kit import NOW

ERRORS: list[tuple[Case, dict[str, Any]]] = [
    (case, error) for case in cases() for error in case.about["send"]["errors"]
]
LOST: dict[str, Any] = {"means": "unknown", "drop": True}
EVERY = [*ERRORS, *((case, LOST) for case in cases())]
STATES = {
    "blocked": OutboxState.PARKED,
    "refused": OutboxState.PARKED,
    "later": OutboxState.PENDING,
    "unknown": OutboxState.UNKNOWN,
}


def promised(desk: Site, case: Case) -> OutboxItem:
    """A confirmation that waits to be sent through this provider."""
    who = parse(case.about["send"]["person"])
    item = replace(
        item_for(case, who),
        addr=desk.bench.addr(who),
        provider=case.name,
        confirmation=True,
        expires_at=NOW + timedelta(minutes=5),
    )

    def promise(session: Session) -> None:
        session.touch(who, NOW)
        session.promise(item)
        session.save_setting(f"sync.{case.name}.begun", NOW.isoformat())  # nothing else calls

    desk.parts.store.write(promise)
    return item


def scripted(api: FakeApi, error: dict[str, Any]) -> None:
    api.drop = bool(error.get("drop"))
    api.status, api.body = error.get("status", 200), error.get("body", "{}")
    api.headers = {"Retry-After": "7"} if error["means"] == "later" else {}


@pytest.fixture
def settle(tmp_path: Path) -> Callable[[Case, dict[str, Any]], tuple[str, list[str], int]]:
    """Send one confirmation against the error; the state, the ledger's kinds, the calls made."""

    def run(case: Case, error: dict[str, Any]) -> tuple[str, list[str], int]:
        variable = f"HEED_{case.name.upper().replace('-', '_')}_API_URL"
        with fake_api() as api, site(tmp_path, **{**case.env, variable: api.url}) as desk:
            who = parse(case.about["send"]["person"])
            promised(desk, case)
            scripted(api, error)
            outbox = worker(desk.parts)
            outbox.step()
            outbox.step()  # nothing is tried again at once
            (item,) = desk.bench.outbox(who)
            if error["means"] == "later":
                desk.bench.clock.forward(seconds=6)
                outbox.step()
                assert len(api.calls) == 1, "it was to wait seven seconds"
                desk.bench.clock.forward(minutes=1)
                api.status, api.body = (case.about["send"]["taken"][n] for n in ("status", "body"))
                outbox.step()
                (sent,) = desk.bench.outbox(who)
                assert sent.state is OutboxState.SENT
            return item.state, desk.bench.kinds(who), len(api.calls)

    return run


@pytest.mark.parametrize(
    ("case", "error"),
    EVERY,
    ids=[f"{c.name}-{e.get('status', 'lost')}-{e['means']}-{n}" for n, (c, e) in enumerate(EVERY)],
)
def test_every_documented_error_ends_as_it_should(
    settle: Callable[[Case, dict[str, Any]], tuple[str, list[str], int]],
    case: Case,
    error: dict[str, Any],
) -> None:
    state, kinds, calls = settle(case, error)
    assert state == STATES[error["means"]]
    assert kinds == (["provider_block"] if error["means"] == "blocked" else []) + ["answered"]
    assert calls == (2 if error["means"] == "later" else 1)


def test_every_provider_has_a_refusal_a_wait_and_a_failure() -> None:
    for case in cases():
        means = {error["means"] for error in case.about["send"]["errors"]}
        assert {"refused", "later", "unknown"} <= means, case.name
