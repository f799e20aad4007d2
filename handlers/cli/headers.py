"""`heed headers`: what a marketing mail carries, so that its recipient can leave with one click."""

from __future__ import annotations

import click

from bot.model import Channel
from handlers.cli.context import address_of, fail, joined
from handlers.links import Links, UnknownListError
from handlers.links import headers as made


@click.command()
@click.option("--to", "recipient", required=True, help="Whom the mail goes to.")
@click.option("--list", "list_name", default="", help="A topic or program; without: all marketing.")
@click.option("--sender", default="", help="Your mailbox that Heed listens on; else the first.")
def headers(recipient: str, list_name: str, sender: str) -> None:
    """Print the List-Unsubscribe, List-Unsubscribe-Post, Reply-To, Return-Path and Message-ID.

    Sign both List- headers with DKIM (RFC 8058 3.1).
    """
    with joined() as parts:
        address = address_of(parts, recipient, Channel.EMAIL.value)
        first = parts.policy.first_sender(Channel.EMAIL)
        mailbox = sender or (first.id if first else "")
        if not mailbox:
            fail("no mailbox: name one with --sender, or a sender of channel email in heed.toml")
        try:
            found = made(
                Links(parts.store, parts.policy),
                address,
                list_name,
                mailbox=mailbox,
                public_url=parts.settings.signed_origin,
                now=parts.clock(),
            )
        except UnknownListError:
            fail("there is no topic or program of this name in heed.toml")
    for name, value in found.items():
        click.echo(f"{name}: {value}")
