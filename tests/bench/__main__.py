"""`make bench`: every measurement, one table after the other; `--help` says what can be chosen."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from functools import partial

from tests.bench import clicks, mail, providers, reading, storage, webhook

if __name__ == "__main__":
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument(
        "--only",
        choices=("webhook", "providers", "clicks", "reading", "mail", "storage"),
        help="one of them",
    )
    options.add_argument(
        "--entries",
        type=int,
        nargs="+",
        default=[10_000],
        metavar="N",
        help="opt-outs that the store holds before (10000); several are compared with the first",
    )
    chosen = options.parse_args()
    tables: dict[str, Callable[[], Iterable[str]]] = {
        "webhook": webhook.bench,
        "providers": providers.bench,
        "clicks": clicks.bench,
        "reading": reading.bench,
        "mail": mail.bench,
        "storage": partial(storage.bench, chosen.entries),
    }
    for name, table in tables.items():
        if chosen.only in (None, name):
            for line in table():
                print(line, flush=True)
            print(flush=True)
