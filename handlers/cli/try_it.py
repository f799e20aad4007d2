"""`heed try`: how a text would be read and answered. Records nothing and needs no database."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

import click

from bot import addresses
from bot.decide import decide_message
from bot.model import Address, Channel, Context, InboundMessage, MessageKind, Standing
from bot.reading import read
from bot.zones import zone_of
from handlers.cli.explain import explain
from handlers.parts import operator_words, voice_of
from handlers.policy_file import policy_of
from handlers.settings import Environment, SettingsError, environment_of

WHO = {
    Channel.SMS: "+12025550123",
    Channel.WHATSAPP: "+12025550123",
    Channel.EMAIL: "ann@example.com",
}


@click.command(name="try")
@click.argument("text")
@click.option("--channel", type=click.Choice(["sms", "whatsapp", "email", "slack"]), default="sms")
@click.option("--from", "who", help="The customer's address; it decides the country's rules.")
@click.option("--to", "recipient", default="", help="The sender of yours that it answers.")
@click.option(
    "--context",
    type=click.Choice(["none", "reason_asked", "scope_asked"]),
    default="none",
    help="The question of ours that it answers.",
)
def try_it(text: str, channel: str, who: str | None, recipient: str, context: str) -> None:
    """Show how TEXT is read, why, and what Heed would answer. Nothing is recorded."""
    try:
        file = policy_of(os.environ, demo=environment_of(os.environ) is Environment.DEMO)
        address = _address(Channel(channel), who, file.policy.region)
    except (SettingsError, addresses.AddressError) as fault:
        print(f"heed: {fault}", file=sys.stderr)
        sys.exit(2)
    now = datetime.now(UTC)
    sender = file.policy.sender(address.channel, recipient)
    reading = read(
        text,
        channel=address.channel,
        context=Context(context),
        words=operator_words(file),
        sender=recipient,
        at=now.astimezone(zone_of(address, sender, file.policy)),
    )
    message = InboundMessage(
        provider="try",
        account="",
        event_id="try",
        kind=MessageKind.MESSAGE,
        address=address,
        recipient=recipient,
        text=text,
        received_at=now,
    )
    voice = voice_of(file, source="heed.toml")
    decision = decide_message(message, reading, Standing(), voice, now)
    print(explain(reading, text))
    print()
    print(f"What follows   {OUTCOMES.get(decision.outcome, decision.outcome)}")
    print(f"Heed answers   {decision.answer.text if decision.answer else '(nothing)'}")


OUTCOMES = {
    "opted_out": "opted out: recorded and blocked before the next send",
    "held": "blocked provisionally; a person decides",
    "review": "a person decides; nothing is blocked",
    "not_suppressed": "nothing to lift: this address was never stopped",
    "help": "help is given; nothing changes",
    "other": "nothing changes; it goes on to your people",
    "reason_given": "kept as the reason",
}


def _address(channel: Channel, who: str | None, region: str) -> Address:
    if channel is Channel.SLACK:
        team, _, user = (who or "T012/U345").partition("/")
        return addresses.slack(team, user)
    if who is None:
        who = WHO[channel]
    return addresses.parse(who, region=region, channel=channel)
