"""The demo's credentials: made once, kept in `var/`, readable by their owner alone."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from handlers.settings import SettingsError

FILE = "demo-keys.json"


def demo_keys(var: Path) -> Mapping[str, str]:
    """The made-up credentials as environment variables; made on the first call.

    They are no secrets of anybody's account, yet whoever reads them could forge the demo's
    messages, so the folder and the file belong to their owner alone.
    """
    try:
        return _kept_or_made(var)
    except OSError as error:
        raise SettingsError(
            f"HEED_VAR is no folder that I may write to: {error.strerror}"
        ) from None
    except (ValueError, AttributeError):
        raise SettingsError(
            f"HEED_VAR holds a {FILE} that is not ours; remove it to make new keys"
        ) from None


def _kept_or_made(var: Path) -> Mapping[str, str]:
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    var.chmod(0o700)
    path = var / FILE
    if path.exists():
        return _read(path)
    keys = {
        "HEED_SECRET_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "HEED_API_KEYS": f"demo:admin:{secrets.token_hex(16)}",
        "HEED_TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "HEED_TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "HEED_SLACK_SIGNING_SECRET": secrets.token_hex(16),
        "HEED_SLACK_BOT_TOKEN": "xoxb-demo-" + secrets.token_hex(8),
        "HEED_SLACK_REVIEW_CHANNEL": "C0DEMO",
        "HEED_HUMAN_MAILBOX": "people@example.com",
    }
    draft = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(keys, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # whole or not at all, and the first of two starts wins
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return _read(path)


def _read(path: Path) -> Mapping[str, str]:
    keys = json.loads(path.read_text())
    return {str(name): str(value) for name, value in keys.items()}
