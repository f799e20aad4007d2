"""Who has taken a review on. Frozen: later changes are later revisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if "main" not in op.get_context().opts["parts"]:
        return
    column = sa.Column("assigned_to", sa.Text, nullable=False, server_default="")
    op.add_column("reviews", column)
