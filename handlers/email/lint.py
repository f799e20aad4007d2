"""What a marketing mail lacks for its recipient to leave as the rules and mail providers ask.

Looks at the mail alone: whether a DKIM signature is valid is for the receiving server; here it
counts what the signature says it covers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from handlers.email.decoding import addresses
from handlers.email.html import to_text
from handlers.email.mime import Part, parse

_URI: Final = re.compile(r"<\s*([^<>]{1,2000}?)\s*>")
_TAG: Final = re.compile(r"(?:^|;)\s*(\w+)\s*=\s*([^;]*)")
_LEAVE: Final = re.compile(
    r"unsubscri|opt[ -]?out|abmeld|abbestell|austragen|désinscri|désabonn|darse de baja|baja|"
    r"cancelar (?:la )?suscripción|cancelar (?:a )?(?:inscrição|assinatura)|annulla iscrizione|"
    r"disiscriv|afmeld|uitschrijv|avregistrer|avprenumerera|afmeld|peruuta tilaus|wypisz|"
    r"zrezygnuj|odhlás|abonelikten|отписа|відписа|退订|取消订阅|退訂|配信停止|수신거부|"
    r"إلغاء الاشتراك|"
    r"berhenti berlangganan|manage (?:your )?preferences",
    re.IGNORECASE,
)
_POSTCODE: Final = re.compile(
    r"\b(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{4,6})\b"
)
_STREET: Final = re.compile(
    r"\b(?:street|st\.|avenue|ave\.?|road|rd\.?|suite|floor|box|lane|drive|blvd|boulevard|"
    r"square|straße|strasse|str\.|platz|weg|rue|place|calle|avenida|plaza|via|piazza|rua|straat|"
    r"gata|gatan|gate|vej|katu|ulica|ul\.|ulice|sokak|cadde|улица|ул\.|вулиця)",
    re.IGNORECASE,
)
_ASIAN_PLACE: Final = re.compile(r"[省市区區县縣路号號町丁目番]{1}.{0,20}\d|[시구동로길].{0,12}\d")
_POST_VALUE: Final = "list-unsubscribe=one-click"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`ok` or what is missing, in words for whoever sends the mail, and where that is asked."""

    ok: bool
    name: str
    says: str
    source: str


def lint(raw: bytes) -> list[Finding]:
    """Every check, in the order in which a sender would mend them. Never raises on any bytes."""
    root, _ = parse(raw)
    return [*_headers(root), *_signature(root), *_body(root), *_sender(root)]


def _headers(root: Part) -> Iterator[Finding]:
    values = root.all("list-unsubscribe")
    uris = _URI.findall(values[0]) if values else []
    schemes = [urlsplit(uri).scheme.lower() for uri in uris]
    if len(values) > 1:
        says = "stands more than once; receivers then show no button"
    elif not values:
        says = "is missing"
    elif not uris:
        says = "holds no <URI>; each stands in angle brackets"
    elif schemes.count("https") != 1:
        says = f"needs exactly one https URI, it has {schemes.count('https')}"
    else:
        says = ""
    yield _finding("List-Unsubscribe", says, "one https URI", "RFC 8058 3.1")
    posts = [value.strip().lower() for value in root.all("list-unsubscribe-post")]
    yield _finding(
        "List-Unsubscribe-Post",
        "" if posts == [_POST_VALUE] else "must be exactly: List-Unsubscribe=One-Click",
        "asks for one-click",
        "RFC 8058 3.1; Gmail and Yahoo sender rules, 2024",
    )
    mailto = any(scheme == "mailto" for scheme in schemes)
    yield _finding(
        "List-Unsubscribe mailto",
        "" if mailto else "no mailto beside the link; some mail programs know only that",
        "has one",
        "RFC 2369 3.2 (advice)",
    )


def _signatures(root: Part) -> list[dict[str, str]]:
    return [
        {name: "".join(value.split()).lower() for name, value in _TAG.findall(header)}
        for header in root.all("dkim-signature")
    ]


def _signature(root: Part) -> Iterator[Finding]:
    signed = [set(one.get("h", "").split(":")) for one in _signatures(root)]
    wanted = {"list-unsubscribe", "list-unsubscribe-post"}
    if not signed:
        says = "there is no DKIM signature"
    elif not any(wanted <= names for names in signed):
        says = "no signature covers both List- headers (its h= must name them)"
    else:
        says = ""
    yield _finding("DKIM", says, "covers both List- headers", "RFC 8058 3.1, 4")


def _body(root: Part) -> Iterator[Finding]:
    html = [part.text() for part in root.walk() if part.kind == "text/html"]
    plain = [part.text() for part in root.walk() if part.kind == "text/plain"]
    text = "\n".join([*(to_text(one)[0] for one in html), *plain])
    linked = _LEAVE.search(text) is not None and (
        "http" in "".join([*html, *plain]) or "mailto:" in "".join(html)
    )
    yield _finding(
        "visible way out",
        "" if linked else "no link that says how to unsubscribe stands in the body",
        "stands in the body",
        "15 USC 7704(a)(3), (5); Gmail sender rules",
    )
    street = _STREET.search(text) is not None and _POSTCODE.search(text) is not None
    yield _finding(
        "postal address",
        "" if street or _ASIAN_PLACE.search(text) else "none was recognised",
        "stands in the body",
        "15 USC 7704(a)(5)(A)(iii)",
    )


def _sender(root: Part) -> Iterator[Finding]:
    senders = addresses(root.all("from"))
    domain = senders[0].rpartition("@")[2].lower() if senders else ""
    aligned = any(_aligned(one.get("d", ""), domain) for one in _signatures(root))
    if len(senders) != 1:
        says = "must name exactly one address"
    elif not aligned:
        says = "no DKIM signature is by the domain of From"
    else:
        says = ""
    yield _finding("From", says, "matches the signing domain", "RFC 7489 3.1; Gmail sender rules")


def _aligned(signer: str, domain: str) -> bool:
    """Relaxed alignment without a list of public suffixes: one is the other or lies below it."""
    if not signer or not domain or "." not in signer:
        return False
    return domain == signer or domain.endswith(f".{signer}") or signer.endswith(f".{domain}")


def _finding(name: str, says: str, fine: str, source: str) -> Finding:
    return Finding(ok=not says, name=name, says=says or fine, source=source)
