"""Where a desk is that `heed move` has moved, or is moving: a mark on either side."""

from __future__ import annotations

from storage.errors import StoreError
from storage.session import Session

MOVE = "move"
"""The setting that says so: `coming DESK WHERE` over there, `came DESK`, and here `gone WHEN`."""
COMING, CAME, GONE = "coming ", "came ", "gone "


def refuse_moved(session: Session) -> None:
    """A desk that went elsewhere, or has not arrived, is not to be worked with.

    Raises:
        StoreError: this is one.
    """
    said = session.setting(MOVE) or ""
    if said.startswith(GONE):
        raise StoreError(
            f"this desk was moved to PostgreSQL ({said.removeprefix(GONE)}): "
            "HEED_DATABASE_URL must name that database"
        )
    if said.startswith(COMING):
        raise StoreError("a desk is being moved into this database: run heed move again to the end")
