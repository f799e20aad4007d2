"""`heed simulate`: a message to a running desk, signed as the provider would sign it."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import requests

from bot import addresses
from bot.model import Address, Channel, LedgerEntry
from handlers import guide
from handlers.account import Account
from handlers.cli.context import fail, joined, shown
from handlers.parts import Parts, utc_now
from handlers.ports import RawRequest
from storage import OutboxItem

TIMEOUT_S = 30
PERSON, MAIL_PERSON = "+12025550123", "ann@example.net"
BY_MAIL = "smtp"  # under which the desk keeps a mail, whoever brought it
NOT_TAKEN = 1


class _AccountType(click.ParamType[Account]):
    """A provider or mail service, perhaps with the name of an account behind a slash."""

    name = "provider"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Account:
        account = value if isinstance(value, Account) else Account.parse(str(value))
        if account.provider not in guide.names():
            self.fail(f"there is none of this name; {', '.join(guide.names())}", param, ctx)
        if account.name and guide.is_mail_service(account.provider):
            self.fail("a mail service has one account here, without a name", param, ctx)
        return account


ACCOUNT = _AccountType()


def account_of(parts: Parts, account: Account) -> None:
    """The command ends where the desk does not know the account."""
    if account.key not in parts.providers and account.key not in parts.mail_services:
        fail(f"{account.key} is not set up here: heed connect {account.key} says how")


@click.command()
@click.argument("provider", type=ACCOUNT)
@click.argument("text", required=False)
@click.option(
    "--from", "person", default="", help=f"The customer; else {PERSON}, by mail {MAIL_PERSON}."
)
@click.option("--to", "ours", default="", help="Your sender; else the first of heed.toml for it.")
@click.option("--id", "message_id", default="", help="The provider's message id, to repeat one.")
@click.option("--url", default="", help="A desk elsewhere; else this machine's.")
@click.option(
    "--key", type=click.Path(path_type=Path, exists=True), help="A private key of --make-key."
)
@click.option("--make-key", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER")
@click.pass_context
def simulate(
    ctx: click.Context,
    *,
    provider: Account,
    text: str | None,
    person: str,
    ours: str,
    message_id: str,
    url: str,
    key: Path | None,
    make_key: Path | None,
) -> None:
    """Send TEXT to a running desk as PROVIDER would bring it, correctly signed; show the answer.

    Telnyx, AWS and SendGrid sign with private keys of theirs. For a test desk, --make-key makes a
    pair and says what to set there; --key FILE then signs with it.
    """
    if make_key is not None:
        _make_key(provider, make_key)
        return
    if text is None:
        raise click.UsageError("a TEXT is missing")
    person = person or (MAIL_PERSON if guide.is_mail_service(provider.provider) else PERSON)
    with joined() as parts:
        account_of(parts, provider)
        now = parts.clock()
        said = guide.Said(
            text=text,
            person=person,
            ours=ours or _first_sender(parts, provider),
            id=message_id or secrets.token_hex(16),
            at=now,
        )
        signing = key.read_text() if key else guide.secret(provider, parts.settings)
        if not signing:
            fail(_keeps_its_key(provider))
        if why := guide.guide_of(provider.provider).simulate.wordless:
            click.echo(why)
        signer = guide.module_of(provider.provider).signed
        request = signer(guide.message(provider, parts.settings, said), signing.strip())
        status, body = _post(request, f"{url or parts.settings.http_url}/webhooks/{provider.key}")
        click.echo(f"HTTP {status}{f': {shown(body)}' if body else ''}")
        if status != 200:  # noqa: PLR2004
            ctx.exit(NOT_TAKEN)
        if not url:
            _show(parts, provider, person, now)


def _keeps_its_key(account: Account) -> str:
    key = f"{account.provider}-simulate.key"
    return (
        f"{account.provider} signs with a private key that it keeps, so that only a test desk "
        f"hears you: heed simulate {account.key} --make-key FOLDER, set what that prints, start "
        f"heed serve again, then heed simulate {account.key} TEXT --key FOLDER/{key}"
    )


def _make_key(account: Account, folder: Path) -> None:
    make = getattr(guide.module_of(account.provider), "make_key", None)
    if make is None:
        fail(f"{account.provider} signs with a secret that is set here: no key is needed")
    for variable, value in make(folder, account, utc_now()).items():
        click.echo(f"{variable}={value}")
    click.echo("Set this on a test desk only: whoever has the key can speak for any customer.")


def _first_sender(parts: Parts, account: Account) -> str:
    senders = parts.policy.senders.values()
    if guide.is_mail_service(account.provider):
        mailboxes = (one.id for one in senders if one.channel is Channel.EMAIL)
        return next(mailboxes, "news@example.com")
    return next((one.id for one in senders if one.provider == account.key), "+12025550199")


def _post(request: RawRequest, url: str) -> tuple[int, str]:
    try:
        answer = requests.post(
            url,
            data=request.body,
            headers=dict(request.headers),
            timeout=TIMEOUT_S,
            allow_redirects=False,
        )
    except requests.exceptions.RequestException as fault:
        fail(f"no desk answers at {url}: {type(fault).__name__}; is heed serve running?")
    return answer.status_code, answer.text


def _show(parts: Parts, account: Account, person: str, since: datetime) -> None:
    """How the desk of this machine read it, and what it answers."""
    last = _newest_entry(parts, account, person)
    if last is None or last[0].recorded_at < since:
        click.echo(
            "The desk recorded nothing new: it knew this message already, or passed it over."
        )
        return
    entry, item = last
    scope = f" ({entry.scope})" if entry.scope else ""
    click.echo(f"read as  {entry.facts.get('intent', '-')}; recorded: {entry.kind}{scope}")
    click.echo(f"answer   {_answer(entry, item)}")
    waits = parts.store.read(lambda session: session.open_reviews())
    for review in (one for one in waits if one.entry_id == entry.id):
        click.echo(f"review   {review.id} ({review.cause}): heed reviews")


def _answer(entry: LedgerEntry, item: OutboxItem | None) -> str:
    if item is not None:
        return f"{shown(str(item.payload['text']))}  [{item.state}]"
    elsewhere = entry.facts.get("provider_replied") or entry.facts.get("provider_keyword")
    return "(none of ours: the provider answers this word itself)" if elsewhere else "(nothing)"


def _newest_entry(
    parts: Parts, account: Account, person: str
) -> tuple[LedgerEntry, OutboxItem | None] | None:
    found: list[tuple[LedgerEntry, OutboxItem | None]] = []
    nobody = Address(channel=Channel.OTHER, value=f"provider:{account.provider}")  # unreadable
    for address in (*_spellings(person), nobody):
        addr = parts.store.address_hash(address)
        history, promised = parts.store.read(
            lambda session, addr=addr: (session.history(addr), session.outbox(addr))  # type: ignore[misc]
        )
        for entry in history:
            if entry.facts.get("provider") in (account.key, BY_MAIL):
                answers = [
                    one
                    for one in promised
                    if one.message_id == entry.message_id and not one.repeatable
                ]
                found.append((entry, answers[0] if answers else None))
    return max(found, key=lambda one: one[0].recorded_at, default=None)


def _spellings(person: str) -> list[Address]:
    """The channels on which this person may have been heard."""
    found = []
    for channel in (Channel.EMAIL,) if "@" in person else (Channel.SMS, Channel.WHATSAPP):
        try:
            found.append(addresses.parse(person, channel=channel))
        except addresses.AddressError:
            continue
    return found
