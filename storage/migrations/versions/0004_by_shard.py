"""Nothing is found without its sharding key. Frozen: later changes are later revisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if "main" not in op.get_context().opts["parts"]:
        return
    op.create_table(
        "contact_members",
        sa.Column("contact", sa.LargeBinary, nullable=False),
        sa.Column("addr", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("contact", "addr"),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO contact_members (contact, addr) SELECT contact, addr FROM contacts")
    op.drop_index("contacts_by_contact", "contacts")
    op.drop_index("outbox_id", "outbox")
