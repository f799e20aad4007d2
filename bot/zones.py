"""By which clock a person lives, as far as their address tells."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone

from bot.model import Address, Channel
from bot.policy import Policy, Sender

_UNKNOWN = "Etc/Unknown"
_NUMBERED = (Channel.SMS, Channel.WHATSAPP)


def zone_of(address: Address, sender: Sender, policy: Policy) -> ZoneInfo:
    """The one time zone of the address's number; else the sender's, else the company's."""
    own = _of_number(address.value) if address.channel in _NUMBERED else ""
    return ZoneInfo(own or sender.zone or policy.zone)


@lru_cache(maxsize=1 << 12)
def _of_number(value: str) -> str:
    """Empty where the number could be in several zones, or in none that is known."""
    try:
        zones = timezone.time_zones_for_number(phonenumbers.parse(value, None))
    except phonenumbers.NumberParseException:
        return ""
    return zones[0] if len(zones) == 1 and zones[0] != _UNKNOWN else ""
