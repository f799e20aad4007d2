"""Whatever goes wrong elsewhere, our answers flood nobody: stops count on, unanswered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.model import Address, Channel
from handlers.email.house import mail_desk
from tests.handlers.web_kit import Site, site

FILE = """
mail_answers_an_hour = 5
mail_answers_to_a_domain = 3
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, policy=FILE) as joined:
        yield joined


def says_stop(desk: Site, name: str) -> Address:
    """Each by a desk of its own, as another process has one."""
    raw = f"From: {name}\r\nMessage-ID: <{name}>\r\n\r\nunsubscribe\r\n".encode()
    mail_desk(desk.parts).receive(raw, name, ("news@example.com",), "127.0.0.1", vouched=True)
    who = Address(channel=Channel.EMAIL, value=name)
    assert desk.bench.holds(who) == {"channel": "stopped"}
    return who


def kinds(desk: Site, *names: str) -> list[list[str]]:
    return [[item.kind for item in desk.bench.outbox(says_stop(desk, one))] for one in names]


def test_above_the_ceiling_of_a_domain_a_stop_counts_and_is_not_answered(desk: Site) -> None:
    sent = kinds(desk, *(f"p{number}@example.com" for number in range(5)))
    assert sent == [["opted_out"]] * 3 + [["forward"], []]
    assert kinds(desk, "ann@example.org") == [["opted_out"]]


def test_all_domains_together_have_a_ceiling(desk: Site) -> None:
    sent = kinds(desk, *(f"ann@d{number}.example.com" for number in range(7)))
    assert sent == [["opted_out"]] * 5 + [["forward"], []]


def test_the_people_are_told_why(desk: Site) -> None:
    *_, last = (says_stop(desk, f"p{number}@example.com") for number in range(4))
    (notice,) = desk.bench.outbox(last)
    assert "mail_answers_to_a_domain" in str(notice.payload["text"])


def test_the_next_hour_is_another(desk: Site) -> None:
    kinds(desk, *(f"p{number}@example.com" for number in range(4)))
    desk.bench.clock.forward(hours=1)
    assert kinds(desk, "p9@example.com") == [["opted_out"]]
