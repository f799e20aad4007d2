"""With no MTA in front, Heed checks DKIM, SPF and DMARC itself, against a DNS that is a table."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from handlers.email.own_authentication import OwnAuthentication
from handlers.email.parse import parse_mail
from handlers.email.receive import MailDesk
from handlers.email.resolver import NoAnswerError
from tests.kit import MAIL_ANN, Bench

SERVER = "198.51.100.7"
MAIL = (
    b"From: ann@example.com\r\nTo: news@example.org\r\nSubject: Re: Sale\r\n"
    b"Message-ID: <m1@example.com>\r\n\r\nstop\r\n"
)


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def published() -> str:
    public = key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"


def signed(mail: bytes = MAIL, domain: str = "example.com", *, length: bool = False) -> bytes:
    pem = key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    include = [b"from", b"to", b"subject"]
    made: bytes = dkim.sign(
        mail, b"s1", domain.encode(), pem, include_headers=include, length=length
    )
    return made + mail


class Table:
    """`fails` are names that the DNS does not answer for."""

    def __init__(self, records: Mapping[str, str], *fails: str) -> None:
        self._records = records
        self._fails = fails

    def look_up(self, name: str, kind: str) -> Sequence[str | tuple[int, str]]:
        if name in self._fails:
            raise NoAnswerError
        return [self._records[name]] if kind == "TXT" and name in self._records else []


def dns(**more: str) -> dict[str, str]:
    records = {
        f"s1._domainkey.{domain}": published()
        for domain in ("example.com", "mail.example.com", "example.net")
    }
    records["example.com"] = f"v=spf1 ip4:{SERVER} -all"
    records["_dmarc.example.com"] = "v=DMARC1; p=none"
    return {**records, **more}


def passes(
    raw: bytes,
    records: Mapping[str, str] | None = None,
    *fails: str,
    peer: str = "203.0.113.5",
    mail_from: str = "ann@example.com",
) -> bool:
    check = OwnAuthentication(Table(dns() if records is None else records, *fails))
    return check.passes(parse_mail(raw), raw, peer, mail_from)


def test_a_signature_of_the_from_domain_proves_it_wherever_it_came_from() -> None:
    assert passes(signed(), mail_from="bounce@example.net")
    assert passes(signed(), peer="127.0.0.1")


@pytest.mark.parametrize(
    "forged",
    [
        signed().replace(b"stop", b"start"),
        b"From: bob@example.com\r\n" + signed(),
        signed().replace(b"From: ann@example.com", b"From: ann@example.com, bob@example.net"),
        signed(domain="example.net"),
        signed(domain="mail.example.com"),  # a tenant below must not speak for the domain
        signed(length=True) + b"and more words\r\n",
        signed(length=True),
        MAIL,
        b"DKIM-Signature: v=1; a=rsa-sha256; d=example.com\r\n" + MAIL,
        b"DKIM-Signature: \xff\r\n" + MAIL,
        b"",
        b"\xff" * 500,
    ],
)
def test_whatever_is_not_the_from_domains_own_signature_proves_nothing(forged: bytes) -> None:
    assert not passes(forged)


def test_a_good_signature_behind_bad_ones_is_found_within_a_bound() -> None:
    other = signed(domain="example.net").partition(b"From:")[0]
    assert passes(other + signed())
    assert not passes(other * 50 + signed())


def test_a_dns_that_is_away_proves_nothing() -> None:
    assert not passes(signed(), None, "s1._domainkey.example.com")
    assert not passes(MAIL, None, "example.com", peer=SERVER)
    assert not passes(MAIL, None, "_dmarc.example.com", peer=SERVER)


def test_spf_proves_where_the_domain_asks_for_it_by_dmarc() -> None:
    assert passes(MAIL, peer=SERVER)
    assert not passes(MAIL, peer="203.0.113.5")
    assert not passes(MAIL, peer=SERVER, mail_from="ann@example.net")
    assert not passes(MAIL, peer=SERVER, mail_from="")
    no_dmarc = {name: text for name, text in dns().items() if not name.startswith("_dmarc")}
    assert not passes(MAIL, no_dmarc, peer=SERVER)


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.0.1", "unix", ""])
def test_a_peer_of_our_own_network_proves_nothing_by_spf(peer: str) -> None:
    assert not passes(MAIL, peer=peer)


def test_spf_that_leads_in_circles_ends() -> None:
    circle = dns(**{"example.com": "v=spf1 include:example.com -all"})
    assert not passes(MAIL, circle, peer=SERVER)


@pytest.mark.parametrize(("raw", "answered"), [(signed(), True), (MAIL, False)])
def test_only_a_proved_mail_is_answered_and_both_stop(
    at_desk: Bench, raw: bytes, *, answered: bool
) -> None:
    desk = MailDesk(at_desk.desk, clock=at_desk.clock, own=OwnAuthentication(Table(dns())).passes)
    desk.receive(raw, "ann@example.com", ("news@example.org",), "203.0.113.5")
    assert at_desk.holds(MAIL_ANN) == {"channel": "stopped"}
    assert bool(at_desk.answers(MAIL_ANN)) is answered
