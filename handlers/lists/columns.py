"""Which column of a list means what, by the names that other systems give them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.model import Channel
from handlers.lists.lines import ListError


class Part(StrEnum):
    """What a column may say of an opt-out."""

    ADDRESS = "address"
    CHANNEL = "channel"
    SCOPE = "scope"
    SENDER = "sender"
    WHEN = "when"
    WORDS = "words"
    EVIDENCE = "evidence"
    SOURCE = "source"
    STATUS = "status"


_EMAIL = "email emailaddress mail emailid subscriberemail useremail contactemail"
_PHONE = (
    "phone phonenumber mobile mobilenumber mobilephone cell cellphone cellnumber number msisdn e164"
    " tel telephone sms smsnumber phonee164 tonumber telefon handy rufnummer telefono"
)
_ADDRESS = "address addr recipient contact destination subscriber endpoint to user"
_NAMES: dict[Part, str] = {
    Part.CHANNEL: "channel medium addresstype",
    Part.SCOPE: "scope topic list listname category group program campaign",
    Part.SENDER: "sender from fromnumber shortcode ournumber sentfrom",
    Part.WHEN: (
        "when optoutdate optoutat optedoutat optedoutdate optouttime optouttimestamp"
        " optedouttimestamp unsubscribedate unsubscribedat unsubscribetime unsubtime suppressedat"
        " dateoptedout dateunsubscribed since date time datetime timestamp"
    ),
    Part.WORDS: "words message text body content",
    Part.EVIDENCE: "evidence note notes comment comments proof reason details",
    Part.SOURCE: "source origin system via",
    Part.STATUS: (
        "status hold optedout optout unsubscribed isoptedout isunsubscribed suppressed"
        " donotcontact dnc subscriptionstatus consentstatus subscribed optedin optin consent"
    ),
}
_BY_NAME: dict[str, tuple[Part, Channel | None]] = {
    **dict.fromkeys(_EMAIL.split(), (Part.ADDRESS, Channel.EMAIL)),
    **dict.fromkeys(_PHONE.split(), (Part.ADDRESS, Channel.SMS)),
    **dict.fromkeys(("whatsapp", "whatsappnumber", "waid"), (Part.ADDRESS, Channel.WHATSAPP)),
    **dict.fromkeys(_ADDRESS.split(), (Part.ADDRESS, None)),
    **{name: (part, None) for part, names in _NAMES.items() for name in names.split()},
}
# a yes in a column of these names says that somebody may be written to
_YES_IS_IN = frozenset({"subscribed", "optedin", "optin", "consent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The column of each part; `channel` is what the address's column is named after."""

    of: dict[Part, str] = field(default_factory=dict)
    channel: Channel | None = None
    yes_is_in: bool = False

    def describe(self) -> str:
        return ", ".join(f"{part} from {name!r}" for part, name in self.of.items())


def find(every: Sequence[str], address: str = "", ignored: Sequence[str] = ()) -> Columns | None:
    """What the columns mean; None where none of them is known, so that this is no header.

    `address` names the column with the addresses; `ignored` are not looked at. Of several that
    could be a part, the one with the plainer name counts.

    Raises:
        ListError: nobody can tell which column holds the addresses.
    """
    left_out = {_bare(name) for name in ignored}
    names = [name for name in every if _bare(name) not in left_out]
    if address:
        chosen = next((name for name in names if _bare(name) == _bare(address)), None)
        if chosen is None:
            raise ListError(f"there is no column {address!r}; there are {', '.join(names)}")
    else:
        known = [name for name in names if _bare(name) in _BY_NAME]
        if not known:
            return None
        chosen = _address_of(known)
    of = {Part.ADDRESS: chosen}
    there = {_bare(name): name for name in reversed(names)}
    for part, spellings in _NAMES.items():
        found = [there[one] for one in spellings.split() if one in there and there[one] != chosen]
        if found:
            of[part] = found[0]
    _, channel = _BY_NAME.get(_bare(chosen), (Part.ADDRESS, None))
    status = of.get(Part.STATUS, "")
    return Columns(of=of, channel=channel, yes_is_in=_bare(status) in _YES_IS_IN)


def _address_of(names: Sequence[str]) -> str:
    found = [name for name in names if _BY_NAME[_bare(name)][0] is Part.ADDRESS]
    plain = [name for name in found if _bare(name) == "address"]
    if len(plain) == 1:
        return plain[0]
    if len(found) != 1:
        what = f"several could be it: {', '.join(found)}" if found else "no column is named so"
        raise ListError(f"which column holds the addresses? {what}; say --column NAME")
    return found[0]


def _bare(name: str) -> str:
    """Without case, spaces, dashes and underscores: `Opt-Out Date` is `optoutdate`."""
    return re.sub(r"[\W_]+", "", name.casefold())
