"""`heed doctor`: a line for each thing that is well, risky or wrong. Exit 1 if one is wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator

import click

from handlers.doctor import (
    Finding,
    Mark,
    bad,
    mail_findings,
    ok,
    place_findings,
    policy_findings,
    setting_findings,
    store_findings,
    variable_findings,
    webhook_findings,
)
from handlers.parts import Parts, join
from handlers.settings import SettingsError, load_settings
from storage import StoreError

SICK = 1


@click.command()
@click.option("--online", is_flag=True, help="Ask Slack too whether our token may do what it must.")
@click.option("--strict", is_flag=True, help="Exit 1 on warnings as well.")
@click.pass_context
def doctor(ctx: click.Context, *, online: bool, strict: bool) -> None:
    """Check the settings, heed.toml, the database, the keys, backups and what waits too long.

    Each line begins with ok, warn or bad.
    """
    wanted = {Mark.BAD, Mark.WARN} if strict else {Mark.BAD}
    sick = False
    for finding in _findings(online=online):
        click.echo(f"{finding.mark:<4}  {finding.what}")
        sick = sick or finding.mark in wanted
    ctx.exit(SICK if sick else 0)


def _findings(*, online: bool) -> Iterator[Finding]:
    """As far as they can be made: what cannot be read ends those that need it."""
    try:
        settings = load_settings(os.environ)
    except (SettingsError, OSError) as fault:
        yield from (bad(line) for line in str(fault).splitlines())
        return
    yield ok("the settings are readable")
    yield from setting_findings(settings)
    try:
        yield from place_findings(settings)
        parts = join(settings)
    except (SettingsError, StoreError, OSError) as fault:
        yield from (bad(line) for line in str(fault).splitlines())
        return
    yield ok("the database answers, has this version's tables and opens with HEED_SECRET_KEY")
    yield ok(
        "heed.toml is readable" if settings.config.exists() else f"there is no {settings.config}"
    )
    try:
        yield from variable_findings(settings)
        yield from policy_findings(parts.policy)
        yield from store_findings(parts)
        if not settings.demo:
            yield from mail_findings(parts)
            yield from webhook_findings(parts)
        if parts.slack is not None:
            yield from _slack(parts, online=online)
    except StoreError as fault:
        yield bad(str(fault))
    finally:
        parts.close()


def _slack(parts: Parts, *, online: bool) -> Iterator[Finding]:
    from handlers.slack.findings import slack_findings
    from handlers.slack.scopes import TokenRefused, missing_scopes

    if parts.settings.demo:
        yield ok("Slack is played by the demo itself: there is nobody to ask")
        return
    yield from slack_findings(parts)
    if not online:
        yield ok("Slack is set up; --online asks it for our scopes")
        return
    try:
        missing = missing_scopes(parts)
    except TokenRefused as refusal:
        yield bad(f"Slack does not take our token: {refusal}")
        return
    if missing:
        yield bad(
            f"Slack: the app lacks {', '.join(missing)} (`heed slack setup` prints its manifest)"
        )
    else:
        yield ok("Slack takes our token, and the app has every scope it needs")
