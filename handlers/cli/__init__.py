"""The command line. Each command is a module that is imported only when it is called."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "serve": "handlers.cli.processes:serve",
    "web": "handlers.cli.processes:web",
    "smtp": "handlers.cli.processes:smtp",
    "slack": "handlers.cli.processes:slack",
    "worker": "handlers.cli.processes:worker",
    "migrate": "handlers.cli.processes:migrate",
    "try": "handlers.cli.try_it:try_it",
    "chat": "handlers.cli.chat:chat",
    "classify": "handlers.cli.classify:classify",
    "evaluate": "handlers.cli.evaluate:evaluate",
    "replay": "handlers.cli.replay:replay",
    "lint-mail": "handlers.cli.lint_mail:lint_mail",
    "read-mail": "handlers.cli.read_mail:read_mail",
    "connect": "handlers.cli.connect:connect",
    "simulate": "handlers.cli.simulate:simulate",
    "sync": "handlers.cli.sync:sync",
    "check": "handlers.cli.check:check",
    "headers": "handlers.cli.headers:headers",
    "reviews": "handlers.cli.reviews:reviews",
    "revert": "handlers.cli.revert:revert",
    "outbox": "handlers.cli.outbox:outbox",
    "ledger": "handlers.cli.ledger:ledger",
    "proof": "handlers.cli.proof:proof",
    "report": "handlers.cli.report:report",
    "erase": "handlers.cli.erase:erase",
    "keys": "handlers.cli.keys:keys",
    "backup": "handlers.cli.backup:backup",
    "restore": "handlers.cli.restore:restore",
    "move": "handlers.cli.move:move",
    "doctor": "handlers.cli.doctor:doctor",
    "import": "handlers.cli.import_list:import_list",
    "export": "handlers.cli.export:export",
}


class Commands(click.Group):
    """Imports what is called, so that `heed check` does not wait for a web server to load."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


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
    """  # noqa: D301 - click's own mark for a block that is not to be wrapped
