"""`heed slack invite`, `workspaces` and `forget`: other workspaces that use the same app."""

from __future__ import annotations

import re

import click

from handlers.cli.context import fail, joined, shown

UNKNOWN = 1


@click.command(short_help="Print a link by which one more workspace can install it.")
@click.option("--review-channel", default="", metavar="ID", help="Where their reviews are posted.")
def invite(review_channel: str) -> None:
    """Print a link by which one more workspace can install the app: good once, for a day.

    Full members of a workspace that installed it may record opt-outs and look addresses up.
    """
    from handlers.slack.install import invitation_url

    if review_channel and not re.fullmatch(r"[CG][A-Z0-9]{1,20}", review_channel):
        fail("--review-channel is no channel id such as C0123456789 (a name does not do)")
    with joined() as parts:
        if parts.slack is None or not parts.slack.client_id:
            fail(
                "HEED_SLACK_CLIENT_ID and HEED_SLACK_CLIENT_SECRET are missing (Basic Information)"
            )
        click.echo(invitation_url(parts, review_channel))


@click.command(short_help="List the workspaces that installed the app.")
def workspaces() -> None:
    """List the workspaces that installed the app, and what became of them."""
    from handlers.slack.workspaces import known

    with joined() as parts:
        found = parts.store.read(known)
    for team, one in sorted(found.items()):
        state = f"gone: {one.gone}" if one.gone else f"since {one.installed_at[:16]}"
        where = one.review_channel or "no review channel"
        click.echo(f"{team:<12}  {where:<18}  {state}  {shown(one.title, 40)}")
    if not found:
        click.echo("none but that of HEED_SLACK_BOT_TOKEN")


@click.command()
@click.argument("team")
@click.pass_context
def forget(ctx: click.Context, team: str) -> None:
    """Forget the workspace TEAM (T...) and its token. Remove the app in Slack as well."""
    from handlers.slack.workspaces import forget as forget_workspace

    with joined() as parts:
        known = parts.store.write(lambda session: forget_workspace(session, team))
        parts.store.shred()
    if not known:
        click.echo(f"heed: no workspace {team} is known", err=True)
        ctx.exit(UNKNOWN)
    click.echo(f"{team} is forgotten")
