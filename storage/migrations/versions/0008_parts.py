"""Texts in parts wait to be whole. Frozen: later changes are later revisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if "main" not in op.get_context().opts["parts"]:
        return
    op.create_table(
        "text_parts",
        sa.Column("addr", sa.LargeBinary, nullable=False),
        sa.Column("event", sa.LargeBinary, nullable=False),
        sa.Column("whole", sa.LargeBinary, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("message_ct", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("addr", "event"),
        sqlite_with_rowid=False,
    )
    op.create_index("text_parts_due", "text_parts", ["due_at"])
