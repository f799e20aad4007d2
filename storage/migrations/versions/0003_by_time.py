"""What the monthly sheet counts is found by its time. Frozen: later changes are later revisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if "main" not in op.get_context().opts["parts"]:
        return
    after_stop = sa.text("after_stop = 1")
    op.create_index(
        "sends_after_stop",
        "sends",
        ["sent_at"],
        sqlite_where=after_stop,
        postgresql_where=after_stop,
    )
    op.create_index("reviews_opened_at", "reviews", ["opened_at"])
    op.create_index("reviews_decided_at", "reviews", ["decided_at"])
