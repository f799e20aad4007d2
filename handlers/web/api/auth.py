"""Bearer keys: who calls, and whether this role may."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from hashlib import sha256

from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from bot.errors import NotAllowed
from bot.model import Actor, Role
from handlers.api_keys import ApiKey

RANKS = tuple(Role)
"""Each role holds what stands before it."""


class Gate:
    """Lets in whoever shows one of the configured keys.

    Every key is compared, by its digest, so that the time taken tells neither how much of a key
    was right nor which one it was.
    """

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        self._keys = tuple(
            (sha256(one.key.encode()).digest(), Actor(name=f"api:{one.name}", role=one.role))
            for one in keys
        )

    def admit(self, authorization: str, needed: Role) -> Actor:
        """Who calls, by the Authorization header (as WSGI gives it: bytes read as Latin-1).

        Raises:
            Unauthorized: no key, or none of ours.
            NotAllowed: a key of ours whose role is too low.
        """
        scheme, _, shown = authorization.partition(" ")
        digest = sha256(shown.strip().encode("latin-1", "replace")).digest()
        found = [actor for known, actor in self._keys if hmac.compare_digest(known, digest)]
        if scheme.casefold() != "bearer" or not found:
            raise Unauthorized(
                "a bearer key of HEED_API_KEYS is needed",
                www_authenticate=WWWAuthenticate("bearer", {"realm": "heed"}),
            )
        require(found[0], needed)
        return found[0]


def require(actor: Actor, needed: Role) -> None:
    """Refuse an actor whose role is below `needed`.

    Raises:
        NotAllowed: it is.
    """
    if RANKS.index(actor.role) < RANKS.index(needed):
        raise NotAllowed(f"this needs a key with the role {needed}; yours has {actor.role}")
