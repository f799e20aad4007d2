"""Mails through parsing and cutting, beside the standard library's parser alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from email import policy
from email.parser import BytesParser
from pathlib import Path

from handlers.email.parse import parse_mail
from tests.handlers.email import clients

FIXTURES = Path(__file__).parents[1] / "fixtures" / "mail"
ROUNDS = 5
LONGEST = 20_000  # bytes: one of the collected mails is an attack, not typical
HEADERS = "".join(
    f"Received: from mx{hop}.example.com (mx{hop}.example.com [192.0.2.{hop}])\n\tby mx{hop + 1}.example.net (Postfix) with ESMTPS id 4f{hop}\n\tfor <news@example.net>; Tue, 3 Mar 2026 14:05:1{hop} +0000 (UTC)\n"
    for hop in range(4)
) + (
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1;\n\th=from:to:subject:date:message-id;\n\tb="
    + "YWJjZGVmZ2hpamtsbW5vcHFy\n\t " * 14
    + "\nFrom: Ann Petrie <ann@example.com>\nTo: Northway <news@example.net>\nSubject: Re: 20% off\n"
    "Date: Tue, 3 Mar 2026 14:05:11 +0000\nMessage-ID: <m1@example.com>\nIn-Reply-To: <h.t1@example.net>\n"
    "References: <h.t1@example.net>\nMIME-Version: 1.0\n"
)


def bench() -> list[str]:
    """The lines of the table: one core, in process, the best of five rounds."""
    collected = [path.read_bytes() for path in sorted(FIXTURES.glob("*.eml"))]
    sets = {
        "collected": [raw for raw in collected if len(raw) < LONGEST],
        "replies": _replies(),
    }
    lines = [f"{'mail':<22}{'mails':>8}{'KB':>8}{'heed /s':>10}{'stdlib /s':>11}{'ratio':>8}"]
    for name, mails in sets.items():
        ours, alone = _rate(parse_mail, mails), _rate(_stdlib, mails)
        size = sum(map(len, mails)) / len(mails) / 1024
        lines.append(
            f"{name:<22}{len(mails):>8}{size:>8.1f}{ours:>10.0f}{alone:>11.0f}{ours / alone:>8.2f}"
        )
    return [
        *lines,
        "heed parses and cuts; stdlib is BytesParser(policy=default) alone (aim: ratio 0.6)",
    ]


def _stdlib(raw: bytes) -> object:
    return BytesParser(policy=policy.default).parsebytes(raw)


def _replies() -> list[bytes]:
    """Replies to a newsletter as mail programs send them: many headers, text beside HTML."""
    mails = []
    for tongue in clients.TONGUES.values():
        for plain, html in (
            (clients.gmail, clients.gmail_html),
            (clients.iphone, clients.apple_html),
            (clients.outlook, clients.outlook_desktop_html),
        ):
            parts = (("plain", plain(tongue)), ("html", html(tongue)))
            body = "".join(
                f"--b\nContent-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
                for kind, text in parts
            )
            kind = 'Content-Type: multipart/alternative; boundary="b"\n\n'
            mails.append(f"{HEADERS}{kind}{body}--b--\n".encode())
        html_only = clients.outlook_web_html(tongue).replace("Tulpen 4,90", "Tulpen 4,90<br>" * 60)
        mails.append(f"{HEADERS}Content-Type: text/html; charset=utf-8\n\n{html_only}".encode())
    return mails


def _rate(one: Callable[[bytes], object], mails: list[bytes]) -> float:
    """Mails per second of processor time."""
    best = 0.0
    for _ in range(ROUNDS):
        begun = time.process_time()
        for raw in mails:
            one(raw)
        best = max(best, len(mails) / (time.process_time() - begun))
    return best
