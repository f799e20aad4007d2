"""Verifying and parsing one message, for each provider, beside its official verifier.

One thread, no server, no database: what stands before the desk. The registry's share is what our
own lookup, error handling and renaming add to the provider's two calls.
"""

from __future__ import annotations

import statistics
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import parse_qsl

from bot.model import Inbound
from handlers import providers
from handlers.parts import utc_now
from handlers.ports import AnswersByApi, Provider, RawRequest
from handlers.settings import load_settings
from handlers.web.webhooks import heard_by, parsed
from storage.rows import OutboxItem
from tests.handlers.providers.contract import Case, cases
from tests.handlers.web_kit import PUBLIC

ROUNDS = 5
ROUND_S = 0.1


def bench() -> Iterator[str]:
    """The lines of the table; the median of five rounds, all in turn within each."""
    yield f"providers: verify and parse one message, one thread, median of {ROUNDS} rounds"
    yield f"{'':<12}{'per s':>9}{'verify':>9}{'official verifier per s':>26}{'registry':>10}"
    for case in cases():
        found = providers.configured(
            load_settings(
                {
                    "HEED_ENV": "production",
                    "HEED_SECRET_KEY": b64encode(bytes(32)).decode(),
                    "HEED_PUBLIC_URL": PUBLIC,
                    **case.env,
                }
            )
        )
        yield _row(case, found)


def _row(case: Case, found: Mapping[str, Provider]) -> str:
    provider = found[case.name]
    request = case.request(case.stop, case.about["secret"], at=utc_now())
    official = _OFFICIAL.get(case.name)

    def both() -> None:
        provider.verify(request)
        provider.parse(request)

    registry = {case.name: _Nothing(case.name, provider.parse(request))}

    def registered() -> None:
        known = registry[case.name]
        known.verify(request)
        for one in parsed(known, request):
            heard_by(case.name, one)

    works: list[Callable[[], object]] = [both, lambda: provider.verify(request), registered]
    if official is not None:
        verifier = official(case, request)
        assert verifier() is True
        works.append(verifier)
    whole, verify, registry_s, *theirs = _seconds(works)
    beside = f"{1 / theirs[0]:.0f} ({theirs[0] / verify:.1f} x ours)" if theirs else "-"
    share = registry_s / (whole + registry_s)
    return f"{case.name:<12}{1 / whole:>9.0f}{1 / verify:>9.0f}{beside:>26}{share:>10.1%}"


class _Nothing(AnswersByApi):
    """A provider that costs nothing, so that what is left is the registry's own."""

    def __init__(self, name: str, heard: Sequence[Inbound]) -> None:
        self.name = name
        self._heard = heard

    def verify(self, request: RawRequest) -> None:
        """Everything is genuine."""

    def parse(self, request: RawRequest) -> Sequence[Inbound]:
        """The same each time."""
        del request
        return self._heard

    def send(self, item: OutboxItem) -> str:
        """Never asked to."""
        raise AssertionError(item.id)


def _seconds(works: Sequence[Callable[[], object]]) -> list[float]:
    """Of one call each."""
    rounds: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for took, work in zip(rounds, works, strict=True):
            calls, begun = 0, time.perf_counter()
            while (passed := time.perf_counter() - begun) < ROUND_S:
                for _ in range(20):
                    work()
                calls += 20
            took.append(passed / calls)
    return [statistics.median(took) for took in rounds]


# --- the official verifiers, where there is one (development dependencies) -------------------------


def _twilio(case: Case, request: RawRequest) -> Callable[[], object]:
    from twilio.request_validator import RequestValidator

    validator = RequestValidator(case.about["secret"])
    signature = request.headers["x-twilio-signature"]

    def verify() -> bool:
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        return bool(validator.validate(request.url, form, signature))

    return verify


def _plivo(case: Case, request: RawRequest) -> Callable[[], object]:
    from plivo.utils import validate_v3_signature

    signature = request.headers["x-plivo-signature-ma-v3"]
    nonce = request.headers["x-plivo-signature-v3-nonce"]

    def verify() -> bool:
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        return bool(
            validate_v3_signature("POST", request.url, nonce, case.about["secret"], signature, form)
        )

    return verify


def _vonage(case: Case, request: RawRequest) -> Callable[[], object]:
    from vonage_jwt import verify_signature  # type: ignore[import-untyped]

    token = request.headers["authorization"].partition(" ")[2]
    secret = case.about["secret"].partition(":")[2]
    return lambda: bool(verify_signature(token, secret))


def _telnyx(case: Case, request: RawRequest) -> Callable[[], object]:
    from telnyx.lib import verify_webhook_signature

    key = case.env["HEED_TELNYX_PUBLIC_KEY"].partition(",")[0]

    def verify() -> bool:
        verify_webhook_signature(request.body, request.headers, key)  # raises where it is wrong
        return True

    return verify


_OFFICIAL: dict[str, Callable[[Case, RawRequest], Callable[[], object]]] = {
    "twilio": _twilio,
    "plivo": _plivo,
    "vonage": _vonage,
    "telnyx": _telnyx,
}
