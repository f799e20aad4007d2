"""Did the From domain really send this? Checked here, where no MTA of ours has said so.

An aligned DKIM signature that verifies (RFC 6376), or SPF that passes and aligns under a DMARC
record of the domain (RFC 7208, RFC 7489). Whatever goes wrong is no proof; it never refuses a mail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, Final

import authheaders
import dkim
import spf

from handlers.email.authentication import aligned, domain_of
from handlers.email.flood import is_local
from handlers.email.parse import ParsedMail
from handlers.email.resolver import NoAnswerError, Resolver

SIGNATURES: Final = 5
"""So many are looked at; a forger could add thousands."""
SPF_S: Final = 6
_resolver: ContextVar[Resolver] = ContextVar("heed-resolver")


class OwnAuthentication:
    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def passes(self, mail: ParsedMail, raw: bytes, peer: str, mail_from: str) -> bool:
        """True if the From domain signed the mail, or sent it from a server of its own.

        `peer` is who brought it, an IP address; one of our own network proves nothing by SPF.
        """
        domain = domain_of(mail.from_address)
        if not domain or mail.duplicate_from:
            return False
        token = _resolver.set(self._resolver)
        try:
            return _signed(raw, domain, _txt(self._resolver)) or (
                not is_local(peer) and _sent(raw, domain, peer, mail_from, _txt(self._resolver))
            )
        except Exception:  # noqa: BLE001 - a mail may bring anything; what cannot be checked proves nothing
            return False
        finally:
            _resolver.reset(token)


def _signed(raw: bytes, domain: str, txt: Callable[..., str | None]) -> bool:
    """Any aligned signature over the whole body: with `l=` anybody may have added words."""
    checked = dkim.DKIM(raw, timeout=int(SPF_S))
    names = [name.lower() for name, _ in checked.headers]
    for index in range(min(names.count(b"dkim-signature"), SIGNATURES)):
        try:
            good = checked.verify(idx=index, dnsfunc=txt)
        except (dkim.DKIMException, NoAnswerError):
            continue
        fields = checked.signature_fields
        signer = fields.get(b"d", b"").decode("ascii", "replace")
        if good and b"l" not in fields and aligned(domain, domain_of(f"@{signer}")):
            return True
    return False


def _sent(
    raw: bytes, domain: str, peer: str, mail_from: str, txt: Callable[..., str | None]
) -> bool:
    sender = domain_of(mail_from)
    if not sender or not aligned(domain, sender):
        return False
    answer, reason = spf.check2(peer, mail_from, sender, timeout=SPF_S, querytime=SPF_S)
    if answer != "pass":
        return False
    result = authheaders.SPFAuthenticationResult(
        result=answer, reason=reason, smtp_mailfrom=mail_from, smtp_helo=sender
    )
    return bool(authheaders.check_dmarc(raw, spf_result=result, dnsfunc=txt).result == "pass")


def _txt(resolver: Resolver) -> Callable[..., str | None]:
    """As dkimpy and authheaders ask: the first record of the name, as text (not bytes)."""

    def look_up(name: str | bytes, timeout: float = 0) -> str | None:
        del timeout
        asked = name.decode("ascii", "replace") if isinstance(name, bytes) else name
        found = resolver.look_up(asked.rstrip("."), "TXT")
        return next((one for one in found if isinstance(one, str)), None)

    return look_up


def _spf_lookup(name: str, qtype: str, *_more: Any, **_named: Any) -> Sequence[Any]:
    """In place of pyspf's own: it has no other way to be given a resolver."""
    if qtype == "SPF":  # the record type of RFC 4408, which RFC 7208 (3.1) took back
        return []
    try:
        found = _resolver.get().look_up(name.rstrip("."), qtype)
    except NoAnswerError:
        raise spf.TempError("DNS") from None
    if qtype == "TXT":
        return [((name, qtype), (one.encode(),)) for one in found if isinstance(one, str)]
    return [((name, qtype), one) for one in found]


spf.DNSLookup = _spf_lookup
