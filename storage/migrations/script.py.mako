"""${message}"""

from alembic import op
import sqlalchemy as sa

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    parts = op.get_context().opts["parts"]
    if "main" in parts:
        ${upgrades if upgrades else "pass"}
    if "keys" in parts:
        pass
