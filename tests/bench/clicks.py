"""A click on a review's card to its answer, at 20 clicks a second, beside verifying alone."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from bot.model import Intent, Verdict
from handlers.parts import join
from handlers.settings import load_settings
from handlers.slack.buttons import ACTIONS, value
from handlers.slack.door import signed_headers
from handlers.slack.roster import Roster
from handlers.slack.web import PATH
from storage import migrate
from tests.bench.webhook import environment, serving
from tests.handlers.slack.fake import fake_slack
from tests.handlers.slack.office import LEE, fixture
from tests.kit import reading, sms

PER_SECOND = 20
SECONDS = 10
ROUNDS = 3
CLICKS = PER_SECOND * SECONDS
SECRET = "a-secret-for-the-bench"
TAIL = 0.99


def bench() -> Iterator[str]:
    """The lines of the table; the median of the rounds. Each click decides a review of its own."""
    with tempfile.TemporaryDirectory(prefix="heed-bench-") as folder, fake_slack() as (slack, url):
        slack.users = {LEE: {}}
        slack.groups = {"C0REVIEW": [LEE]}
        env = environment(Path(folder)) | {
            "HEED_SLACK_SIGNING_SECRET": SECRET,
            "HEED_SLACK_BOT_TOKEN": "xoxb-made-up",
            "HEED_SLACK_API_URL": url,
            "HEED_SLACK_REVIEW_CHANNEL": "C0REVIEW",
            "HEED_SLACK_DECIDERS": LEE,
        }
        migrate(load_settings(env).store_url)
        _met(env)
        values = _reviews(env, CLICKS * (ROUNDS + 1))
        yield f"Slack: {PER_SECOND} clicks a second for {SECONDS} s, median of {ROUNDS} rounds"
        yield f"{'':<26}{'p50 ms':>9}{'p99 ms':>9}{'failed':>8}"
        found: dict[str, list[_Round]] = {"verify only": [], "heed, decided": []}
        with (
            serving("tests.bench.null_app:application", env) as null,
            serving("handlers.web.wsgi:application", env) as heed,
        ):
            for number in range(ROUNDS + 1):  # the first warms up
                mine = values[number * CLICKS : (number + 1) * CLICKS]
                for name, port in (("verify only", null.port), ("heed, decided", heed.port)):
                    one = _round(port, mine)
                    if number:
                        found[name].append(one)
        _all_decided(env, CLICKS * (ROUNDS + 1))
    for name, rounds in found.items():
        p50, p99 = (statistics.median(one.quantile(q) for one in rounds) for q in (0.5, TAIL))
        yield f"{name:<26}{p50:>9.1f}{p99:>9.1f}{sum(one.failed for one in rounds):>8}"
    ratio = statistics.median(
        heed.quantile(TAIL) / verify.quantile(TAIL)
        for verify, heed in zip(*found.values(), strict=True)
    )
    yield f"p99 of heed / verify only: {ratio:.1f} (aim: at most 3)"


class _Round:
    """How long each answer took, in milliseconds, from when its click was due."""

    def __init__(self, took_ms: Sequence[float], failed: int) -> None:
        self._sorted = sorted(took_ms)
        self.failed = failed

    def quantile(self, share: float) -> float:
        return self._sorted[min(len(self._sorted) - 1, int(len(self._sorted) * share))]


def _round(port: int, values: Sequence[str]) -> _Round:
    """An open loop: a slow answer delays no later click, and its wait is counted."""
    begun = time.perf_counter() + 0.1

    def click(number: int) -> tuple[float, bool]:
        due = begun + number / PER_SECOND
        time.sleep(max(0.0, due - time.perf_counter()))
        done = _click(port, values[number])
        return 1000 * (time.perf_counter() - due), done

    with ThreadPoolExecutor(PER_SECOND) as threads:
        ends = list(threads.map(click, range(len(values))))
    return _Round([took for took, _ in ends], sum(not done for _, done in ends))


def _click(port: int, button: str) -> bool:
    payload = fixture("block-actions")
    payload["user"]["id"] = LEE
    payload["actions"][0] |= {"action_id": ACTIONS[Verdict.OPT_OUT], "value": button}
    payload["container"]["message_ts"] = "1795608001.000000"
    body = urlencode({"payload": json.dumps(payload)}).encode()
    headers = {
        **signed_headers(SECRET, datetime.now(UTC), body),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", PATH, body, headers)
        return connection.getresponse().status == 200
    finally:
        connection.close()


def _reviews(env: dict[str, str], count: int) -> list[str]:
    """So many people said something that may be a stop; the value of each card's buttons."""
    parts = join(load_settings(env))
    try:
        parts.desk._reader = lambda *_, **__: reading(Intent.AMBIGUOUS, may_be_stop=True)
        now = datetime.now(UTC)
        for number in range(count):
            who = f"+4477{number:08d}"
            address = sms("hm").address
            parts.desk.receive(
                sms("hm", at=now, who=type(address)(channel=address.channel, value=who))
            )
        return [
            value(review)
            for review in parts.store.read(lambda session: session.open_reviews(count))
        ]
    finally:
        parts.close()


def _met(env: dict[str, str]) -> None:
    """A worker has asked Slack who is in the review channel."""
    parts = join(load_settings(env))
    try:
        Roster(parts)(datetime.now(UTC))
    finally:
        parts.close()


def _all_decided(env: dict[str, str], count: int) -> None:
    """A fast answer that decided nothing would be no answer."""
    parts = join(load_settings(env))
    try:
        left = parts.store.read(lambda session: session.open_count())
    finally:
        parts.close()
    if left:
        raise RuntimeError(f"{left} of {count} reviews were not decided")
