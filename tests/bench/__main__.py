"""`make bench`: every measurement, one table after the other."""

from __future__ import annotations

from tests.bench import webhook

if __name__ == "__main__":
    for line in webhook.bench():
        print(line)
