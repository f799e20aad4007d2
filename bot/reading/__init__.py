"""Read what a person wants from what they wrote. See `docs/intents.md` for the definitions."""

from bot.reading.data import VERSION
from bot.reading.read import READ_LIMIT, read
from bot.reading.scope import Narrower, Words

__all__ = ["READ_LIMIT", "VERSION", "Narrower", "Words", "read"]
