"""The checks of `heed doctor`: each is a line that says what is so, and what to do about it.

`bad`: a promise is broken or Heed does not work. `warn`: a risk that somebody should know of.
"""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from bot.model import Channel
from bot.policy import AskReason, Policy
from handlers.backups import PROVED_AT, UNPACKED
from handlers.callers import Call, last_call
from handlers.parts import Parts
from handlers.settings import Settings
from handlers.spiking import going_on
from handlers.upkeep import SWEPT_AT
from handlers.variables import Variables
from storage import OutboxState, Store
from storage.location import SqliteFiles, locate
from storage.sqlite import driver

DAY = timedelta(days=1)
PROOF_LASTS = 90 * DAY
LOOK_BACK = 30 * DAY
SWEEP_LATE = 2 * DAY
KEY_CHARS = 20  # about 100 bits where the key is random
DISK_BAD, DISK_WARN = 0.02, 0.10  # of the disk
OTHERS = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class Mark(StrEnum):
    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    mark: Mark
    what: str


def ok(what: str) -> Finding:
    return Finding(mark=Mark.OK, what=what)


def warn(what: str) -> Finding:
    return Finding(mark=Mark.WARN, what=what)


def bad(what: str) -> Finding:
    return Finding(mark=Mark.BAD, what=what)


def place_findings(settings: Settings) -> Iterator[Finding]:
    """The machine: disk, permissions, SQLite itself."""
    location = locate(settings.store_url)
    if isinstance(location, SqliteFiles):
        yield ok(f"SQLite {driver().sqlite_version} is free of the WAL-reset bug")
        yield _disk(location.main.parent)
        yield _permissions([location.main, location.keys])
        left = sorted(one.name for one in location.main.parent.glob(f"{UNPACKED}*"))
        if left:
            yield warn(f"a restore was interrupted and left copies of keys: delete {left[0]}")
    else:
        yield ok("PostgreSQL: its disk, access and backups are watched by its own tools")


def _disk(folder: Path) -> Finding:
    try:
        usage = shutil.disk_usage(folder)
    except OSError as fault:
        return bad(f"the folder of the database cannot be looked at: {fault.strerror}")
    text = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.1f} GB are free for the database"
    share = usage.free / usage.total
    if share < DISK_BAD:
        return bad(f"{text}: soon nothing can be recorded")
    return warn(text) if share < DISK_WARN else ok(text)


def _permissions(files: Iterable[Path]) -> Finding:
    there = [path for path in files if path.exists()]
    folders = {path.parent for path in there}
    loose = [path for path in there if path.stat().st_mode & OTHERS]
    loose += [path for path in folders if path.stat().st_mode & OTHERS_WRITE]
    if loose:
        names = ", ".join(str(path) for path in loose)
        return bad(f"others on this machine may use {names}: chmod go-rwx them")
    return ok("the database's files are for their owner alone")


def setting_findings(settings: Settings) -> Iterator[Finding]:
    """What the environment says."""
    if settings.demo:
        yield warn("HEED_ENV is demo: nothing is sent out")
        return
    if not settings.public_url:
        yield warn("HEED_PUBLIC_URL is not set: providers' signatures and links need it")
    elif not settings.public_url.startswith("https://"):
        yield bad("HEED_PUBLIC_URL is not https: addresses and links travel readable")
    else:
        yield ok("HEED_PUBLIC_URL is https")
    if settings.human_mailbox:
        yield ok("HEED_HUMAN_MAILBOX is set")
    else:
        yield bad("HEED_HUMAN_MAILBOX is missing: what is not ours to decide reaches nobody")
    short = [one.name for one in settings.api_keys if len(one.key) < KEY_CHARS]
    if short:
        names = ", ".join(short)
        yield bad(f"HEED_API_KEYS: too short to be safe: {names} (openssl rand -hex 24)")
    elif settings.api_keys:
        yield ok(f"HEED_API_KEYS: {len(settings.api_keys)} keys, all long enough")
    if len(settings.secret_key) > 1:
        yield warn("HEED_SECRET_KEY lists older keys: heed keys rotate, then take them out")


def variable_findings(settings: Settings) -> Iterator[Finding]:
    """Once all parts are joined: variables that none of them has read."""
    if isinstance(settings.env, Variables):
        for name, near in settings.env.unknown().items():
            meant = f"; did you mean {near}?" if near else ""
            yield warn(f"{name} is set, and nothing reads it{meant}")


