"""`heed proof`: one document that shows all there is about an address, and checking one."""

from __future__ import annotations

import json
from pathlib import Path

import click

from bot.model import Address
from bot.proof import Findings, Proof, check
from bot.proof_json import proof_document, read_proof
from bot.seal import Seal, public_key
from bot.strict_json import Malformed, spelt_moment
from handlers.cli.context import CHANNELS, address_of, fail, joined
from handlers.cli.ledger import FAULTY, SEAL_FILE, PublicKey, seal_in, show_progress
from handlers.cli.output import opened
from handlers.parts import Parts
from handlers.proof_notes import notes
from handlers.proof_page import page
from storage.proving import assemble, past_anchor

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("address", required=False)
@click.option("--channel", type=CHANNELS, help="Told from the address where it is not given.")
@click.option("-o", "--output", type=FILE, help="The document; standard output without it.")
@click.option("--html", type=FILE, help="The same as a page to read and to print.")
@click.option("--seal", "published", type=SEAL_FILE, help="A seal that was published and kept.")
@click.option("--verify", "given", type=SEAL_FILE, help="Check this document instead, offline.")
@click.option("--key", type=PublicKey(), help="The company's public key, to check with.")
def proof(
    address: str | None,
    channel: str | None,
    output: Path | None,
    html: Path | None,
    published: Path | None,
    given: Path | None,
    key: bytes | None,
) -> None:
    """Write the proof for ADDRESS: its entries with the person's words, and what seals them.

    It is anchored in the newest seal, or in the published one of --seal. With --verify and --key it
    needs neither database nor settings; exit 0 if all holds, 1 if not.
    """
    kept = seal_in(published)
    if given is not None:
        if address or output or html:
            raise click.UsageError("--verify takes a document, no ADDRESS and no other file")
        if key is None:
            raise click.UsageError("--verify needs --key, or anybody could have signed it")
        _verify(given, key, kept)
        return
    if address is None:
        raise click.UsageError("an ADDRESS is missing")
    if key is not None:
        raise click.UsageError("--key belongs to --verify: a proof is made with our own")
    with joined() as parts:
        made, findings = _made(parts, address_of(parts, address, channel), kept)
    document = json.dumps(proof_document(made), ensure_ascii=not _is_unicode(made), indent=1)
    try:
        if html is not None:
            with opened(html) as file:
                file.write(page(made, findings))
        if output is not None or html is None:
            with opened(output) as file:
                file.write(f"{document}\n")
    except OSError as fault:
        fail(f"cannot write the proof: {fault.strerror}")
    for line in told(made, findings):
        click.echo(line, err=True)


def told(proof: Proof, findings: Findings) -> list[str]:
    """What a proof that holds shows, and what it does not, in sentences."""
    seal = findings.complete_to
    assert seal is not None
    covered = len(proof.entries) - len(findings.later)
    until = f"seal {seal.number} ({spelt_moment(seal.sealed_at)})"
    lines = [f"complete up to {until}: {covered} of the {seal.total} entries sealed until then"]
    if findings.later:
        lines.append(f"not covered by that seal: entries {_listed(findings.later)}")
    if findings.unread:
        lines.append(
            f"not shown, the words were made unreadable: entries {_listed(findings.unread)}"
        )
    if findings.tardy:
        lines.append(
            "sealed more than an hour after they say that they were recorded: entries"
            f" {_listed(findings.tardy)}"
        )
    if not findings.bound:
        lines.append("not shown: that it is this address, since no entry can be read")
    return lines


def _made(parts: Parts, address: Address, published: Seal | None) -> tuple[Proof, Findings]:
    """The proof, checked as whoever receives it will."""
    store = parts.store
    anchor = None
    if published is not None:
        anchor = past_anchor(store, published, lambda done: show_progress("seals", done))
    addr = store.address_hash(address)
    made = store.read(
        lambda session: assemble(session, addr, anchor=anchor, notes=notes(parts, session, addr))
    )
    if not made.entries:
        fail("nothing is recorded under this address", FAULTY)
    if not made.seals:
        fail("nothing is sealed yet: the worker seals within a minute", FAULTY)
    read = read_proof(json.loads(json.dumps(proof_document(made))))
    findings = check(read, key=public_key(store.seal_key), published=published)
    if findings.faults:
        fail("\n".join(findings.faults) + "\nno proof is written: heed ledger verify", FAULTY)
    return made, findings


def _verify(path: Path, key: bytes, published: Seal | None) -> None:
    try:
        read = read_proof(json.loads(path.read_bytes()))
        findings = check(read, key=key, published=published)
    except (Malformed, RecursionError) as fault:
        fail(f"{path.name} holds no proof: {fault}", FAULTY)
    except ValueError:
        fail(f"{path.name} holds no proof: it is no JSON", FAULTY)
    except OSError as fault:
        fail(f"cannot read {path.name}: {fault.strerror}")
    for line in findings.faults or told(read, findings):
        click.echo(line)
    if findings.faults:
        click.echo("the proof does not hold")
        raise click.exceptions.Exit(FAULTY)
    click.echo("the proof holds")


def _is_unicode(proof: Proof) -> bool:
    """Whether it can be written as UTF-8: somebody's words may hold half a surrogate pair."""
    text = json.dumps(proof_document(proof), ensure_ascii=False)
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(str(number) for number in numbers)
