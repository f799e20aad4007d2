"""Brings addresses to the one form under which they are looked up.

`sms`, `whatsapp`, `email` and `slack` read what a provider reports and refuse little: a stop from
an odd number is still a stop. `parse` reads what a person typed or pasted and refuses what cannot
be an address. All of them give the same address again when fed their own result.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

import idna

from bot import phones
from bot.model import Address, Channel


class AddressError(ValueError):
    """The text is no address. The message says what is wrong and never repeats the text."""


# Meta's business-scoped user id: the country of the person's number, then an opaque id.
_SCOPED_ID = re.compile(r"(?P<country>[A-Z]{2})\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_PLAIN_EMAIL = re.compile(r"[a-z0-9._+-]{1,64}@(?:[a-z0-9]{1,63}\.){1,4}[a-z]{2,63}")
_ATOM = re.compile(r"[^\s\x00-\x1f\x7f\"(),:;<>@\[\]\\]+")
_HOST_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_SLACK_TEAM = re.compile(r"[TE][A-Z0-9]{1,20}")
_SLACK_USER = re.compile(r"[UW][A-Z0-9]{1,20}")
_SLACK_PAIR = re.compile(r"[TE][A-Z0-9]+/[UW][A-Z0-9]+", re.IGNORECASE)
_SLACK_MENTION = re.compile(r"<@(?P<user>[A-Z0-9]+)(?:\|[^<>]*)?>", re.IGNORECASE)
_LINK = re.compile(r"<(?P<target>[^<>|]+)(?:\|[^<>]*)?>$")
_SCHEME = re.compile(r"(mailto|email|tel|sms|mms|rcs|whatsapp|slack):(?://)?", re.IGNORECASE)
_QUOTES = frozenset("\"'`´‘’‚‛“”„‟«»‹›「」")
_TYPED_MAX = 500  # characters; an address with its display name is shorter
_LOCAL_MAX, _MAIL_MAX = 64, 254  # octets: RFC 5321 4.5.3.1; a path of 256 has angle brackets

_CHANNEL_OF_SCHEME = {
    "mailto": Channel.EMAIL,
    "email": Channel.EMAIL,
    "tel": Channel.SMS,
    "sms": Channel.SMS,
    "mms": Channel.SMS,
    "rcs": Channel.SMS,
    "whatsapp": Channel.WHATSAPP,
    "slack": Channel.SLACK,
}
_NO_NUMBER = "not a phone number: other characters, a wrong beginning, or too few or many digits"
_NO_LOCAL_PART = "the part before the @ is empty or holds a character it may not"
_NO_DOMAIN = "the part after the @ is not a domain name"


def sms(value: str, *, region: str = "US") -> Address:
    """A phone number as a provider spells it, in E.164; or a short code, as its digits.

    MMS and RCS senders are the same addresses. Bare digits are an international number without
    its `+` where that is a number in use, else a national one of `region` (ISO 3166).

    Raises:
        AddressError: neither a phone number nor a short code.
    """
    number = phones.reported(value, region)
    if number is None:
        raise AddressError(_NO_NUMBER)
    return Address(channel=Channel.SMS, value=number)


def whatsapp(value: str) -> Address:
    """A WhatsApp sender: a phone number, with or without `+`, or a business-scoped id.

    Raises:
        AddressError: neither of the two.
    """
    text = value.strip().removeprefix("whatsapp:")
    if _SCOPED_ID.fullmatch(text):
        return Address(channel=Channel.WHATSAPP, value=text)
    number = phones.reported(text if text.startswith("+") else f"+{text}", "ZZ")
    if number is None or not number.startswith("+"):
        raise AddressError("a WhatsApp sender is a phone number or a business-scoped id")
    return Address(channel=Channel.WHATSAPP, value=number)


def email(value: str) -> Address:
    """A mailbox: the domain in IDNA A-labels, the local part case-folded, tags and dots kept.

    Takes a display name, angle brackets and `mailto:`. RFC 5321 calls the local part
    case-sensitive; folding it only ever widens an opt-out.

    Raises:
        AddressError: not one mailbox, or longer than RFC 5321 4.5.3.1 allows (in octets).
    """
    if len(value) <= _MAIL_MAX and _PLAIN_EMAIL.fullmatch(value):
        return Address(channel=Channel.EMAIL, value=value)
    text = "".join(char for char in value if unicodedata.category(char) != "Cf").strip()
    if text.endswith(">"):
        text = text[text.rfind("<") + 1 : -1].strip()
    if text[:7].casefold() == "mailto:":
        text = unquote(text[7:].partition("?")[0])
    local, at, domain = text.rpartition("@")
    if not at:
        raise AddressError("a mail address needs an @")
    local, domain = _local_part(local), _domain(domain)
    if len(local.encode()) > _LOCAL_MAX:
        raise AddressError("the part before the @ is longer than 64 octets")
    if len(local.encode()) + 1 + len(domain) > _MAIL_MAX:
        raise AddressError("the mail address is longer than 254 octets")
    return Address(channel=Channel.EMAIL, value=f"{local}@{domain}")


def slack(team: str, user: str) -> Address:
    """A person in Slack: home team (or enterprise) and user id.

    Raises:
        AddressError: one of them is not an id of its kind.
    """
    team, user = team.strip().upper(), user.strip().upper()
    if not _SLACK_TEAM.fullmatch(team):
        raise AddressError("a Slack team id begins with T or E")
    if not _SLACK_USER.fullmatch(user):
        raise AddressError("a Slack user id begins with U or W")
    return Address(channel=Channel.SLACK, value=f"{team}/{user}")


def parse(
    text: str, *, region: str = "US", channel: Channel | None = None, team: str = ""
) -> Address:
    """An address as people type, paste or export it.

    Takes national formats of `region`, any dash, space or digit, quotes, `tel:` and `mailto:`
    links, display names, Slack's link markup, and Slack mentions where `team` is given. Digits are
    read as a number of `region` first, so `2025550123` is American with region US.

    Raises:
        AddressError: it is none, or not one of `channel`.
    """
    if len(text) > _TYPED_MAX:
        raise AddressError("too long to be an address")
    bare = _unquoted(text)
    if channel is Channel.OTHER:
        return _other(bare)
    mention = _SLACK_MENTION.fullmatch(bare)
    if mention:
        _agree(channel, Channel.SLACK)
        return slack(team, mention["user"])
    link = _LINK.search(bare)
    if link:
        bare = link["target"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    scheme = _SCHEME.match(bare)
    if scheme:
        spoken = _CHANNEL_OF_SCHEME[scheme[1].casefold()]
        if not (spoken is Channel.SMS and channel is Channel.WHATSAPP):
            _agree(channel, spoken)
            channel = spoken
        bare = bare[scheme.end() :].partition("?")[0]
        bare = unquote(bare) if scheme[1].casefold() == "mailto" else bare
    return _of_channel(channel or _guess(bare), bare, region, team)


def country(address: Address) -> str | None:
    """The ISO 3166 region of a number's plan; None where that cannot be told.

    Within +1 only a number in use tells (US, CA, ...); elsewhere the calling code suffices.
    """
    if address.channel not in (Channel.SMS, Channel.WHATSAPP):
        return None
    scoped = _SCOPED_ID.fullmatch(address.value)
    return scoped["country"] if scoped else phones.region_of(address.value)


def has_country(address: Address) -> bool:
    """Whether `country` can tell one; cheaper than asking which."""
    if address.channel not in (Channel.SMS, Channel.WHATSAPP):
        return False
    return bool(_SCOPED_ID.fullmatch(address.value)) or phones.in_some_country(address.value)


def is_nanp(address: Address) -> bool:
    """Whether it is a number of the North American plan: any +1."""
    return address.channel in (Channel.SMS, Channel.WHATSAPP) and address.value.startswith("+1")


def masked(address: Address) -> str:
    """Enough to recognise it beside the person, not enough to write to: `+1 *** *** 0123`."""
    value = address.value
    match address.channel:
        case Channel.EMAIL:
            local, _, domain = value.rpartition("@")
            first = local.lstrip('"')[: len(local) // 3][:1]
            return f"{first}***@{domain}"
        case Channel.SLACK:
            team, _, user = value.partition("/")
            return f"{team}/***{_tail(user)}"
        case _ if value.startswith("+"):
            return f"+{phones.calling_code(value) or '***'} *** *** {_tail(value)}"
        case _:
            return f"***{_tail(value)}"


def key(address: Address) -> bytes:
    """What the keyed hash of an address is taken over."""
    return f"{address.channel.value}\0{address.value}".encode()


def _tail(value: str) -> str:
    """The last characters, never more than a third."""
    return value[len(value) - min(4, len(value) // 3) :]


# --- mail ----------------------------------------------------------------------------------------


def _local_part(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] == '"'  # a quoted string, RFC 5321 4.1.2
    if not quoted and not _ATOM.fullmatch(text):
        raise AddressError(_NO_LOCAL_PART)
    inner = _folded(re.sub(r"\\(.)", r"\1", text[1:-1]) if quoted else text)
    if not inner or not inner.isprintable():
        raise AddressError(_NO_LOCAL_PART)
    if _ATOM.fullmatch(inner):
        return inner
    return '"' + re.sub(r'(["\\])', r"\\\1", inner) + '"'


def _folded(text: str) -> str:
    """Case folded and composed (Unicode D145 decomposes first)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def _domain(text: str) -> str:
    text = text.strip().removesuffix(".").lower()
    if not text.isascii():
        try:
            text = idna.encode(text, uts46=True).decode("ascii").removesuffix(".")
        except (idna.IDNAError, UnicodeError):
            raise AddressError(_NO_DOMAIN) from None
    if not all(_HOST_LABEL.fullmatch(label) for label in text.split(".")):
        raise AddressError(_NO_DOMAIN)
    return text