def policy_findings(policy: Policy) -> Iterator[Finding]:
    """What heed.toml says, and which risks it takes."""
    asking = [one for one in policy.senders.values() if one.ask_reason is AskReason.ALWAYS]
    for sender in asking:
        rule = (
            "47 CFR 64.1200(a)(12): a confirmation by text holds no question but the one on scope"
            if sender.channel is Channel.SMS
            else "the reason may be asked once, after the fact, and never as a condition"
        )
        yield warn(f"sender {sender.id}: ask_reason is always, at your own risk ({rule})")
    silent = [one.id for one in policy.senders.values() if not _contact(policy, one.program)]
    if silent:
        yield warn(f"no help_contact for {', '.join(sorted(silent))}: carriers want one in HELP")
    elif policy.senders:
        yield ok(f"{len(policy.senders)} senders, each with a help contact")
    else:
        yield warn("heed.toml names no senders: careful defaults speak for all of them")


def _contact(policy: Policy, program: str) -> str:
    return policy.program(program).help_contact or policy.help_contact


def store_findings(parts: Parts) -> Iterator[Finding]:
    """What the database says of itself."""
    store, now = parts.store, parts.clock()
    yield _keys(store)
    yield _proved(store, now)
    yield _swept(store, now)
    yield _outbox(store, now)
    yield from _spikes(store, now)
    late = store.read(lambda session: session.overdue_reviews(now))
    yield bad(f"{late} reviews are overdue: heed reviews") if late else ok("no review is overdue")


def _spikes(store: Store, now: datetime) -> Iterator[Finding]:
    found = going_on(store, now)
    yield from (warn(f"opt-outs have risen: {one}") for one in found)
    if not found:
        yield ok("opt-outs come as often as usual (docs/report.md)")


def _keys(store: Store) -> Finding:
    older = [one for one in store.wrapped_by() if not one.current]
    if older:
        count = sum(one.addresses + one.keyring for one in older)
        return warn(f"{count} keys are wrapped by an older master key: heed keys rotate")
    return ok("every key is wrapped by the current master key")


def _instant(store: Store, name: str) -> datetime | None:
    said = store.read(lambda session: session.setting(name))
    return datetime.fromisoformat(said) if said else None


def _proved(store: Store, now: datetime) -> Finding:
    when = _instant(store, PROVED_AT)
    if when is None:
        return warn("no backup was ever proved: heed restore --verify --from FILE")
    text = f"a backup was proved on {when:%Y-%m-%d}"
    return ok(text) if now - when <= PROOF_LASTS else warn(f"{text}: prove a newer one")


def _swept(store: Store, now: datetime) -> Finding:
    when = _instant(store, SWEPT_AT)
    if when is None:
        return warn("retention never ran: is a worker running?")
    text = f"retention ran on {when:%Y-%m-%d}"
    return ok(text) if now - when <= SWEEP_LATE else bad(f"{text}: is a worker running?")


def _outbox(store: Store, now: datetime) -> Finding:
    counts = store.read(lambda session: session.outbox_since(now - LOOK_BACK))
    parked = store.read(lambda session: len(session.parked()))
    unknown = counts.get(OutboxState.UNKNOWN, 0)
    text = f"outbox: {parked} parked, {unknown} of unknown end in 30 days"
    return warn(f"{text}: heed outbox") if parked or unknown else ok(text)


def mail_findings(parts: Parts) -> Iterator[Finding]:
    """Whether mail goes out, and whether anybody can be answered by it."""
    mail = parts.mail
    if mail.smtp_relay_url is None:
        yield warn(
            "HEED_SMTP_RELAY_URL is not set: no mail goes out, not to HEED_HUMAN_MAILBOX either"
        )
    if mail.trusted_mtas and mail.authserv_ids:
        yield ok("mail: HEED_TRUSTED_MTAS and HEED_AUTHSERV_IDS say whose checks are believed")
    elif mail.mail_authenticate:
        yield ok("mail: senders are checked here (DKIM, SPF, DMARC)")
    else:
        yield warn(
            "mail: nobody vouches for senders, so that stops count and none is confirmed: "
            "HEED_TRUSTED_MTAS with HEED_AUTHSERV_IDS, or HEED_MAIL_AUTHENTICATE=on"
        )


def webhook_findings(parts: Parts) -> Iterator[Finding]:
    """What came last from each provider and mail service that is set up."""
    for name in sorted([*parts.providers, *parts.mail_services]):
        good = last_call(parts.store, name, Call.VERIFIED)
        bad_one = last_call(parts.store, name, Call.REFUSED)
        if good is None:
            yield warn(f"{name}: no request has verified yet: heed connect {name}")
        elif bad_one is not None and bad_one.at > good.at:
            yield warn(
                f"{name}: the last request was refused ({bad_one.reason}), "
                f"the last good one came on {good.at:%Y-%m-%d}"
            )
        else:
            yield ok(f"{name}: a request verified on {good.at:%Y-%m-%d}")
