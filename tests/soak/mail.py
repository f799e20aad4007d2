"""Damaged and invented mails by the million: none may raise, fail or take a second.

`python -m tests.soak.mail [INPUTS]`; every input follows from its number, so that a failure can be
repeated with `--only NUMBER`.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from handlers.cli.read_mail import describe
from handlers.email.parse import parse_mail
from tests.handlers.email.clients import HTML, PLAIN, TONGUES

INPUTS: Final = 1_000_000
SIZE_LIMIT: Final = 20_000  # bytes of one input
SECONDS: Final = 1.0  # that one mail may take
SHOWN: Final = 10  # failures that are printed
EVERY: Final = 10_000
_READ_EVERY: Final = 20  # of so many mails one is read for its intent too
_KNOWN_ERRORS: Final = frozenset({"", "empty", "no_headers", "encrypted"})
_FIXTURES: Final = Path(__file__).parents[1] / "fixtures" / "mail"
_PIECES: Final = (
    b"\r\n", b"\n\n", b"\r", b"\0", b"--", b"--b\r\n", b"--b--\r\n", b"> ", b">", b"<", b"=", b"=20=", b"=?utf-8?b?", b"?=",
    b"On Tue, 3 Mar 2026 at 14:05, R <a@example.net> wrote:\n", b"From: a@example.com\n", b"Subject: ", b"_" * 32, b"-- \n",
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n", b"Content-Type: text/html; charset=utf-7\r\n\r\n", b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Type: message/delivery-status\r\n\r\n", b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"charset=", b"iso-2022-jp", b"utf-16", b"hz", b"\x1b$B", b"\xff\xfe", b"\xef\xbb\xbf", b"\xf0\x9f", "\u202e".encode(),
    b"<blockquote>", b"</blockquote>", b"<div id=appendonsend>", b"<!--", b"<table><tr><td>", b"&#x", b"&#1114112;", b"<script>", b"]]>",
    b"Auto-Submitted: auto-replied\n", b"X-Failed-Recipients: ", b"Final-Recipient: rfc822; a@example.org\n", b"Status: 5.1.1\n", b"\t", b" " * 80, b"@", b"+",
)  # fmt: skip


def _seeds() -> list[bytes]:
    """Collected mails, and a reply of every client in a few languages."""
    mails = [path.read_bytes()[:SIZE_LIMIT] for path in sorted(_FIXTURES.glob("*.eml"))]
    head = (
        "From: ann@example.com\nTo: news@example.net\nSubject: Re: x\nContent-Type: text/{}\n\n{}"
    )
    for lang in ("en", "de", "ja", "ar"):
        mails += [head.format("plain", make(TONGUES[lang])).encode() for make in PLAIN.values()]
        mails += [head.format("html", make(TONGUES[lang])).encode() for make in HTML.values()]
    return mails


def mail(number: int, seeds: list[bytes]) -> bytes:
    """Input `number`: a mail of `seeds` after some damage, or bytes of no kind at all."""
    dice = random.Random(number)
    raw = bytearray(dice.choice(seeds) if dice.random() < 0.97 else dice.randbytes(2_000))
    for _ in range(dice.choice((1, 2, 4, 16))):
        at = dice.randrange(len(raw) + 1)
        match dice.randrange(6):
            case 0:
                raw[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del raw[at : at + dice.randint(1, 400)]
            case 2:
                raw[at:at] = dice.choice(_PIECES) * dice.choice((1, 1, 2, 50))
            case 3:
                raw[at:at] = raw[dice.randrange(len(raw) + 1) :][: dice.randint(1, 400)]
            case 4:
                raw[at:] = dice.choice(seeds)[dice.randrange(400) :]
            case _:
                raw[at:at] = raw[at : at + dice.randint(1, 40)] * dice.choice((2, 9, 90))
    return bytes(raw[:SIZE_LIMIT])


def _failure(number: int, raw: bytes) -> str:
    """What is wrong with the reading of this input, or `""`."""
    begun = time.process_time()
    if number % _READ_EVERY:
        error = parse_mail(raw).error
    else:
        error = str(describe(raw, "-").get("error", ""))
    spent = time.process_time() - begun
    if error not in _KNOWN_ERRORS:
        return error
    return f"{spent:.2f} s" if spent > SECONDS else ""


def _failures(inputs: int) -> Iterator[str]:
    seeds = _seeds()
    begun = time.monotonic()
    for number in range(inputs):
        wrong = _failure(number, mail(number, seeds))
        if wrong:
            yield f"input {number}: {wrong}"
        if (number + 1) % EVERY == 0:
            rate = (number + 1) / (time.monotonic() - begun)
            left = (inputs - number - 1) / rate
            print(
                f"mail: {number + 1:,} of {inputs:,}, {rate:.0f}/s, {left:.0f} s left", flush=True
            )


def main(inputs: int = INPUTS) -> int:
    """Read so many mails; 0 if all of them could be read in time, else 1."""
    failed = 0
    for line in _failures(inputs):
        failed += 1
        print(f"mail: {line}", flush=True)
        if failed >= SHOWN:
            break
    print(f"mail: {inputs:,} inputs, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    options = argparse.ArgumentParser(prog="python -m tests.soak.mail", description=__doc__)
    options.add_argument("inputs", nargs="?", type=int, default=INPUTS, help="how many (1000000)")
    options.add_argument("--only", type=int, metavar="NUMBER", help="print the reading of this one")
    chosen = options.parse_args()
    if chosen.only is not None:
        print(describe(mail(chosen.only, _seeds()), str(chosen.only)))
        sys.exit(0)
    sys.exit(main(chosen.inputs))