# --- what people type ----------------------------------------------------------------------------


def _unquoted(text: str) -> str:
    """Without what surrounds an address in lists and sentences."""
    bare = text.replace("＠", "@").strip("\ufeff\u200b\u200e\u200f ,;\t\r\n")
    while len(bare) > 1 and bare[0] in _QUOTES and bare[-1] in _QUOTES:
        bare = bare[1:-1].strip()
    return bare


def _agree(asked: Channel | None, found: Channel) -> None:
    if asked not in (None, found):
        raise AddressError(f"this is an address for {found}, not for {asked}")


def _guess(text: str) -> Channel:
    if "@" in text:
        return Channel.EMAIL
    return Channel.SLACK if _SLACK_PAIR.fullmatch(text) else Channel.SMS


def _of_channel(channel: Channel, text: str, region: str, team: str) -> Address:
    if channel is Channel.EMAIL:
        return email(text)
    if channel is Channel.SLACK:
        home, _, user = text.rpartition("/")
        return slack(home or team, user)
    if channel is Channel.WHATSAPP and _SCOPED_ID.fullmatch(text):
        return Address(channel=channel, value=text)
    number = phones.typed(text.partition(";")[0], region)
    if number is None or (channel is Channel.WHATSAPP and not number.startswith("+")):
        raise AddressError(_NO_NUMBER)
    return Address(channel=channel, value=number)


def _other(text: str) -> Address:
    if not text or not text.isprintable():
        raise AddressError("the address is empty or holds control characters")
    return Address(channel=Channel.OTHER, value=text)
