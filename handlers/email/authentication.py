"""Did the From domain really send this? Another server's word, believed only where configured.

RFC 8601: the trusted list starts empty (7.1), only the administrator's own authserv-id counts
(4.1), unknown methods are ignored, and everything but `pass` is as good as nothing (2.7).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import idna

from handlers.email.decoding import header_text
from handlers.email.mime import parse
from handlers.email.parse import ParsedMail

_BY: Final = re.compile(r"\bby ([^\s;()]{1,255})", re.IGNORECASE)
_METHOD: Final = re.compile(r"([a-z][a-z0-9-]{0,30})(?:/\d+)?\s*=\s*([a-z]{1,20})(?:\s|$)")
_PROPERTY: Final = re.compile(
    r"\b(header\.(?:from|d|i)|smtp\.mailfrom)\s*=\s*\"?([^\s\";]{1,320})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    method: str
    passed: bool
    properties: dict[str, str] = field(default_factory=dict)


def authenticated(
    parsed: ParsedMail, raw: bytes, *, peer_trusted: bool, authserv_ids: frozenset[str]
) -> bool:
    """True if a server of ours saw DMARC or aligned DKIM pass for the From domain.

    Two From headers, two addresses in one, an unknown peer or no configured id are never
    authenticated. Where several results of ours disagree, the bad one holds: one may be forged.
    """
    domain = domain_of(parsed.from_address)
    if not peer_trusted or not authserv_ids or parsed.duplicate_from or not domain:
        return False
    results = list(_our_results(raw, frozenset(map(_a_label, authserv_ids))))
    dmarc = [result for result in results if result.method == "dmarc"]
    if dmarc:
        return all(
            result.passed and _a_label(result.properties.get("header.from", "")) == domain
            for result in dmarc
        )
    return any(
        result.passed and aligned(domain, _signer(result))
        for result in results
        if result.method == "dkim"
    )


def sending_domain(raw: bytes, *, peer_trusted: bool, authserv_ids: frozenset[str]) -> str:
    """The registered domain that signed or sent the mail, whosever From it bears; `""` if unknown.

    Known from the same results as `authenticated`: a DKIM signer that passed, else SPF's.
    """
    if not peer_trusted or not authserv_ids:
        return ""
    results = list(_our_results(raw, frozenset(map(_a_label, authserv_ids))))
    passed = {one.method: one for one in reversed(results) if one.passed}
    domain = _signer(passed["dkim"]) if "dkim" in passed else ""
    if not domain and "spf" in passed:
        domain = domain_of(passed["spf"].properties.get("smtp.mailfrom", ""))
    return registered(domain) if "." in domain else ""


def registered(domain: str) -> str:
    """The domain that somebody registered: names below it cost nothing (RFC 7489, 3.2)."""
    from authheaders.dmarc_lookup import get_org_domain  # slow to load, and seldom asked for

    found = str(get_org_domain(domain))
    return (
        found if "." in found else ".".join(domain.split(".")[-2:])
    )  # a TLD younger than the list


def _our_results(raw: bytes, ids: frozenset[str]) -> Iterator[_Result]:
    """The results above the first Received that is not ours, or that stands below a result.

    Forged instances of our id are the border server's to remove (RFC 8601, 5); this bounds what
    one that does not can cost.
    """
    seen = False
    for name, value in parse(raw)[0].headers:
        if name == "received":
            if seen or not _is_ours(header_text(value), ids):
                return
        elif name == "authentication-results":
            server, _, rest = _without_comments(header_text(value)).partition(";")
            words = server.split()
            if words and _a_label(words[0]) in ids:
                seen = True
                yield from _results(rest)


def _is_ours(received: str, ids: frozenset[str]) -> bool:
    found = _BY.search(_without_comments(received))
    host = _a_label(found[1]) if found else ""
    return any(host == own or host.endswith(f".{own}") for own in ids)


def _results(rest: str) -> Iterator[_Result]:
    for statement in rest.split(";"):
        found = _METHOD.match(statement.strip().lower())
        if found:
            properties = {name.lower(): value for name, value in _PROPERTY.findall(statement)}
            yield _Result(method=found[1], passed=found[2] == "pass", properties=properties)


def _without_comments(value: str) -> str:
    """The value without (nested) comments; what is quoted stays (RFC 5322, 3.2.2)."""
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for letter in value:
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == '"' and not depth:
            quoted = not quoted
        elif letter == "(" and not quoted:
            depth += 1
        elif letter == ")" and depth and not quoted:
            depth -= 1
            continue
        if not depth:
            kept.append(letter)
    return "".join(kept)


def _signer(result: _Result) -> str:
    return _a_label(
        result.properties.get("header.d")
        or result.properties.get("header.i", "").rpartition("@")[2]
    )


def aligned(domain: str, signer: str) -> bool:
    """The same domain, or one above it (RFC 7489, 3.1.1, the safe half of relaxed alignment).

    A signer below is a tenant's: it must not speak for the platform.
    """
    if "." not in signer or "." not in domain:
        return False
    return signer == domain or domain.endswith(f".{signer}")


def domain_of(address: str) -> str:
    """The domain of a mailbox, as A-labels in lower case; empty where there is none."""
    return _a_label(address.rpartition("@")[2])


def _a_label(domain: str) -> str:
    bare = domain.strip().rstrip(".").lower()
    try:
        return idna.encode(bare, uts46=True).decode("ascii") if not bare.isascii() else bare
    except idna.IDNAError:
        return bare
