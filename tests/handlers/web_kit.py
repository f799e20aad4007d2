"""The real web application over a real database, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask.testing import FlaskClient

from handlers.parts import Parts, join
from handlers.settings import load_settings
from handlers.web.app import create_app
from storage import migrate
from tests.kit import Bench, Clock

PUBLIC = "https://optout.example.com"
TOKEN = "the-token-of-today"
SLACK_SECRET = "heed-test-signing-secret"
POLICY = """
company = "Acme & Sons"
help_contact = "help@example.com"

[[senders]]
id = "+12025550199"
channel = "sms"
provider = "twilio"
confirmed_by = "heed"

[[senders]]
id = "+12025550198"
channel = "sms"
provider = "twilio"
confirmed_by = "provider_keywords"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    client: FlaskClient
    bench: Bench
    parts: Parts


@contextmanager
def site(folder: Path, *, policy: str = POLICY, **more: str) -> Iterator[Site]:
    """Production settings with made-up credentials; `more` are further HEED_ variables."""
    (folder / "heed.toml").write_text(policy)
    settings = load_settings(
        {
            "HEED_ENV": "production",
            "HEED_VAR": str(folder),
            "HEED_CONFIG": str(folder / "heed.toml"),
            "HEED_SECRET_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "HEED_PUBLIC_URL": PUBLIC,
            "HEED_TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000001",
            "HEED_TWILIO_AUTH_TOKEN": f"{TOKEN},rotated-token",
            "HEED_HUMAN_MAILBOX": "people@example.com",
            "HEED_API_KEYS": "check-key,crm:record:record-key,ops:admin:admin-key",
            **more,
        }
    )
    migrate(settings.store_url)
    clock = Clock()
    parts = join(settings, clock=clock)
    app = create_app(parts)
    try:
        yield Site(
            client=app.test_client(),
            bench=Bench(store=parts.store, desk=parts.desk, clock=clock, folder=folder),
            parts=parts,
        )
    finally:
        parts.close()
