"""Whoever forges mails from many people cannot clear a list: held, told once, taken back at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import NotAllowed
from bot.model import Actor, Address, Channel, Role
from handlers.email.flood import TOTAL, Flood, source_of
from handlers.email.house import mail_desk
from handlers.email.receive import MailDesk
from handlers.reverting import batches, revert
from handlers.serve import worker
from tests.handlers.web_kit import Site, site
from tests.kit import NOW

CAP = 3
ADMIN = Actor(name="cli:ops", role=Role.ADMIN)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, HEED_MAIL_UNVERIFIED_PER_HOUR=str(CAP)) as joined:
        yield joined


def person(number: int) -> Address:
    return Address(channel=Channel.EMAIL, value=f"p{number}@example.com")


def forged(post: MailDesk, number: int, *, peer: str = "192.0.2.1", words: str = "stop") -> str:
    raw = (
        f"From: {person(number).value}\r\nSubject: x\r\nMessage-ID: <{number}@e>\r\n\r\n{words}\r\n"
    )
    return post.receive(raw.encode(), person(number).value, ("news@example.com",), peer).outcome


def holds(desk: Site, *numbers: int) -> list[dict[str, str]]:
    return [desk.bench.holds(person(number)) for number in numbers]


def test_above_the_limit_a_stop_is_held_and_the_people_are_told_once(desk: Site) -> None:
    post = mail_desk(desk.parts)
    outcomes = [forged(post, number) for number in range(CAP + 4)]
    assert outcomes == ["opted_out"] * CAP + ["held"] * 4
    told = [
        item
        for number in range(CAP + 4)
        for item in desk.bench.outbox(person(number))
        if item.kind == "forward"
    ]
    assert len(told) == 1
    (batch,) = batches(desk.parts)
    assert f"heed revert {batch}" in str(told[0].payload["text"])
    assert batches(desk.parts)[batch] == CAP + 4


def test_the_next_hour_and_another_source_start_anew(desk: Site) -> None:
    post = mail_desk(desk.parts)
    for number in range(CAP + 1):
        forged(post, number)
    assert forged(post, 10, peer="198.51.100.1") == "opted_out"
    assert forged(post, 11, peer="192.0.2.77") == "held"  # a neighbour of the first
    desk.bench.clock.forward(hours=1)
    assert forged(post, 12) == "opted_out"
    assert len(batches(desk.parts)) == 3


def test_words_that_stop_nothing_count_for_nothing(desk: Site) -> None:
    post = mail_desk(desk.parts)
    for number in range(CAP * 2):
        forged(post, number, words="When do you open on Sunday?")
    assert forged(post, 50) == "opted_out"


def test_a_batch_is_taken_back_as_a_whole(desk: Site) -> None:
    post = mail_desk(desk.parts)
    for number in range(CAP + 2):
        forged(post, number)
    (batch,) = batches(desk.parts)
    done = revert(desk.parts, batch, ADMIN)
    assert (done.found, done.reverted) == (CAP + 2, CAP + 2)
    assert holds(desk, *range(CAP + 2)) == [{}] * (CAP + 2)
    assert desk.bench.kinds(person(0)) == ["opted_out", "reverted"]
    assert revert(desk.parts, batch, ADMIN).reverted == 0


def test_what_the_clock_made_of_a_hold_is_taken_back_too(desk: Site) -> None:
    post = mail_desk(desk.parts)
    for number in range(CAP + 1):
        forged(post, number)
    desk.bench.clock.forward(days=2)
    worker(desk.parts).let_clocks_run()
    assert holds(desk, CAP) == [{"channel": "stopped"}]
    (batch,) = batches(desk.parts)
    revert(desk.parts, batch, ADMIN)
    assert holds(desk, CAP) == [{}]


def test_a_stop_that_was_said_again_stands(desk: Site) -> None:
    post = mail_desk(desk.parts)
    forged(post, 0)
    (batch,) = batches(desk.parts)
    desk.bench.clock.now += timedelta(minutes=1)
    raw = b"From: p0@example.com\r\nMessage-ID: <again@e>\r\n\r\nunsubscribe\r\n"
    post.receive(raw, "p0@example.com", ("news@example.com",), "203.0.113.9", vouched=True)
    assert revert(desk.parts, batch, ADMIN).reverted == 0
    assert holds(desk, 0) == [{"channel": "stopped"}]


def test_only_an_admin_reverts(desk: Site) -> None:
    with pytest.raises(NotAllowed):
        revert(desk.parts, "2026112512-abcdefgh", Actor(name="api:crm", role=Role.RECORD))


def test_programs_revert_with_an_admins_key(desk: Site) -> None:
    forged(mail_desk(desk.parts), 0)
    (batch,) = batches(desk.parts)
    asked = {"batch": batch}
    for key, status in (("record-key", 403), ("admin-key", 200)):
        answer = desk.client.post(
            "/v1/reverts", json=asked, headers={"Authorization": f"Bearer {key}"}
        )
        assert answer.status_code == status
    assert answer.json == {"found": 1, "reverted": 1}
    assert holds(desk, 0) == [{}]


@pytest.mark.parametrize(
    ("received", "peer", "trusted", "source"),
    [
        ("", "192.0.2.7", False, "192.0.2.0/24"),
        ("from a (b [198.51.100.9]) by mx.example.org", "192.0.2.7", False, "192.0.2.0/24"),
        ("from a (b [198.51.100.9]) by mx.example.org", "192.0.2.7", True, "198.51.100.0/24"),
        ("from a (b [198.51.100.9]) by mx.example.org", "127.0.0.1", False, "198.51.100.0/24"),
        ("from a (b [198.51.100.9]) by mx.example.org", "unix", False, "198.51.100.0/24"),
        ("from a (b [IPv6:2606:4700::1]) by mx", "10.0.0.1", False, "2606:4700::/64"),
        ("from a by mx.example.org", "10.0.0.1", False, "10.0.0.1"),
        ("from a ([999.1.1.1]) by mx", "", False, "unknown"),
    ],
)
def test_the_source_is_the_peer_or_whom_our_own_mta_took_it_from(
    received: str, peer: str, source: str, *, trusted: bool
) -> None:
    lines = [f"Received: {received}"] if received else []
    lines += ["Received: from forged ([203.0.113.5]) by nobody", "From: a@example.com"]
    raw = "\r\n".join([*lines, "", "stop"]).encode()
    if not received:
        raw = raw.partition(b"\r\n")[2]
    assert source_of(raw, peer, trusted=trusted) == source


def test_many_sources_together_have_a_limit_too() -> None:
    flood = Flood(1, b"k" * 32)
    for number in range(TOTAL):
        assert flood.over(f"s{number}", NOW) == 0
        flood.note(f"s{number}", NOW)
    assert flood.over("another", NOW) == 1
    assert Flood(0, b"k" * 32).over("any", NOW) == 0
