"""Seals over the ledger. Frozen: later changes are later revisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_LOOSE = {"sqlite_with_rowid": False}
_FINAL = ("seals", "sealed")
_REFUSE_SQLITE = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'a seal is never changed'); END
"""
_REFUSE_FUNCTION = """
CREATE FUNCTION seals_are_final() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a seal is never changed'; END $$
"""
_REFUSE_POSTGRES = """
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION seals_are_final()
"""


def upgrade() -> None:
    if "main" not in op.get_context().opts["parts"]:
        return
    op.create_table(
        "seals",
        _big("number"),
        _big("sealed_at"),
        _big("size"),
        _big("total"),
        _blob("root"),
        _blob("register"),
        _blob("prev"),
        _blob("back"),
        _blob("key"),
        _blob("signature"),
        sa.PrimaryKeyConstraint("number"),
        **_LOOSE,
    )
    op.create_table(
        "sealed",
        _blob("addr"),
        _big("number"),
        _big("seal"),
        _big("position"),
        _blob("leaf"),
        sa.PrimaryKeyConstraint("addr", "number"),
        **_LOOSE,
    )
    op.create_index("sealed_by_seal", "sealed", ["seal", "position"])
    op.create_table(
        "shelves", _big("shelf"), _blob("digest"), sa.PrimaryKeyConstraint("shelf"), **_LOOSE
    )
    if op.get_context().dialect.name == "sqlite":
        for table in _FINAL:
            for verb in ("UPDATE", "DELETE"):
                op.execute(_REFUSE_SQLITE.format(table=table, verb=verb))
    else:
        op.execute(_REFUSE_FUNCTION)
        for table in _FINAL:
            op.execute(_REFUSE_POSTGRES.format(table=table))


def _blob(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _big(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False)
