"""The app's Home: for the team its queue, for everybody else one button that stops everything.

Shown to one person and made when they open it. No address and no customer's words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.slack import rich
from handlers.slack import words as say
from handlers.slack.days import Day, bars
from handlers.slack.rich import Block
from handlers.slack.text import escaped
from storage import Review

ROWS = 10
STOP = "heed_home_stop_v1"
RECORD = "heed_home_record_v1"
OPEN = "heed_home_open_v1"
SEARCH = "heed_home_search_v1"
PERSONAL = "heed_home_personal_v1"
HOW = (
    "*Why this exists.* Whoever says stop, in whatever words and wherever, must be left alone, "
    "soon, and it must be provable. What is clear Heed records by itself. What could be a stop and "
    "could be something else comes here; until you decide, nothing is sent to that person.\n"
    "*Opt out* blocks them. *Not an opt-out* ends the provisional block, so be sure. *Ask the "
    "customer* sends one prepared question. *Wrong number* blocks an address that belongs to "
    "somebody else now. In doubt, opt out: a person who is left alone by mistake can come back "
    "with one word; a person who is not complains.\n"
    "*Undo* is there for a day. Nobody can lift a person's own stop here.\n"
    "`/optout ADDRESS what was said` records what you heard on the phone; `/optout lookup ADDRESS` "
    "says whether we may write to somebody, and that you looked is recorded."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamHome:
    """`mine` and `open` are the most urgent first; `links` lead to the cards, by review id."""

    mine: Sequence[Review]
    open: Sequence[Review]
    waiting: int
    overdue: int
    days: list[Day]
    links: Mapping[str, str]
    now: datetime


def team_view(home: TeamHome) -> Block:
    """For members of the workspace that runs Heed."""
    late = f", *{home.overdue} overdue*" if home.overdue else ""
    blocks = [
        rich.header("Your queue"),
        *(_rows(home.mine, home) or [rich.section("You have taken nothing on.")]),
        rich.header("The team's queue"),
        rich.section(f"{home.waiting} waiting{late}."),
        *_rows(home.open, home),
        rich.actions(
            "heed_home",
            [
                _button(RECORD, "Record an opt-out"),
                _button(SEARCH, "Look up an address"),
                _button(PERSONAL, "Settings"),
            ],
        ),
        rich.header("The last 7 days"),
        rich.section(f"```{bars(home.days)}```"),
        rich.header("How this works"),
        rich.section(HOW),
    ]
    return {"type": "home", "blocks": blocks}


def customer_view(company: str, *, stopped: bool) -> Block:
    """For everybody else."""
    who = escaped(company)
    if stopped:
        state = f"{who} sends you nothing here. To hear from us again, write `start` to this app."
        return {"type": "home", "blocks": [rich.section(state)]}
    state = (
        f"This is how {who} may write to you in Slack. You can say `stop`, `less` or `help` to "
        "this app at any time, in your own words."
    )
    stop = _button(STOP, "Stop all messages from this app")
    stop["confirm"] = {
        "title": rich.plain("Stop these messages?"),
        "text": rich.plain("You get one confirmation, then silence. To return, write start."),
        "confirm": rich.plain("Stop"),
        "deny": rich.plain("Back"),
    }
    return {"type": "home", "blocks": [rich.section(state), rich.actions("heed_home", [stop])]}


def _rows(reviews: Sequence[Review], home: TeamHome) -> list[Block]:
    rows: list[Block] = []
    for review in reviews:
        late = "*overdue*, was due" if review.due_at <= home.now else "due"
        taken = f", taken on by {say.who(review.assigned_to)}" if review.assigned_to else ""
        text = f"{say.CAUSES[review.cause]}, {review.id}: {late} {say.date(review.due_at)}{taken}"
        row = rich.section(text)
        link = home.links.get(review.id)
        if link:
            row["accessory"] = _button(f"{OPEN}_{len(rows)}", "Open")
            row["accessory"] |= {
                "url": link,
                "accessibility_label": f"Open review {review.id}",
            }
        rows.append(row)
    return rows


def _button(action: str, label: str) -> Block:
    return {"type": "button", "action_id": action, "text": rich.plain(label)}
