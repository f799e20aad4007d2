"""The environment, noting what was asked of it: what nobody reads may be a slip of the pen."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

PREFIX = "HEED_"
ELSEWHERE = frozenset({"HEED_ENV", "HEED_MOVE_TO", "HEED_RESTORE_FROM"})
"""Read before the settings are, or by one command alone."""


class Variables(dict[str, str]):
    """`take` notes a name; copying and looking through it notes nothing."""

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__(given)
        self._taken = set(ELSEWHERE)

    def take(self, name: str) -> str:
        """The value of one variable; empty where it is not set."""
        self._taken.add(name)
        return self.get(name, "")

    def unknown(self) -> dict[str, str]:
        """Each variable of ours that nothing has taken, with the nearest name that was, or none."""
        ours = sorted(name for name, value in self.items() if name.startswith(PREFIX) and value)
        return {
            name: next(iter(get_close_matches(name, sorted(self._taken), 1, 0.8)), "")
            for name in ours
            if name not in self._taken
        }
