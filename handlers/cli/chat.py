"""`heed chat`: a phone in the terminal, over a real desk whose ledger is thrown away afterwards."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from datetime import UTC, datetime

import click

from bot import addresses
from bot.model import Address, Channel, InboundMessage, MessageKind
from handlers.desk import Desk
from handlers.parts import operator_words, reader, voice_of
from handlers.policy_file import policy_of
from handlers.receipt import Receipt
from handlers.recorder import Routes
from handlers.settings import Environment, SettingsError, environment_of
from storage import Store, migrate, open_store


@click.command()
@click.option("--from", "who", default="+12025550123", show_default=True, help="Your number.")
@click.option(
    "--to", "recipient", default="+12025550199", show_default=True, help="Whom you write to."
)
def chat(who: str, recipient: str) -> None:
    """Talk to Heed as a customer would, by text message. Nothing is kept afterwards.

    End with an empty line, or Ctrl-D.
    """
    try:
        file = policy_of(os.environ, demo=environment_of(os.environ) is Environment.DEMO)
        address = addresses.parse(who, region=file.policy.region, channel=Channel.SMS)
    except (SettingsError, addresses.AddressError) as fault:
        print(f"heed: {fault}", file=sys.stderr)
        sys.exit(2)
    with tempfile.TemporaryDirectory(prefix="heed-chat-") as folder:
        url = f"sqlite:///{folder}/heed.db"
        migrate(url)
        store = open_store(url, secret_keys=[secrets.token_bytes(32)])
        try:
            desk = Desk(
                store=store,
                voice=voice_of(file, source="heed.toml"),
                reader=reader(operator_words(file)),
                clock=lambda: datetime.now(UTC),
                routes=Routes(),
            )
            print(f"You are {who}, writing to {recipient}. An empty line ends the talk.")
            _talk(desk, store, address, recipient)
        finally:
            store.close()


def _talk(desk: Desk, store: Store, address: Address, recipient: str) -> None:
    while text := _prompt():
        receipt = desk.receive(
            InboundMessage(
                provider="chat",
                account="",
                event_id=secrets.token_hex(8),
                kind=MessageKind.MESSAGE,
                address=address,
                recipient=recipient,
                text=text,
                received_at=datetime.now(UTC),
                answers_inline=True,
            )
        )
        print(f"heed> {receipt.inline_text or '(says nothing)'}")
        print(f"      [{_state(receipt, store, address)}]")


def _prompt() -> str:
    typed = sys.stdin.isatty()
    try:
        text = input("you > " if typed else "").strip()
    except (EOFError, KeyboardInterrupt):
        print()
        return ""
    if text and not typed:  # a pipe shows nothing by itself
        print(f"you > {text}")
    return text


def _state(receipt: Receipt, store: Store, address: Address) -> str:
    addr = store.address_hash(address)
    holds = store.read(lambda session: session.suppressions(addr, datetime.now(UTC)))
    state = ", ".join(f"{one.scope} {one.hold}" for one in holds) or "nothing blocked"
    reading = receipt.reading
    how = f"read as {reading.intent} ({reading.confidence:.2f}), " if reading else ""
    return f"{how}{receipt.outcome}; {state}"
