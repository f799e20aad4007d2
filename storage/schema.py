"""The tables. `migrations/` builds them; a test holds that both say the same.

Every key of the hot path begins with the address hash `addr` (16 bytes), so that one message never
needs two shards. Times are microseconds since 1970, UTC. `*_ct` columns are encrypted; the plain
ones hold no address, no person's words and no customer's name.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

REVISION = "0008"  # the newest in `migrations/versions`; a test holds that
MAIN = MetaData()
KEYS = MetaData()  # its own file on SQLite, with its own short-lived backups


def _blob(name: str, *, key: bool = False, null: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, primary_key=key, nullable=null)


def _text(name: str, *, key: bool = False, null: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=null)


def _time(name: str, *, key: bool = False, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=key, nullable=null, autoincrement=False)


def _count(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=key, nullable=False, autoincrement=False)


def _flag(name: str) -> Column[int]:
    return Column(name, SmallInteger, nullable=False)


addresses = Table(
    "addresses",
    MAIN,
    _blob("addr", key=True),
    _text("channel"),
    _blob("value_ct", null=True),  # null once erased
    _time("created_at"),
    _count("entries"),  # the number of the last ledger entry
    _blob("last_leaf"),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    MAIN,
    _blob("addr", key=True),
    _blob("key", key=True),  # keyed hash of provider, account and event id
    _text("message_id"),
    _text("outcome"),
    _text("outbox_id", null=True),
    _time("received_at"),
    sqlite_with_rowid=False,
)

ledger = Table(
    "ledger",
    MAIN,
    _blob("addr", key=True),
    _count("number", key=True),
    _text("id"),
    _text("kind"),
    _text("channel"),
    _text("message_id"),
    _text("scope", null=True),
    _time("recorded_at"),
    _time("effective_at"),
    _blob("facts_ct"),
    _blob("words_ct"),  # the entry's nonce and the words
    _blob("commitment"),  # HMAC of the plaintext under the nonce
    _blob("prev_leaf"),
    _blob("leaf"),
    UniqueConstraint("addr", "id", name="ledger_id"),
    Index("ledger_recorded_at", "recorded_at"),
)

text_parts = Table(
    "text_parts",  # of long texts that the carrier cut up, until they are whole or their time is up
    MAIN,
    _blob("addr", key=True),
    _blob("event", key=True),  # as in `events`, which it enters once the text was read
    _blob("whole"),  # keyed hash of what the parts of one text have in common
    _time("due_at"),
    _blob("message_ct"),
    Index("text_parts_due", "due_at"),
    sqlite_with_rowid=False,
)

suppressions = Table(
    "suppressions",
    MAIN,
    _blob("addr", key=True),
    _text("scope", key=True),
    _text("hold"),
    _time("since"),
    _time("until", null=True),
    _text("entry_id"),
    _text("flags"),
    sqlite_with_rowid=False,
)

conversations = Table(
    "conversations",
    MAIN,
    _blob("addr", key=True),
    _text("sender", key=True),
    _count("version"),
    _text("state"),
    sqlite_with_rowid=False,
)

sends = Table(
    "sends",
    MAIN,
    _blob("addr", key=True),
    _text("sender", key=True),
    _time("sent_at", key=True),
    _text("id", key=True),
    _text("topic"),
    _text("lang"),
    _blob("message_ref", null=True),  # keyed hash of the provider's id of the message
    _text("choices"),
    _flag("after_stop"),
    Index(
        "sends_after_stop",
        "sent_at",
        sqlite_where=text("after_stop = 1"),
        postgresql_where=text("after_stop = 1"),
    ),
    sqlite_with_rowid=False,
)

contacts = Table(
    "contacts",
    MAIN,
    _blob("addr", key=True),
    _blob("contact", key=True),  # keyed hash of the company's name for the person
    sqlite_with_rowid=False,
)

contact_members = Table(
    "contact_members",  # `contacts` the other way round: who of a contact is asked in one place
    MAIN,
    _blob("contact", key=True),
    _blob("addr", key=True),
    sqlite_with_rowid=False,
)

reviews = Table(
    "reviews",
    MAIN,
    _blob("addr", key=True),
    _text("id", key=True),
    _text("cause"),
    _text("sender"),
    _text("channel"),
    _text("entry_id"),
    _text("holds", null=True),
    _text("state"),
    _count("version"),
    _time("opened_at"),
    _time("due_at"),
    _text("verdict", null=True),
    _text("decided_by"),
    _time("decided_at", null=True),
    _text("card_team"),
    _text("card_channel"),
    _text("card_ts"),
    _text("card_state"),
    Column("assigned_to", Text, nullable=False, server_default=""),
    Index("reviews_id", "id"),
    Index("reviews_opened_at", "opened_at"),
    Index("reviews_decided_at", "decided_at"),
    Index(
        "reviews_open",
        "due_at",
        "id",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)

outbox = Table(
    "outbox",
    MAIN,
    _blob("addr", key=True),
    _text("id", key=True),
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
    _time("created_at"),
    _time("due_at"),
    _time("expires_at", null=True),
    _count("tries"),
    _time("lease_until", null=True),
    _text("provider_ref"),
    _text("error"),
    Index("outbox_created_at", "created_at", "id"),
    Index(
        "outbox_waiting",
        "due_at",
        sqlite_where=text("state IN ('pending', 'sending', 'parked')"),
        postgresql_where=text("state IN ('pending', 'sending', 'parked')"),
    ),
)

seals = Table(
    "seals",
    MAIN,
    _count("number", key=True),  # from 1, without a gap
    _time("sealed_at"),
    _count("size"),
    _count("total"),
    _blob("root"),
    _blob("register"),
    _blob("prev"),
    _blob("back"),
    _blob("key"),
    _blob("signature"),
    sqlite_with_rowid=False,
)

sealed = Table(
    "sealed",  # which seal holds an entry; what is not in it has none yet
    MAIN,
    _blob("addr", key=True),
    _count("number", key=True),
    _count("seal"),
    _count("position"),
    _blob("leaf"),  # as it was when it was sealed
    Index("sealed_by_seal", "seal", "position"),
    sqlite_with_rowid=False,
)

shelves = Table(
    "shelves",  # `bot.register` as of the newest seal; can be made again from `sealed`
    MAIN,
    _count("shelf", key=True),
    _blob("digest"),
    sqlite_with_rowid=False,
)

slack_people = Table(
    "slack_people",  # who asked something of Heed in Slack, by Slack's own word
    MAIN,
    _blob("who", key=True),  # keyed hash of workspace and user
    _text("workspace"),
    _text("member"),  # the user id of full members, who are staff; of everybody else empty
    _text("home"),
    _text("standing"),
    _time("learned_at"),  # 0: never
    _time("wanted_at"),
    _text("wishes"),  # their own settings, as JSON
    Index("slack_people_learned_at", "learned_at", "who"),
    Index("slack_people_wanted_at", "wanted_at"),
    sqlite_with_rowid=False,
)

hourly = Table(
    "hourly",
    MAIN,
    _text("what", key=True),
    _count("hour", key=True),  # since 1970, UTC
    _blob("whom", key=True),  # keyed hash
    _count("times"),
    sqlite_with_rowid=False,
)

settings = Table("settings", MAIN, _text("name", key=True), _text("value"), sqlite_with_rowid=False)

keyring = Table(
    "keyring",
    KEYS,
    _text("name", key=True),
    _blob("wrapped"),
    _blob("key_id"),
    _time("created_at"),
    sqlite_with_rowid=False,
)

address_keys = Table(
    "address_keys",
    KEYS,
    _blob("addr", key=True),
    _blob("wrapped"),
    _blob("key_id"),  # which master key wraps it
    Index("address_keys_key_id", "key_id"),
    sqlite_with_rowid=False,
)

word_keys = Table(
    "word_keys",
    KEYS,
    _blob("addr", key=True),
    _text("entry_id", key=True),
    _blob("wrapped"),
    sqlite_with_rowid=False,
)
