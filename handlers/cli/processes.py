"""The commands that stay: `serve`, and the Procfile's web, smtp, slack, worker and migrate."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from handlers.cli.slack_setup import setup
from handlers.cli.slack_workspaces import forget, invite, workspaces
from handlers.settings import Settings, SettingsError, load_settings


@contextmanager
def _starting() -> Iterator[Settings]:
    """The settings; what is wrong with them, or with the database, is one line each and exit 2."""
    from handlers.logs import set_up_logs
    from storage import StoreError

    try:
        settings = load_settings(os.environ)
        set_up_logs(settings.log_level)
        yield settings
    except (SettingsError, StoreError) as fault:
        for line in str(fault).splitlines():
            print(f"heed: {line}", file=sys.stderr)
        sys.exit(2)
    except OSError as fault:
        print(f"heed: {fault}", file=sys.stderr)
        sys.exit(2)


@click.command()
def serve() -> None:
    """Everything in one process tree: web, SMTP, outbox worker, Slack when configured."""
    from handlers import serve as processes

    with _starting() as settings:
        processes.serve(settings, _welcome(settings))


@click.command()
def web() -> None:
    """The web alone: webhooks, Slack over HTTP, the API and the pages."""
    from handlers import serve as processes

    with _starting() as settings:
        processes.run_web(settings)


@click.command()
def smtp() -> None:
    """The SMTP listener alone."""
    _run("smtp")


@click.group(invoke_without_command=True)
@click.pass_context
def slack(ctx: click.Context) -> None:
    """Slack's Socket Mode alone; `heed slack setup` makes the app.

    Over HTTP, Slack comes in through `heed web`.
    """
    if ctx.invoked_subcommand is None:
        _run("slack")


for _one in (setup, invite, workspaces, forget):
    slack.add_command(_one)


@click.command()
def worker() -> None:
    """The outbox worker alone: sends what was promised, ends holds whose clock ran out."""
    _run("worker")


def _run(what: str) -> None:
    from handlers import serve as processes

    with _starting() as settings:
        processes.run_until_signal(settings, what)


@click.command()
@click.option(
    "--partitions",
    type=int,
    metavar="N",
    help="Cut the tables of people into N partitions by address hash (PostgreSQL; docs/scale.md).",
)
def migrate(partitions: int | None) -> None:
    """Bring the database to this version; safe to run again."""
    from handlers import serve as processes
    from storage import migrate as bring_up_to_date
    from storage.partitions import partition

    with _starting() as settings:
        processes.make_var(settings)
        bring_up_to_date(settings.store_url)
        print("heed: the database is up to date")
        if partitions is not None:
            cut = partition(
                settings.store_url, partitions, lambda table: print(f"heed: cutting {table}")
            )
            print(f"heed: {cut} tables cut; those that were before are left as they are")


def _welcome(settings: Settings) -> str:
    host, port = settings.smtp_listen
    if not settings.demo:
        return f"heed: web on {settings.http_url}, SMTP on {host}:{port}"
    return "\n".join(
        [
            "",
            f"  Heed is up. Open  {settings.http_url}/",
            f"  Mail to it:       SMTP on {host}:{port}",
            f"  This is a demo:   its keys were made at the first start, kept in {settings.var}/.",
            "                    Nothing leaves this machine: read outgoing messages on the page.",
            "",
            "  Try next, in another terminal:",
            '    .venv/bin/heed try "pls stop txting me"',
            "    .venv/bin/heed check +12025550123",
            "",
        ]
    )
