"""Logs on standard error: one line for each inbound message, no address, no words, no secret."""

from __future__ import annotations

import logging
import sys
import time

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
