"""What can go wrong while remembering, under our own names.

No message holds an address, a person's words or a key.
"""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot do this, and trying again will not help."""


class StoreUnavailable(StoreError):  # noqa: N818 - it names a state, and the edges say "come back"
    """Nothing was recorded, or nobody can tell whether it was: the other side must try again."""


class Conflict(StoreError):  # noqa: N818 - it names what happened
    """Somebody else changed this since it was read. The unit was rolled back: read it again."""


class Unreadable(StoreError):  # noqa: N818 - it names a state
    """A stored value does not open under its own key: it was altered or moved to another row."""
