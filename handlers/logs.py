"""Logs on standard error: one line for each inbound message, no address, no words, no secret."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from pathlib import Path

# They print bodies, numbers or tokens when they are talkative.
TAMED = {
    "mail": logging.WARNING,  # aiosmtpd logs envelopes and commands
    "twilio": logging.WARNING,
    "twilio.http_client": logging.WARNING,
    "slack_bolt": logging.ERROR,
    "slack_sdk": logging.ERROR,
    "urllib3": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "asyncio": logging.WARNING,
    "alembic": logging.WARNING,
    "_granian": logging.WARNING,
}


def whereabouts(error: BaseException) -> str:
    """The kind of an error and where it rose, without its message, which may quote anything."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    path = " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in reversed(frames))
    return f"{type(error).__name__} at {path}"


def set_up_logs(level: str = "INFO") -> None:
    """Send our own lines to standard error at `level`, others' only when something is wrong."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter(
        "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("heed").setLevel(level.upper())
    for name, quiet in TAMED.items():
        logging.getLogger(name).setLevel(quiet)
