"""`make bench`: every measurement, one table after the other."""

from __future__ import annotations

from tests.bench import reading, webhook

if __name__ == "__main__":
    for measured in (webhook, reading):
        print("\n".join(measured.bench()), end="\n\n")
