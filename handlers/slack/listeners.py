"""Which of Slack's payloads goes to whom."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from slack_bolt import Ack, App

from bot.model import InboundMessage
from handlers.parts import Parts, reader
from handlers.slack import customers, home, modal, trouble
from handlers.slack.behind import Behind
from handlers.slack.client import WHILE_WAITING_S, web_client
from handlers.slack.commands import Commands
from handlers.slack.homes import promise_home
from handlers.slack.menu import CALLBACK, Menu
from handlers.slack.payload import text_at
from handlers.slack.personal import CALLBACK as SAVED
from handlers.slack.personal import Personal
from handlers.slack.reviews import Clicks
from handlers.slack.roles import Roles
from handlers.slack.search import CALLBACK as SEARCHED
from handlers.slack.search import Search
from handlers.slack.shortcuts import ANYWHERE, FROM_MESSAGE, Shortcuts
from handlers.slack.workspaces import InstalledSettings

log = logging.getLogger("heed.slack")

ANY_COMMAND = re.compile("^/")  # command names belong to all apps: an operator may rename ours
ANY_BUTTON = re.compile("^heed_review_")


def add(app: App, parts: Parts) -> None:
    """Every listener returns after its commit, or raises."""
    assert parts.slack is not None
    behind = Behind(web_client(parts, WHILE_WAITING_S))
    roles = Roles(
        deciders=parts.slack.deciders,
        team_id=parts.slack.team_id,
        clock=parts.clock,
        store=parts.store,
    )
    _hear(app, parts)
    _clicks(app, Clicks(parts, roles, behind))
    _menu(app, Menu(parts, roles, behind))
    search = Search(parts, roles, behind)
    commands = Commands(parts, roles, behind, search)
    _commands(app, commands)
    _windows(app, search, Personal(parts, roles, behind))
    _shortcuts(app, Shortcuts(parts, commands))
    _home(app, parts, commands)
    _cut_off(app, parts)


def _hear(app: App, parts: Parts) -> None:
    read = reader(parts.words)

    def hear(body: dict[str, Any]) -> None:
        message = customers.inbound(body, read, parts.clock())
        if message is not None:
            parts.desk.receive(_placed(message, parts))

    _on(app.event("message"), hear)
    _on(app.event("app_mention"), hear)


def _placed(message: InboundMessage, parts: Parts) -> InboundMessage:
    """What follows from it goes to the workspace that it came from, if that is an installed one."""
    if not isinstance(parts.slack, InstalledSettings):
        return message
    return replace(message, place=f"{parts.slack.team_id}:{message.place}")


def _clicks(app: App, clicks: Clicks) -> None:
    def click(ack: Ack, body: dict[str, Any]) -> None:
        clicks(body)
        ack()

    _on(app.action(ANY_BUTTON), click)


def _menu(app: App, menu: Menu) -> None:
    def submit(ack: Ack, body: dict[str, Any]) -> None:
        ack(**menu.submit(body))

    _on(app.view(CALLBACK), submit)


def _commands(app: App, commands: Commands) -> None:
    def command(ack: Ack, body: dict[str, Any]) -> None:
        answer = commands.command(body)
        if answer:
            ack(text=answer, response_type="ephemeral")
        else:
            ack()

    def submit(ack: Ack, body: dict[str, Any]) -> None:
        ack(**commands.submit(body))

    _on(app.command(ANY_COMMAND), command)
    _on(app.view(modal.CALLBACK), submit)


def _windows(app: App, search: Search, personal: Personal) -> None:
    """Those that open from the Home."""

    def look_up(ack: Ack, body: dict[str, Any]) -> None:
        search.open(body)
        ack()

    def looked_up(ack: Ack, body: dict[str, Any]) -> None:
        ack(**search.submit(body))

    def settings(ack: Ack, body: dict[str, Any]) -> None:
        personal.open(body)
        ack()

    def saved(ack: Ack, body: dict[str, Any]) -> None:
        ack(**personal.submit(body))

    _on(app.action(home.SEARCH), look_up)
    _on(app.view(SEARCHED), looked_up)
    _on(app.action(home.PERSONAL), settings)
    _on(app.view(SAVED), saved)


def _shortcuts(app: App, shortcuts: Shortcuts) -> None:
    def anywhere(ack: Ack, body: dict[str, Any]) -> None:
        shortcuts.anywhere(body)
        ack()

    def message(ack: Ack, body: dict[str, Any]) -> None:
        shortcuts.message(body)
        ack()

    _on(app.global_shortcut(ANYWHERE), anywhere)
    _on(app.message_shortcut(FROM_MESSAGE), message)


def _home(app: App, parts: Parts, commands: Commands) -> None:
    def opened(body: dict[str, Any]) -> None:
        if text_at(body, "event", "tab") == "home":
            publish(parts, text_at(body, "team_id"), text_at(body, "event", "user"))

    def record(ack: Ack, body: dict[str, Any]) -> None:
        commands.open(body, modal.Filled(when=parts.clock()))
        ack()

    def stop(ack: Ack, body: dict[str, Any]) -> None:
        parts.desk.receive(_placed(customers.pressed_stop(body, parts.clock()), parts))
        publish(parts, text_at(body, "team", "id"), text_at(body, "user", "id"))
        ack()

    _on(app.event("app_home_opened"), opened)
    _on(app.action(home.RECORD), record)
    _on(app.action(home.STOP), stop)


def publish(parts: Parts, team: str, user: str) -> None:
    now = parts.clock()
    parts.store.write(lambda session: promise_home(session, team, user, now))


def _cut_off(app: App, parts: Parts) -> None:
    def cut_off(body: dict[str, Any]) -> None:
        trouble.note(parts.store, text_at(body, "event", "type"), parts.clock())

    _on(app.event("app_uninstalled"), cut_off)
    _on(app.event("tokens_revoked"), cut_off)


def _on(register: Callable[..., Any], listener: Callable[..., None]) -> None:
    register(listener)
