"""Who answers a stop: exactly one of the provider, the network below it, and Heed.

The answers of others are known from what a provider says with the message, else from what it and
the networks document (docs/providers.md: Who confirms).
"""

from __future__ import annotations

from bot.model import Channel, InboundMessage
from bot.policy import ConfirmedBy, NumberType, Policy, Sender

NETWORK_WORDS = frozenset({"stop", "start", "unstop"})
CARRIER_WORDS = frozenset(
    {
        *("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "optout"),
        *("revoke", "start", "unstop", "help", "info"),
    }
)
_NANP_TOLL_FREE = ("800", "833", "844", "855", "866", "877", "888")
_LONGEST_SHORT_CODE = 6  # digits, where it has no `+`


def number_type(number: str) -> NumberType:
    """What kind of number of ours this is. Toll-free networks answer in +1 alone."""
    if number.startswith("+1") and number[2:5] in _NANP_TOLL_FREE:
        return NumberType.TOLL_FREE
    if number.isdigit() and len(number) <= _LONGEST_SHORT_CODE:
        return NumberType.SHORT_CODE
    return NumberType.LONG_CODE


def confirmed_by(sender: Sender, provider: str, policy: Policy) -> ConfirmedBy:
    """As the operator says, else as the provider documents it for numbers of this kind.

    `provider` may name an account of it (`twilio/eu`). What goes over WhatsApp no network answers.
    """
    if sender.confirmed_by is not None:
        return sender.confirmed_by
    if sender.channel is not Channel.SMS:
        return ConfirmedBy.HEED
    kind = sender.number_type or number_type(sender.id)
    return policy.confirms.get((provider.partition("/")[0], kind), ConfirmedBy.HEED)


def answered_elsewhere(message: InboundMessage, by: ConfirmedBy) -> bool:
    """Whether somebody else has answered this message, so that Heed stays silent."""
    if message.provider_replied:
        return True
    word = " ".join(message.text.casefold().split())
    match by:
        case ConfirmedBy.PROVIDER | ConfirmedBy.NOBODY:
            return True
        case ConfirmedBy.PROVIDER_KEYWORDS:
            return message.provider_keyword
        case ConfirmedBy.NETWORK:
            return word in NETWORK_WORDS
        case ConfirmedBy.CARRIER:
            return message.provider_keyword or word in CARRIER_WORDS
        case ConfirmedBy.HEED | ConfirmedBy.ADVANCED:
            return False
