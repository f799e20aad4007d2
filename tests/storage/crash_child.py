"""Writes units until it is killed; says each one that was acknowledged. Run by the crash test."""

from __future__ import annotations

import sys
import threading
from functools import partial

from storage import Store, open_store
from tests.storage.conftest import MASTER
from tests.storage.people import stop


def write_forever(store: Store, writer: int) -> None:
    number = 0
    while True:
        name = f"{writer}-{number}"
        store.write(partial(stop, name=name))
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()
        number += 1


def main(url: str) -> None:
    store = open_store(url, secret_keys=[MASTER])
    threads = [
        threading.Thread(target=write_forever, args=(store, n), daemon=True) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(sys.argv[1])
