"""Bytes of a mail as text, whatever they claim to be. Nothing here raises."""

from __future__ import annotations

import codecs
import re
from email.errors import MessageError
from email.header import decode_header
from email.utils import getaddresses
from typing import Final

_ADDRESS_HEADERS: Final = 10  # of one name; RFC 5322 allows one
STRUCTURED_LIMIT: Final = 4 << 10  # bytes of one header that anything parses
_TEXT_CODECS: Final = re.compile(
    r"ascii|utf-(?:7|8|8-sig|16|16-[bl]e|32|32-[bl]e)|iso8859-\d+|cp\d+|koi8-[rtu]|kz1048|mac-\w+"
    r"|gb2312|gbk|gb18030|hz|big5|big5hkscs|euc_\w+|shift_jis\w*|iso2022_\w+|johab|tis-620|ptcp154"
)
_STATEFUL: Final = re.compile(r"utf-(?:7|16|32)|iso2022|hz|gb|big5|euc|shift|johab|cp9[345]")
_WIDER: Final = {  # what senders really mean, as browsers have learned
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "cp950",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso2022_jp": "iso2022_jp_3",
}
_ID: Final = re.compile(r"<[^<>\s]{1,996}>")


def _codec(charset: str) -> str | None:
    """The codec's name if it is one for text: "zlib" and the quadratic "punycode" are none."""
    name = charset.strip().strip("\"'").lower().replace("windows-874", "cp874")
    if name.startswith("iso-8859-"):
        name = name.removesuffix("-i").removesuffix("-e")  # of which end is first: RFC 1556
    if name in {"ks_c_5601-1987", "ks_c_5601"}:
        name = "cp949"
    if not name or len(name) > 40:  # noqa: PLR2004 - no charset's name is so long
        return None
    try:
        name = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    if not _TEXT_CODECS.fullmatch(name):
        return None
    return _WIDER.get(name, name)


def decode(content: bytes, charset: str) -> str:
    """Text of bytes: UTF-8 where it is valid, else as declared, else windows-1252.

    Encodings whose bytes may look like UTF-8 or ASCII (ISO-2022-JP, GB 18030) are tried first.
    """
    codec = _codec(charset)
    candidates = (
        ["utf-8", codec] if codec is None or not _STATEFUL.match(codec) else [codec, "utf-8"]
    )
    if b"\x1b$" in content[:65_536]:
        candidates.insert(0, "iso2022_jp_3")
    for name in candidates:
        if name:
            try:
                return content.decode(name)
            except (UnicodeError, ValueError):
                continue
    for lost in (1, 2, 3):  # a character cut at the limit makes UTF-8 invalid only at the end
        try:
            return content[:-lost].decode("utf-8")
        except UnicodeError:
            continue
    return content.decode(codec if codec and codec != "utf-8" else "cp1252", "replace")


def header_text(value: bytes) -> str:
    """A raw header value as text: unfolded, and capped before anything parses it."""
    return " ".join(decode(value[:STRUCTURED_LIMIT], "").split())


def decoded_words(value: str) -> str:
    """The value with its encoded words (RFC 2047) decoded; unchanged where that fails."""
    if "=?" not in value:
        return value
    try:
        pieces = decode_header(value[:STRUCTURED_LIMIT])
    except (MessageError, ValueError, LookupError):
        return value
    words = [
        piece if isinstance(piece, str) else decode(piece, charset or "")
        for piece, charset in pieces
    ]
    return " ".join("".join(words).split())


def addresses(values: list[str]) -> list[str]:
    """The bare addresses in some address headers. Groups and nonsense give none."""
    found: list[str] = []
    for value in values[:_ADDRESS_HEADERS]:
        try:
            pairs = getaddresses([value[:STRUCTURED_LIMIT]])
        except (ValueError, IndexError, RecursionError, AttributeError, TypeError):
            continue
        found.extend(address.strip() for _, address in pairs if is_address(address.strip()))
    return found


def is_address(text: str) -> bool:
    """True if it could be one: a local part, one last @, a domain, no blanks or controls."""
    local, at, domain = text.rpartition("@")
    return bool(
        at
        and local
        and domain
        and len(text) <= 320  # noqa: PLR2004 - 64 + 1 + 255, RFC 5321
        and text.isprintable()
        and " " not in text
        and not set(text) & set("<>,;")
    )


def message_ids(value: str) -> list[str]:
    """The `<ids>` in a header value, in order (RFC 5322, 3.6.4; phrases between are obsolete)."""
    return _ID.findall(value)
