"""The mail composer's two ends: our mailbox, and what the reader leaves out of a mail."""

from __future__ import annotations

from bot.model import Channel, Json
from bot.policy import Policy
from bot.quoted import reply_part

NOBODYS = "news@example.org"


def our_mailbox(policy: Policy) -> str:
    """The first mailbox that `heed.toml` names; one that belongs to nobody where it names none."""
    ours = (one.id for one in policy.senders.values() if one.channel is Channel.EMAIL)
    return next(ours, NOBODYS)


def cut_of(body: str) -> list[Json]:
    """The mail's lines as `[line, kept]`: quoted text and signatures are not read as the person's.

    The kept lines are those of `reply_part`, found again in their order.
    """
    kept = [line.rstrip() for line in reply_part(body).split("\n") if line.strip()]
    marked: list[Json] = []
    at = 0
    for line in body.replace("\r\n", "\n").rstrip().split("\n"):
        mine = at < len(kept) and line.rstrip() == kept[at]
        at += mine
        marked.append([line, mine or (not line.strip() and 0 < at < len(kept))])
    return marked
