"""The form behind a shortcut: from anywhere, or from a message, filled with what stands in it."""

from __future__ import annotations

from bot import addresses
from bot.addresses import AddressError
from handlers.parts import Parts
from handlers.slack import modal
from handlers.slack.commands import Commands
from handlers.slack.payload import Payload, fields_at, moment, text_at
from handlers.slack.text import shown, spoken
from handlers.slack.typed import found_in

ANYWHERE = "heed_record"
FROM_MESSAGE = "heed_record_from_message"
CUT = 12  # for the mark that something was cut
LINES = 30


class Shortcuts:
    def __init__(self, parts: Parts, commands: Commands) -> None:
        self._parts = parts
        self._commands = commands

    def anywhere(self, body: Payload) -> None:
        filled = modal.Filled(when=self._parts.clock())
        self._commands.open(body, filled)

    def message(self, body: Payload) -> None:
        """The addresses that the message names; where it names none, whoever wrote it."""
        message = fields_at(body, "message")
        words = spoken(text_at(message, "text"))
        team = text_at(body, "team", "id")
        found = found_in(words, region=self._parts.policy.region, team=team)
        lines = [one.value for one in found] or _writer(message, team)
        now = self._parts.clock()
        sent = moment(text_at(message, "ts"))
        filled = modal.Filled(
            when=min(sent, now) if sent else now,
            addresses="\n".join(lines),
            note=shown(words, limit=modal.NOTE_MAX - CUT, lines=LINES),
            heard="chat",
        )
        self._commands.open(body, filled)


def _writer(message: Payload, team: str) -> list[str]:
    """As the form reads it; nothing for a bot's message."""
    home = text_at(message, "user_team") or text_at(message, "team") or team
    if text_at(message, "bot_id"):
        return []
    try:
        return [f"slack:{addresses.slack(home, text_at(message, 'user')).value}"]
    except AddressError:
        return []
