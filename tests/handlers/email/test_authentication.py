"""A From counts as proved only by a configured server of ours, seen through a trusted peer."""

from __future__ import annotations

import pytest

from handlers.email.authentication import authenticated
from handlers.email.parse import parse_mail

IDS = frozenset({"mx.example.net"})
OURS = "Received: from out.example.com by mx.example.net (Postfix) with ESMTP; Thu, 5 Mar 2026 08:00:00 +0000"
THEIRS = "Received: from laptop by out.example.com with ESMTP"
PASS = "Authentication-Results: mx.example.net; dmarc=pass (p=none) header.from=example.com"


def _proved(
    *headers: str, sender: str = "ann@example.com", trusted: bool = True, ids: frozenset[str] = IDS
) -> bool:
    raw = "\r\n".join([*headers, f"From: {sender}", "", "stop"]).encode()
    return authenticated(parse_mail(raw), raw, peer_trusted=trusted, authserv_ids=ids)


@pytest.mark.parametrize(
    "headers",
    [
        [PASS, OURS, THEIRS],
        [OURS, PASS, THEIRS],
        [
            "Authentication-Results: MX.example.net 1; spf=fail; dmarc=pass header.from=EXAMPLE.com",
            OURS,
        ],
        ["Authentication-Results: mx.example.net; dkim=pass header.d=example.com header.s=a"],
        [
            "Authentication-Results: mx.example.net;\r\n dkim=fail header.d=example.org;\r\n dkim=pass (good; really) header.i=@example.com"
        ],
        ["Authentication-Results: elsewhere.example.org; dmarc=fail", PASS],
    ],
)
def test_our_servers_pass_is_believed(headers: list[str]) -> None:
    assert _proved(*headers)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Authentication-Results: elsewhere.example.org; dmarc=pass header.from=example.com"],
        [OURS, THEIRS, PASS],
        [THEIRS, PASS],
        ["Authentication-Results: mx.example.net; dmarc=fail header.from=example.com", OURS, PASS],
        ["Authentication-Results: mx.example.net; dmarc=fail header.from=example.com", PASS],
        [PASS.replace("from=example.com", "from=example.org")],
        [PASS.replace("header.from=example.com", "")],
        ["Authentication-Results: mx.example.net; dkim=pass header.d=example.org"],
        ["Authentication-Results: mx.example.net; dkim=pass header.d=com"],
        ["Authentication-Results: mx.example.net; dkim=pass header.d=badexample.com"],
        ["Authentication-Results: mx.example.net; spf=pass smtp.mailfrom=example.com"],
        ["Authentication-Results: mx.example.net; none"],
        ["Authentication-Results: mx.example.net; dmarc=passed header.from=example.com"],
        ["Authentication-Results: mx.example.net; (dmarc=pass header.from=example.com) dmarc=none"],
        [
            "Authentication-Results: mx.example.net; dmarc=fail header.from=example.com; dkim=pass header.d=example.com"
        ],
    ],
)
def test_nothing_else_is(headers: list[str]) -> None:
    assert not _proved(*headers)


def test_an_unknown_peer_or_an_empty_list_proves_nothing() -> None:
    assert not _proved(PASS, trusted=False)
    assert not _proved(PASS, ids=frozenset())


def test_two_senders_are_never_proved() -> None:
    assert not _proved(PASS, sender="ann@example.com\r\nFrom: eve@example.com")
    assert not _proved(PASS, sender="ann@example.com, eve@example.com")
    assert not _proved(PASS, sender="undisclosed:;")


def test_international_domains_are_compared_in_one_form() -> None:
    header = "Authentication-Results: mx.example.net; dmarc=pass header.from=xn--exmple-cua.com"
    assert _proved(header, sender="ann@exämple.com")


@pytest.mark.parametrize("signer", ["tenant.example.com", "mail.example.com", "ample.com", "com"])
def test_a_signer_below_or_beside_the_domain_does_not_speak_for_it(signer: str) -> None:
    assert not _proved(f"Authentication-Results: mx.example.net; dkim=pass header.d={signer}")
