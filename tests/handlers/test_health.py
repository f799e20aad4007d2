"""What an operator looks at: alive, ready, and what waits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import Store, StoreUnavailable
from tests.handlers.web_kit import Site, site
from tests.kit import mail, sms


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as joined:
        yield joined


def test_what_waits_and_what_was_parked_is_counted(desk: Site) -> None:
    desk.bench.hears(sms("no"))
    desk.bench.hears(mail("please unsubscribe me"))
    text = desk.client.get("/metrics").text
    assert 'heed_outbox{state="pending"} 2.0' in text  # the unclear text, to people; the answer
    assert 'heed_outbox{state="parked"} 0.0' in text
    assert "heed_reviews_open 1.0" in text
    assert "example.com" not in text


def test_it_is_alive_while_its_store_is_away_but_not_ready(
    desk: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_store: Store) -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(Store, "ping", away)
    assert desk.client.get("/healthz").status_code == 200
    assert desk.client.get("/readyz").status_code == 503
