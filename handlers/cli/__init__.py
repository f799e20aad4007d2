"""The command line. Each command is a module that is imported only when it is called."""

from __future__ import annotations

import importlib
from difflib import get_close_matches
from typing import NamedTuple

import click


class Entry(NamedTuple):
    """Where a command is, and its line in `heed --help`: telling it must import nothing."""

    place: str
    line: str


SECTIONS = {
    "Run": {
        "serve": Entry(
            "processes:serve", "Everything in one process tree; without settings a demo."
        ),
        "web": Entry("processes:web", "The web alone: webhooks, Slack over HTTP, API, pages."),
        "smtp": Entry("processes:smtp", "The SMTP listener alone."),
        "slack": Entry(
            "processes:slack", "Slack's Socket Mode alone; `slack setup` makes the app."
        ),
        "worker": Entry("processes:worker", "The outbox worker alone: sends, and ends holds."),
        "migrate": Entry("processes:migrate", "Bring the database to this version."),
    },
    "Try and read words (records nothing)": {
        "try": Entry("try_it:try_it", "How a text is read, why, and what Heed would answer."),
        "chat": Entry("chat:chat", "Talk to Heed as a customer would, by text message."),
        "classify": Entry("classify:classify", "Read JSON lines; write each with its reading."),
        "evaluate": Entry("evaluate:evaluate", "How well labelled messages of yours are read."),
        "replay": Entry("replay:replay", "Read stored messages again by the present rules."),
        "read-mail": Entry("read_mail:read_mail", "How mails are read, a JSON line each."),
    },
    "Ask and decide": {
        "check": Entry("check:check", "May a message go to this address now?"),
        "reviews": Entry("reviews:reviews", "What waits for a person's decision; decide it."),
        "revert": Entry("revert:revert", "Take back a flood of forged mails or a wrong import."),
        "outbox": Entry(
            "outbox:outbox", "Answers and notices not settled; send parked ones again."
        ),
        "erase": Entry("erase:erase", "Make all that is recorded about an address unreadable."),
    },
    "Prove": {
        "report": Entry("report:report", "How soon stops were heeded in a month; what is overdue."),
        "proof": Entry("proof:proof", "One address's record with its proofs; check such a file."),
        "ledger": Entry("ledger:ledger", "Check the ledger, publish a seal, show the public key."),
    },
    "Connect": {
        "connect": Entry("connect:connect", "What to paste at a provider; did its request verify?"),
        "simulate": Entry("simulate:simulate", "Send a text to a desk as a provider would."),
        "sync": Entry("sync:sync", "Compare our opt-outs with a provider's own list."),
        "import": Entry("import_list:import_list", "Record another system's opt-outs."),
        "export": Entry("export:export", "Write out what is suppressed."),
        "headers": Entry("headers:headers", "The List-Unsubscribe headers for a marketing mail."),
        "lint-mail": Entry("lint_mail:lint_mail", "Check a marketing mail before it leaves."),
    },
    "Look after": {
        "doctor": Entry("doctor:doctor", "What an operator should mend."),
        "backup": Entry("backup:backup", "Copy the data and the keys into two files."),
        "restore": Entry("restore:restore", "Put a backup back, or prove that it could be."),
        "move": Entry("move:move", "Move a SQLite desk to PostgreSQL."),
        "keys": Entry("keys:keys", "See and rotate the master key."),
    },
}
COMMANDS = {name: entry for section in SECTIONS.values() for name, entry in section.items()}


class Commands(click.Group):
    """Imports what is called, so that `heed check` does not wait for a web server to load."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].place.partition(":")
        command = getattr(importlib.import_module(f"{__name__}.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and (near := get_close_matches(args[0], COMMANDS)):
            ctx.fail(f"No such command '{args[0]}'. Did you mean {' or '.join(near)}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        for title, section in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, entry.line) for name, entry in section.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="heed", prog_name="heed")
def main() -> None:
    """Heed hears every way a customer says "stop", heeds it, answers once, and can prove it.

    \b
    First steps:
      heed serve                       everything in one process, as a demo on this machine
      heed try "pls stop texting"      how a text is read and answered; records nothing
      heed check +12025550123          may this number get marketing? exit 0 yes, 1 no, 2 unknown

    Settings are environment variables (HEED_...) and heed.toml; see README.md.
    `heed COMMAND --help` says more.
    """  # noqa: D301 - click's own mark for a block that is not to be wrapped
