"""The mail desk of one process, as its settings say: for the listeners and for mail services."""

from __future__ import annotations

import hashlib

from handlers.email.flood import Flood
from handlers.email.rcpt import Mailboxes
from handlers.email.receive import Check, MailDesk
from handlers.links import Links
from handlers.parts import Parts


def mail_desk(parts: Parts) -> MailDesk:
    mail = parts.mail
    return MailDesk(
        parts.desk,
        clock=parts.clock,
        trusted=frozenset(mail.trusted_mtas),
        authserv_ids=frozenset(mail.authserv_ids),
        trust_loopback=parts.settings.demo,
        loop_tag=loop_tag(parts),
        links=Links(parts.store, parts.policy),
        own=_own_check() if mail.mail_authenticate else None,
        mailboxes=Mailboxes(parts.policy).ours,
        flood=Flood(mail.mail_unverified_per_hour, parts.store),
    )


def _own_check() -> Check:
    """Heavy, and only where it is asked for."""
    from handlers.email.own_authentication import OwnAuthentication
    from handlers.email.resolver import Dns

    return OwnAuthentication(Dns()).passes


def loop_tag(parts: Parts) -> str:
    """A mark on our own mails that nobody else can make, so that we know them when they return."""
    return hashlib.blake2b(b"mail-loop", key=parts.store.token_key, digest_size=16).hexdigest()
