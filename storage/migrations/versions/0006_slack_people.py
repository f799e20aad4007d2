"""Who staff are by Slack's own word. Frozen: later changes are later revisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if "main" not in op.get_context().opts["parts"]:
        return
    op.create_table(
        "slack_people",
        sa.Column("who", sa.LargeBinary, primary_key=True, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("home", sa.Text, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("learned_at", sa.BigInteger, nullable=False),
        sa.Column("wanted_at", sa.BigInteger, nullable=False),
        sa.Column("wishes", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("slack_people_learned_at", "slack_people", ["learned_at", "who"])
    op.create_index("slack_people_wanted_at", "slack_people", ["wanted_at"])
