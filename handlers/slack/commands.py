"""`/optout`: record what was heard on the phone, or look an address up.

Only whoever typed it sees the answer.
"""

from __future__ import annotations

import logging
import secrets
from typing import Any

from bot.addresses import AddressError
from bot.errors import HeedError
from bot.model import CHANNEL_SCOPE, Address, Channel
from handlers.parts import Parts
from handlers.slack import modal
from handlers.slack.behind import Behind
from handlers.slack.caps import Caps
from handlers.slack.lookup import look_up
from handlers.slack.payload import Payload, text_at
from handlers.slack.record import record
from handlers.slack.roles import Roles, clicker
from handlers.slack.search import Search
from handlers.slack.text import escaped
from handlers.slack.typed import Typed, typed
from storage.errors import StoreUnavailable

log = logging.getLogger("heed.slack.commands")

LOOKUP, HELP = "lookup", "help"
NOT_OPENED = "The form did not open. Nothing was recorded; type the words behind the address."
AWAY = "Nothing was recorded: Heed's database cannot be reached. Please try again in a minute."
USAGE = (
    "`{0} ADDRESS what was said` records an opt-out at once\n"
    "`{0}` or `{0} ADDRESS` opens a form\n"
    "`{0} lookup ADDRESS` shows whether we may write to it, and why\n"
    "An address is a phone number, a mail address or an @person."
)


class Commands:
    def __init__(self, parts: Parts, roles: Roles, behind: Behind, search: Search) -> None:
        self._parts = parts
        self._roles = roles
        self._behind = behind
        self._search = search
        self._caps = Caps(parts)

    def command(self, body: Payload) -> str:
        """The answer, in mrkdwn; empty where a form was opened. Returns after the commit."""
        try:
            return self._command(body)
        except AddressError as fault:
            return f"No address could be read there: {escaped(str(fault))}. Nothing was recorded."
        except HeedError as refusal:
            return f"Nothing was recorded: {escaped(str(refusal))}."
        except StoreUnavailable:
            log.warning("the store is away: a command was not carried out")
            return AWAY

    def _command(self, body: Payload) -> str:
        text = text_at(body, "text").strip()
        verb, _, rest = text.partition(" ")
        if verb.casefold() == HELP:
            return USAGE.format(escaped(text_at(body, "command")) or "/optout")
        if not text:
            return self._open(body)
        if verb.casefold() == LOOKUP:
            return self._lookup(rest, body)
        said = self._typed(text, body)
        if not said.words:
            return self._open(body, _spelled(said.address))
        actor = self._roles.actor(clicker(body))
        self._caps.take(actor, 1, self._parts.clock())
        return record(
            self._parts,
            said.address,
            scope=CHANNEL_SCOPE,
            actor=actor,
            event_id=text_at(body, "trigger_id") or secrets.token_hex(16),
            words=said.words,
        )

    def _typed(self, text: str, body: Payload) -> Typed:
        said = typed(text, region=self._parts.policy.region, team=text_at(body, "team_id"))
        if said.address.channel is not Channel.SLACK or "<@" not in text:
            return said
        return Typed(address=self._at_home(said.address), words=said.words)

    def _at_home(self, mentioned: Address) -> Address:
        """A mention names the user alone: in shared channels they may be of another workspace."""
        team, _, user = mentioned.value.partition("/")
        home = self._roles.home_of(user, team)
        return Address(channel=Channel.SLACK, value=f"{home}/{user}")

    def _lookup(self, text: str, body: Payload) -> str:
        if not text.strip():
            self._search.open(body)
            return ""
        actor = self._roles.actor(clicker(body), surely=True)
        return look_up(self._parts, self._typed(text, body).address, actor)

    def _open(self, body: Payload, address: str = "") -> str:
        self.open(body, modal.Filled(when=self._parts.clock(), addresses=address))
        return ""

    def open(self, body: Payload, filled: modal.Filled) -> None:
        """Open the form, behind the answer; who they are is asked meanwhile.

        Nothing is recorded before it is submitted, so that anybody may see it.
        """
        langs = sorted(self._parts.voice.answers.tables)
        view = modal.form(secrets.token_hex(16), self._parts.policy, langs, filled)
        channel, user = text_at(body, "channel_id"), text_at(body, "user_id")
        self._behind.open(
            text_at(body, "trigger_id"),
            view,
            failed=lambda: self._behind.whisper(channel, user, NOT_OPENED),
        )
        self._behind.run(lambda: self._roles.meet(clicker(body)))

    def submit(self, body: Payload) -> dict[str, Any]:
        """The answer to the form: a receipt in its place, or what is wrong under its fields."""
        try:
            form = modal.submitted(
                body,
                region=self._parts.policy.region,
                team=text_at(body, "team", "id"),
                now=self._parts.clock(),
            )
            actor = self._roles.actor(clicker(body))
            self._can_confirm(form)
            self._caps.take(actor, len(form.addresses), self._parts.clock())
            lines = [
                record(
                    self._parts,
                    address,
                    scope=form.scope,
                    actor=actor,
                    event_id=form.form_id,
                    words=form.words,
                    heard_at=form.heard_at,
                    confirm=form.confirm,
                    lang=form.lang,
                )
                for address in form.addresses
            ]
        except modal.FormError as wrong:
            return {"response_action": "errors", "errors": wrong.faults}
        except HeedError as refusal:
            return {"response_action": "errors", "errors": {modal.ADDRESSES: str(refusal)}}
        except StoreUnavailable:
            log.warning("the store is away: a form was not recorded")
            return {"response_action": "errors", "errors": {modal.ADDRESSES: AWAY}}
        return {"response_action": "update", "view": modal.receipt(lines)}

    def _can_confirm(self, form: modal.Submitted) -> None:
        """Before anything is recorded.

        Raises:
            FormError: nobody is configured who could write to one of the addresses.
        """
        if not form.confirm:
            return
        for address in form.addresses:
            if self._parts.policy.first_sender(address.channel) is None:
                fault = f"no sender of yours is set up for {address.channel}: untick this"
                raise modal.FormError({modal.CONFIRM: fault})


def _spelled(address: Address) -> str:
    """As the form reads it again."""
    return f"slack:{address.value}" if address.channel is Channel.SLACK else address.value
