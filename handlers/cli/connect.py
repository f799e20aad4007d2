"""`heed connect`: what to paste where, and whether the provider's first request verifies."""

from __future__ import annotations

import os
import time

import click

from handlers import guide
from handlers.account import Account
from handlers.callers import Call, LastCall, last_call
from handlers.cli.context import fail, joined
from handlers.cli.simulate import ACCOUNT, account_of
from handlers.parts import Parts
from handlers.settings import SettingsError, load_settings

LOOK_S = 0.5
REFUSED = 1
# What the codes of a refusal mean to whoever has to mend it.
REASONS = {
    "signature_missing": "it carried no signature; is this really the provider, and signing on?",
    "signature_wrong": "it was signed with another secret, or for another address than this desk's "
    "HEED_PUBLIC_URL; compare both, the way they are written too",
    "token_wrong": "its verify token is another than the one that is set here",
    "time_missing": "it carried no time that could be read",
    "time_stale": "its time is too far from this machine's clock; is the clock right?",
    "account_unknown": "it is genuine, but of another account than the one whose id is set here",
    "topic_unknown": "its topic is not listed in HEED_AWS_SNS_TOPIC_ARNS",
    "form_unreadable": "its body is no form; is the webhook set to POST as a form?",
    "body_unreadable": "its body is no JSON; is raw message delivery off?",
    "body_hash_missing": "it is JSON without bodySHA256 in its address",
    "algorithm_unknown": "it is signed in a way that this desk does not take",
    "version_unknown": "its SignatureVersion is unknown",
    "region_differs": "its certificate is of another region than its topic",
    "certificate_url": "its certificate is not where SNS keeps them",
}

HAVE_IT_CALL = "have it send one (a text to your number, a test event)"


@click.command()
@click.argument("provider", type=ACCOUNT)
@click.option("--wait", "wait_s", default=600, show_default=True, help="Seconds; 0 only prints.")
@click.pass_context
def connect(ctx: click.Context, provider: Account, wait_s: int) -> None:
    """Say how to point PROVIDER, or a mail service, at this desk; wait for its first request.

    PROVIDER may name an account of heed.toml: twilio/eu. Exit 0: it verified (or nothing was waited
    for). 1: it did not, or nothing came. 2: the account is not set up here yet.
    """
    try:
        settings = load_settings(os.environ)
    except SettingsError as fault:
        fail(str(fault))
    for line in guide.instructions(provider, settings, os.environ):
        click.echo(line)
    if lacking := guide.missing(provider, settings):
        fail(f"set {', '.join(lacking)}, start heed serve, and run this again")
    if not wait_s:
        return
    with joined() as parts:
        account_of(parts, provider)
        ctx.exit(wait_for_request(parts, provider.key, wait_s, HAVE_IT_CALL))


def wait_for_request(parts: Parts, account: str, wait_s: int, do: str) -> int:
    """Look until something new came; the exit code. `do` is what makes it come.

    What carries no signature may be anybody: told, and passed.
    """
    click.echo("")
    click.echo(f"Waiting {wait_s} s for its first request; {do} (Ctrl-C ends)")
    before = {call: last_call(parts.store, account, call) for call in Call}
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        for call in Call:
            now = last_call(parts.store, account, call)
            if now is None or now == before[call]:
                continue
            before[call] = now
            if (ends := _told(call, now)) is not None:
                return ends
        time.sleep(LOOK_S)
    click.echo("Nothing came that verified. Is heed serve running, and reachable from outside?")
    return REFUSED


def _told(call: Call, last: LastCall) -> int | None:
    """Say what came; the exit code, or None to go on waiting."""
    match call:
        case Call.VERIFIED:
            click.echo(f"{last.at:%H:%M:%S} A request came and verified. You are connected.")
            return 0
        case Call.GREETED:
            click.echo(f"{last.at:%H:%M:%S} It asked whether this address is yours, and heard yes.")
            return None
        case Call.REFUSED:
            why = REASONS.get(last.reason, last.reason.replace("_", " "))
            click.echo(f"{last.at:%H:%M:%S} A request came and was refused: {why}")
            return None if last.reason == "signature_missing" else REFUSED
