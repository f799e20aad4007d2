"""Whoever forges mails from many people cannot clear a list: held, told once, taken back at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import NotAllowed
from bot.model import Actor, Address, Channel, Over, Role
from handlers.email.authentication import sending_domain
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


def test_many_sources_together_have_a_limit_too(desk: Site) -> None:
    flood = Flood(1, desk.parts.store)
    for number in range(TOTAL):
        assert flood.over(f"s{number}", NOW) is Over.NO
        flood.note(f"s{number}", NOW, Over.NO)
    assert flood.over("another", NOW) is Over.NEWS
    flood.note("another", NOW, Over.NEWS)
    assert flood.over("a third", NOW) is Over.TOLD
    assert Flood(0, desk.parts.store).over("any", NOW) is Over.NO


def test_another_process_counts_on(desk: Site) -> None:
    outcomes = [forged(mail_desk(desk.parts), number) for number in range(CAP + 2)]
    assert outcomes == ["opted_out"] * CAP + ["held"] * 2
    assert len(batches(desk.parts)) == 1


PASSED = "Authentication-Results: mx.example.org; {}\r\n"


@pytest.mark.parametrize(
    ("results", "domain"),
    [
        ("dkim=pass header.d=a17.mail.evil.co.uk", "evil.co.uk"),
        ("spf=pass smtp.mailfrom=x@b.evil.example", "evil.example"),
        ("spf=pass smtp.mailfrom=evil.example; dkim=pass header.i=@other.example", "other.example"),
        ("spf=fail smtp.mailfrom=x@evil.example; dkim=fail header.d=evil.example", ""),
        ("spf=pass smtp.mailfrom=<>", ""),
        ("dkim=pass", ""),
    ],
)
def test_the_domain_that_did_send_it_is_known_from_our_mta(results: str, domain: str) -> None:
    raw = f"{PASSED.format(results)}From: p@example.com\r\n\r\nstop".encode()
    ids = frozenset({"mx.example.org"})
    assert sending_domain(raw, peer_trusted=True, authserv_ids=ids) == domain
    assert sending_domain(raw, peer_trusted=False, authserv_ids=ids) == ""
    assert sending_domain(raw, peer_trusted=True, authserv_ids=frozenset()) == ""


def test_one_domain_has_one_limit_from_wherever_it_sends(tmp_path: Path) -> None:
    settings = {
        "HEED_MAIL_UNVERIFIED_PER_HOUR": str(CAP),
        "HEED_TRUSTED_MTAS": "10.0.0.1",
        "HEED_AUTHSERV_IDS": "mx.example.org",
    }
    with site(tmp_path, **settings) as joined:
        post = mail_desk(joined.parts)
        outcomes = []
        for number in range(CAP + 1):
            raw = (
                PASSED.format(f"dkim=pass header.d=n{number}.evil.example")
                + f"Received: from x ([192.0.{number}.7]) by mx.example.org\r\n"
                + f"From: {person(number).value}\r\nMessage-ID: <{number}@e>\r\n\r\nstop\r\n"
            )
            sender = person(number).value
            taken = post.receive(raw.encode(), sender, ("news@example.com",), "10.0.0.1")
            outcomes.append(taken.outcome)
        assert outcomes == ["opted_out"] * CAP + ["held"]
        assert len(batches(joined.parts)) == 1
