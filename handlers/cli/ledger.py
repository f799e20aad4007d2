"""`heed ledger`: check that nothing was altered, publish a seal, show the key that signs."""

from __future__ import annotations

import json
import sys
from itertools import chain
from pathlib import Path

import click

from bot.proof_json import read_seal
from bot.seal import KEY_BYTES, Seal, public_key
from bot.strict_json import Malformed
from handlers.block_audit import BlockAudit
from handlers.cli.context import fail, joined
from handlers.cli.output import opened
from handlers.publishing import Destinations, destinations, promise, spelt
from storage.audit import Audit

FAULTY = 1
LARGEST = 100_000  # bytes; a seal has under a thousand


class PublicKey(click.ParamType[bytes]):
    """The company's public key, as `heed ledger key` prints it."""

    name = "key"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        if isinstance(value, bytes):
            return value
        try:
            key = bytes.fromhex(str(value))
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            self.fail("is not 64 hexadecimal digits, as heed ledger key prints them", param, ctx)
        return key


SEAL_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def seal_in(path: Path | None) -> Seal | None:
    """The published seal in a file; the command ends where it holds none."""
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            return read_seal(json.loads(file.read(LARGEST)))
    except (Malformed, RecursionError) as fault:
        fail(f"{path.name} holds no published seal: {fault}")
    except ValueError:
        fail(f"{path.name} holds no published seal: it is no JSON")
    except OSError as fault:
        fail(f"cannot read {path.name}: {fault.strerror}")


def show_progress(what: str, done: int) -> None:
    """On standard error, for whoever watches."""
    if sys.stderr.isatty():
        click.echo(f"\r{done:,} {what} \x1b[K", nl=False, err=True)


@click.group()
def ledger() -> None:
    """Check the ledger, publish a seal of it, show its public key."""


@ledger.command()
@click.option("--seal", "published", type=SEAL_FILE, help="A seal that was published and kept.")
@click.option("--key", type=PublicKey(), help="The public key that must have signed; else ours.")
def verify(published: Path | None, key: bytes | None) -> None:
    """Check every entry, address and seal. Exit 0 clean, 1 with a line per fault.

    Also that what is blocked is what the entries say.
    Without --seal, whoever holds the seal key could have cut off the end or signed everything anew.
    """
    kept = seal_in(published)
    faults = 0
    with joined() as parts:
        audit = Audit(
            parts.store,
            key=key or public_key(parts.store.seal_key),
            published=kept,
            progress=show_progress,
        )
        blocks = BlockAudit(parts.store, progress=show_progress)
        for fault in chain(map(str, audit.faults()), blocks.faults()):
            click.echo(fault)
            faults += 1
    if sys.stderr.isatty():
        click.echo(err=True)
    unsealed = max(0, audit.entries - audit.sealed)
    click.echo(
        f"{audit.entries:,} entries of {audit.addresses:,} addresses, {audit.seals:,} seals,"
        f" {unsealed:,} entries not sealed yet: {f'{faults:,} faults' if faults else 'clean'}"
    )
    if blocks.unknown:
        click.echo(
            f"{blocks.unknown:,} addresses: that what is blocked follows from their entries cannot"
            " be told (erased, altered, or recorded by an earlier version)"
        )
    if faults:
        raise click.exceptions.Exit(FAULTY)


@ledger.command(short_help="Write out the newest seal, to be kept elsewhere.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file; standard output where it is not given.",
)
@click.option("--mail", is_flag=True, help="Mail it to HEED_HUMAN_MAILBOX instead.")
@click.option("--slack", is_flag=True, help="Post it in Slack's review channel instead.")
def publish(output: Path | None, *, mail: bool, slack: bool) -> None:
    """Write out the newest seal, to be kept where nobody here can change it.

    With --mail or --slack the worker sends it; it does so daily by itself where they are set up.
    """
    with joined() as parts:
        seal = parts.store.read(lambda session: session.latest_seal())
        if seal is None:
            fail("nothing is sealed yet: the worker seals within a minute", FAULTY)
        known = destinations(parts)
        if mail and not known.mail:
            fail("HEED_HUMAN_MAILBOX is missing")
        if slack and not known.slack:
            fail("HEED_SLACK_REVIEW_CHANNEL is missing")
        if mail or slack:
            to = Destinations(mail=mail, slack=known.slack if slack else "")
            now = parts.clock()
            parts.store.write(lambda session: promise(session, seal, to, now))
            click.echo(f"seal {seal.number} waits in the outbox; the worker sends it", err=True)
    if output is not None or not (mail or slack):
        try:
            with opened(output) as file:
                file.write(spelt(seal))
        except OSError as fault:
            fail(f"cannot write the seal: {fault.strerror}")


@ledger.command("key")
def show_key() -> None:
    """Print the public key that checks seals and proofs. Give it to whoever is to check them."""
    with joined() as parts:
        click.echo(public_key(parts.store.seal_key).hex())
