"""Progress of long work on standard error: a moving line on a terminal, a few lines elsewhere."""

from __future__ import annotations

import sys

import click

STEPS = 10
"""How many lines a whole task makes where nobody watches."""


class Progress:
    """Told how much of what is done, in any order of tasks; `total` 0 where nobody knows it."""

    def __init__(self) -> None:
        self._watched = sys.stderr.isatty()
        self._shown: dict[str, int] = {}
        self._open = False

    def __call__(self, what: str, done: int, total: int = 0) -> None:
        text = f"{what}: {done:,} of {total:,}" if total else f"{what}: {done:,}"
        if self._watched:
            click.echo(f"\r{text}\033[K", nl=False, err=True)
            self._open = True
            return
        step = done * STEPS // total if total else len(str(done))
        if step > self._shown.get(what, 0):
            self._shown[what] = step
            click.echo(text, err=True)

    def end(self) -> None:
        """The next line begins on its own."""
        if self._open:
            click.echo(err=True)
            self._open = False
