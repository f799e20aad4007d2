"""The first tables. Frozen: later changes are later revisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_LOOSE = {"sqlite_with_rowid": False}
_REFUSE_SQLITE = """
CREATE TRIGGER ledger_no_{verb} BEFORE {verb} ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is never changed'); END
"""
_REFUSE_FUNCTION = """
CREATE FUNCTION ledger_is_final() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the ledger is never changed'; END $$
"""
_REFUSE_POSTGRES = """
CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_final()
"""


def upgrade() -> None:
    parts = op.get_context().opts["parts"]
    if "main" in parts:
        _addresses()
        _ledger()
        _people()
        _reviews()
        _outbox()
        op.create_table("settings", _text("name"), _text("value"), _key("name"), **_LOOSE)
    if "keys" in parts:
        _keys()


def _blob(name: str, *, null: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _big(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=null, autoincrement=False)


def _flag(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger, nullable=False)


def _key(*names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*names)


def _addresses() -> None:
    op.create_table(
        "addresses",
        _blob("addr"),
        _text("channel"),
        _blob("value_ct", null=True),
        _big("created_at"),
        _big("entries"),
        _blob("last_leaf"),
        _key("addr"),
        **_LOOSE,
    )
    op.create_table(
        "events",
        _blob("addr"),
        _blob("key"),
        _text("message_id"),
        _text("outcome"),
        _text("outbox_id", null=True),
        _big("received_at"),
        _key("addr", "key"),
        **_LOOSE,
    )


def _ledger() -> None:
    op.create_table(
        "ledger",
        _blob("addr"),
        _big("number"),
        _text("id"),
        _text("kind"),
        _text("channel"),
        _text("message_id"),
        _text("scope", null=True),
        _big("recorded_at"),
        _big("effective_at"),
        _blob("facts_ct"),
        _blob("words_ct"),
        _blob("commitment"),
        _blob("prev_leaf"),
        _blob("leaf"),
        _key("addr", "number"),
        sa.UniqueConstraint("addr", "id", name="ledger_id"),
    )
    op.create_index("ledger_recorded_at", "ledger", ["recorded_at"])
    if op.get_context().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(_REFUSE_SQLITE.format(verb=verb))
    else:
        op.execute(_REFUSE_FUNCTION)
        op.execute(_REFUSE_POSTGRES)


def _people() -> None:
    op.create_table(
        "suppressions",
        _blob("addr"),
        _text("scope"),
        _text("hold"),
        _big("since"),
        _big("until", null=True),
        _text("entry_id"),
        _text("flags"),
        _key("addr", "scope"),
        **_LOOSE,
    )
    op.create_table(
        "conversations",
        _blob("addr"),
        _text("sender"),
        _big("version"),
        _text("state"),
        _key("addr", "sender"),
        **_LOOSE,
    )
    op.create_table(
        "sends",
        _blob("addr"),
        _text("sender"),
        _big("sent_at"),
        _text("id"),
        _text("topic"),
        _text("lang"),
        _blob("message_ref", null=True),
        _text("choices"),
        _flag("after_stop"),
        _key("addr", "sender", "sent_at", "id"),
        **_LOOSE,
    )
    op.create_table("contacts", _blob("addr"), _blob("contact"), _key("addr", "contact"), **_LOOSE)
    op.create_index("contacts_by_contact", "contacts", ["contact", "addr"])


def _reviews() -> None:
    op.create_table(
        "reviews",
        _blob("addr"),
        _text("id"),
        _text("cause"),
        _text("sender"),
        _text("channel"),
        _text("entry_id"),
        _text("holds", null=True),
        _text("state"),
        _big("version"),
        _big("opened_at"),
        _big("due_at"),
        _text("verdict", null=True),
        _text("decided_by"),
        _big("decided_at", null=True),
        _text("card_team"),
        _text("card_channel"),
        _text("card_ts"),
        _text("card_state"),
        _key("addr", "id"),
    )
    op.create_index("reviews_id", "reviews", ["id"])
    still_open = sa.text("state = 'open'")
    op.create_index(
        "reviews_open",
        "reviews",
        ["due_at", "id"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        _blob("addr"),
        _text("id"),
        _text("kind"),
        _text("channel"),
        _text("provider"),
        _text("sender"),
        _blob("payload_ct"),
        _blob("raw_ct", null=True),
        _text("entry_id"),
        _text("message_id"),
        _flag("confirmation"),
        _flag("repeatable"),
        _text("state"),
        _big("created_at"),
        _big("due_at"),
        _big("expires_at", null=True),
        _big("tries"),
        _big("lease_until", null=True),
        _text("provider_ref"),
        _text("error"),
        _key("addr", "id"),
    )
    op.create_index("outbox_id", "outbox", ["id"])
    op.create_index("outbox_created_at", "outbox", ["created_at", "id"])
    waiting = sa.text("state IN ('pending', 'sending', 'parked')")
    op.create_index(
        "outbox_waiting",
        "outbox",
        ["due_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def _keys() -> None:
    op.create_table(
        "keyring",
        _text("name"),
        _blob("wrapped"),
        _blob("key_id"),
        _big("created_at"),
        _key("name"),
        **_LOOSE,
    )
    op.create_table(
        "address_keys", _blob("addr"), _blob("wrapped"), _blob("key_id"), _key("addr"), **_LOOSE
    )
    op.create_index("address_keys_key_id", "address_keys", ["key_id"])
    op.create_table(
        "word_keys",
        _blob("addr"),
        _text("entry_id"),
        _blob("wrapped"),
        _key("addr", "entry_id"),
        **_LOOSE,
    )
