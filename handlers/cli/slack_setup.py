"""`heed slack setup`: from nothing to an app that works, each value checked as it comes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import click

from handlers.cli.context import fail, joined
from handlers.doctor import Finding, Mark, bad, ok
from handlers.settings import SettingsError, part
from handlers.slack.settings import PREFIX, SlackSettings

WRONG, LACKING = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A setting: where its value is found, and whether it may be left out."""

    name: str
    where: str
    secret: bool = True
    optional: bool = False


BOT_TOKEN = _Step(name="bot_token", where="OAuth & Permissions, after Install to Workspace: xoxb-")
CHANNEL = _Step(
    name="review_channel",
    where="make a private channel, /invite @heed there; its id stands below its name: C...",
    secret=False,
    optional=True,
)
SIGNING_SECRET = _Step(name="signing_secret", where="Basic Information, App Credentials")
APP_TOKEN = _Step(
    name="app_token", where="Basic Information, App-Level Tokens, with connections:write: xapp-"
)


@click.command(short_help="Walk through making the Slack app, and check it.")
@click.option(
    "--socket-mode/--http",
    default=None,
    help="How Slack comes in; HTTP where HEED_PUBLIC_URL is set and HEED_SLACK_APP_TOKEN is not.",
)
@click.option("--wait", "wait_s", default=600, show_default=True, help="Seconds; 0 waits for none.")
@click.pass_context
def setup(ctx: click.Context, *, socket_mode: bool | None, wait_s: int) -> None:
    """Walk through making the Slack app: its manifest, the settings, and whether each is right.

    At a terminal it asks for what is not set; elsewhere it checks what is. Nothing is kept.
    Exit 0: all is well. 1: something is wrong. 2: something is not set.
    """
    from handlers.slack.manifest import manifest

    public_url = os.environ.get("HEED_PUBLIC_URL", "").rstrip("/")
    socket = _by_socket(public_url) if socket_mode is None else socket_mode
    if not socket and not public_url:
        fail("HEED_PUBLIC_URL is missing; where Slack cannot reach you, use --socket-mode")
    click.echo(
        "1. At https://api.slack.com/apps: Create New App, From a manifest, and paste this:\n"
    )
    click.echo(manifest("" if socket else public_url))
    click.echo("2. Install it to your workspace. Then, as settings of every process:\n")
    steps = (BOT_TOKEN, CHANNEL, APP_TOKEN if socket else SIGNING_SECRET)
    ends = _Walk(dict(os.environ)).through(steps)
    if ends:
        ctx.exit(ends)
    if socket:
        click.echo("\nAll is well. Start heed serve, or heed slack where processes are separate.")
        return
    if wait_s:
        from handlers.cli.connect import wait_for_request
        from handlers.slack.web import CALLER, PATH

        click.echo(f"\n3. With heed serve running, Slack calls {public_url}{PATH} and signs it.")
        with joined() as parts:
            ctx.exit(wait_for_request(parts, CALLER, wait_s, "write to the app in Slack"))


def _by_socket(public_url: str) -> bool:
    return not public_url or bool(os.environ.get("HEED_SLACK_APP_TOKEN"))


class _Walk:
    """Through the settings, one after the other."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env
        self._asks = sys.stdin.isatty()
        self._typed: list[str] = []

    def through(self, steps: tuple[_Step, ...]) -> int:
        """The exit code."""
        ends = max(self._step(step) for step in steps)
        if self._typed:
            click.echo("\nSet these for every process, then run this again:")
            for name in self._typed:
                click.echo(f"  export {name}=...")
        return ends or (LACKING if self._typed else 0)

    def _step(self, step: _Step) -> int:
        """Ask until the value is right, or is left out."""
        variable = PREFIX + step.name.upper()
        while True:
            value = self._env.get(variable, "")
            if not value and self._asks:
                value = self._ask(variable, step)
                self._env[variable] = value
            if not value:
                mark = Mark.WARN if step.optional else Mark.BAD
                click.echo(f"{mark:<4}  {variable} is not set ({step.where})")
                return 0 if step.optional else LACKING
            if self._is_right(variable, step):
                return 0
            if not self._asks:
                return WRONG
            self._env[variable] = ""

    def _ask(self, variable: str, step: _Step) -> str:
        click.echo(f"\n{variable}: {step.where}")
        value: str = click.prompt(
            "  value (empty: later)", default="", hide_input=step.secret, show_default=False
        )
        if value and variable not in self._typed:
            self._typed.append(variable)
        return value.strip()

    def _is_right(self, variable: str, step: _Step) -> bool:
        try:
            findings = list(self._findings(step))
        except SettingsError as fault:
            findings = [bad(line) for line in str(fault).splitlines()]
        for one in findings:
            click.echo(f"{one.mark:<4}  {variable}: {one.what}")
        return all(one.mark is not Mark.BAD for one in findings)

    def _findings(self, step: _Step) -> Iterator[Finding]:
        from handlers.slack import checks
        from handlers.slack.client import OUTBOX_S, client_of

        found = part(SlackSettings, PREFIX, self._env)
        client = client_of(found.api_url, found.bot_token, OUTBOX_S)
        match step.name:
            case BOT_TOKEN.name:
                return checks.token_findings(client, found.team_id)
            case CHANNEL.name:
                return checks.channel_findings(client, found.review_channel)
            case APP_TOKEN.name:
                return checks.socket_findings(found.api_url, found.app_token)
            case _:
                return iter([ok("is set; Slack's first request shows whether it is right")])
