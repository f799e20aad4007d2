"""Everything that goes to Slack and into the logs, searched for whom it is about and their words.

One office lives through every kind of card, window, command and alert; then all of it is read.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bot.model import Address, Channel, Verdict
from handlers.slack import home, personal, search
from handlers.slack.buttons import ACTIONS, TEACH, UNDO, More
from handlers.slack.digest import Digest
from handlers.spiking import Spikes
from storage import Review
from tests.handlers.slack.fake import Call, Scripted, refusal
from tests.handlers.slack.office import ANN_IN_SLACK, KIM, LEE, Office, fixture, office
from tests.kit import mail, sms

WORDS = ("Zebrafish", "Quagga")
MAIL, PHONE = "annabel@example.com", "+447700900187"
NAMES = (MAIL, "annabel", PHONE, "7700900187", "07700 900187", "U0ANN")
THEM = (
    Address(channel=Channel.EMAIL, value=MAIL),
    Address(channel=Channel.SMS, value=PHONE),
    ANN_IN_SLACK,
)
LOUD = ("<!channel>", "<!here>", "<!everyone>", "@channel>", "<@U0BOSS>")
SAID = (
    "dunno Zebrafish <!channel> <!here> @everyone <@U0BOSS> <https://evil.example.com|bank> "
    f"write to {MAIL} or 07700 900187 *Quagga*"
)
HIDDEN = frozenset(
    [
        "value",
        "action_id",
        "block_id",
        "callback_id",
        "private_metadata",
        "external_id",
        "metadata",
        "url",
        "accessibility_label",
        "alt_text",
        "event_type",
        "event_payload",
    ]
)
"""What people do not see as content: kept by Slack, sent back to us, read out or shown elsewhere."""


def reviews(desk: Office) -> list[Review]:
    return desk.parts.store.read(lambda session: session.open_reviews())


def click(desk: Office, review: Review, action: str, user: str = LEE) -> None:
    now = desk.parts.store.read(lambda session: session.review(review.id))
    assert now is not None
    answer = desk.click(action, f"{now.id}.{now.version}", user=user, ts=now.card_ts or "1.1")
    assert answer.status_code == 200


def pick(desk: Office, review: Review, entry: More) -> None:
    now = desk.parts.store.read(lambda session: session.review(review.id))
    assert now is not None
    desk.pick(entry, f"{now.id}.{now.version}", ts=now.card_ts)


def press(desk: Office, action: str) -> None:
    payload = fixture("block-actions") | {"trigger_id": action}
    payload["user"] |= {"id": LEE}
    payload["container"] = {"type": "view", "view_id": "V0HOME"}
    del payload["channel"]
    payload["actions"][0] |= {"action_id": action}
    desk.interaction(payload)


def sent_form(desk: Office, callback: str, **values: Any) -> None:
    payload = fixture("view-submission")
    payload["view"] |= {
        "callback_id": callback,
        "private_metadata": "",
        "state": {"values": {name: {name: value} for name, value in values.items()}},
    }
    desk.interaction(payload)


def hear(desk: Office, number: int, text: str = SAID) -> None:
    """The same doubtful words by text, by mail and in Slack."""
    now = desk.bench.clock.forward(minutes=1)
    box, phone, _ = THEM
    ours = "+447700900199"
    desk.bench.hears(sms(text, at=now, who=phone, recipient=ours, answers_inline=False))
    desk.bench.hears(mail(text, at=now, who=box, recipient="news@example.com"))
    desk.says(text, ts=f"{int(now.timestamp())}.{number:06d}")
    desk.work()


def live(desk: Office) -> None:
    """A week and more of everything."""
    desk.slack.script("chat.postMessage", Scripted(status=500), refusal("fatal_error"))
    hear(desk, 1)
    desk.bench.clock.forward(minutes=20)
    desk.work()
    hear(desk, 2, "dunno Zebrafish, dunno Quagga")
    open_now = reviews(desk)
    for review in open_now:
        for entry in (More.ASSIGN, More.SHOW, More.SCOPE):
            pick(desk, review, entry)
    by_slack = [one for one in open_now if one.channel is Channel.SLACK]
    click(desk, by_slack[0], ACTIONS[Verdict.ASK])
    click(desk, by_slack[0], ACTIONS[Verdict.NOT_OPT_OUT], KIM)  # refused: no decider
    desk.work()
    sent_form(
        desk,
        personal.CALLBACK,
        remind={"selected_options": [{"value": "remind"}]},
        zone={"value": "UTC"},
    )
    desk.bench.clock.forward(hours=12)  # reminders
    desk.work()
    for number, review in enumerate(reviews(desk)):
        verdict = (Verdict.OPT_OUT, Verdict.NOT_OPT_OUT, Verdict.WRONG_NUMBER, Verdict.DONE)
        click(desk, review, ACTIONS[verdict[number % 4]])
        click(desk, review, ACTIONS[Verdict.OPT_OUT], KIM)  # too late
        click(desk, review, TEACH)
        desk.work()
    click(desk, open_now[0], UNDO)
    hear(desk, 3, "please delete my data, Zebrafish")
    for review in reviews(desk):
        click(desk, review, ACTIONS[Verdict.DONE])
    desk.command(f"{MAIL} Zebrafish rang")
    desk.command(f"lookup {PHONE}")
    desk.command(PHONE)
    desk.command("not-an-address Zebrafish")
    desk.command("<@U0ANN|annabel> Quagga")
    desk.submit("form", f"{MAIL}\n{PHONE}", note={"value": "Zebrafish"})
    desk.submit("form", "annabel-without-a-domain", note={"value": "Zebrafish"})
    payload = fixture("message-action")
    payload["message"]["text"] = SAID
    desk.interaction(payload)
    for action in (home.RECORD, home.SEARCH, home.PERSONAL):
        press(desk, action)
    sent_form(desk, search.CALLBACK, address={"value": MAIL})
    sent_form(desk, search.CALLBACK, address={"value": "annabel"})
    desk.event("app-home-opened")
    for number in range(70):  # beyond the cap
        desk.command(f"{PHONE} Zebrafish", trigger_id=f"t{number}")
    for chore in (Digest(desk.parts), Spikes(desk.parts)):
        desk.bench.clock.forward(hours=20)
        chore(desk.bench.clock.now)
    desk.work()
    desk.bench.clock.forward(days=8)
    desk.work()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str]]:
    """The office afterwards, and all that it logged at any level."""
    lines: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    ear, root = Listening(), logging.getLogger()
    before = {name: logging.getLogger(name).level for name in ("", "heed", "slack_bolt")}
    root.addHandler(ear)
    for name in before:
        logging.getLogger(name).setLevel(logging.DEBUG)
    folder = tmp_path_factory.mktemp("office")
    try:
        with office(folder, HEED_SLACK_DIGEST_AT="9:00 UTC", HEED_HUMAN_MAILBOX="") as desk:
            live(desk)
            desk.until(lambda: bool(desk.slack.of("views.update")))
            yield desk, "\n".join(lines)
    finally:
        root.removeHandler(ear)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def hidden(found: object) -> Iterator[tuple[str, str]]:
    """Every hidden field below, with its name."""
    if isinstance(found, Mapping):
        for key, value in found.items():
            if key in HIDDEN:
                yield key, json.dumps(value, ensure_ascii=False)
            yield from hidden(value)
    elif isinstance(found, list):
        for one in found:
            yield from hidden(one)


def calls(desk: Office, *methods: str) -> list[Call]:
    return [one for one in desk.slack.calls if one.method in methods]


def test_all_of_it_happened(lived: tuple[Office, str]) -> None:
    """Otherwise what follows would be true of nothing."""
    desk, _ = lived
    wanted = {
        "chat.postMessage": 12,
        "chat.update": 6,
        "chat.postEphemeral": 4,
        "views.open": 9,
        "views.update": 1,
        "views.publish": 1,
    }
    assert {name: n for name, n in wanted.items() if len(desk.slack.of(name)) < n} == {}
    posted = " ".join(str(one) for one in desk.slack.of("chat.postMessage"))
    assert all(word in posted for word in WORDS)  # on the cards they belong
    for kind in ("still waits", "has reached the cap", "review desk this morning", "Open the card"):
        assert kind in posted


def test_nothing_hidden_names_anybody_or_their_words(lived: tuple[Office, str]) -> None:
    desk, _ = lived
    found = [
        (call.method, name, value) for call in desk.slack.calls for name, value in hidden(call.args)
    ]
    assert len(found) > 100
    assert [one for one in found if any(secret in one[2] for secret in (*NAMES, *WORDS))] == []


def test_the_text_of_notifications_names_nobody(lived: tuple[Office, str]) -> None:
    """It shows on lock screens. An answer to the person themselves is theirs."""
    desk, _ = lived
    for call in calls(desk, "chat.postMessage", "chat.update"):
        assert not any(word in call.args["text"] for word in (*NAMES, *WORDS))
    for call in calls(desk, "chat.postEphemeral"):
        assert not any(word in call.args["text"] for word in (*NAMES, *WORDS))


def test_no_message_in_the_channel_names_anybody(lived: tuple[Office, str]) -> None:
    desk, _ = lived
    for call in calls(desk, "chat.postMessage", "chat.update"):
        assert not any(name in json.dumps(call.args, ensure_ascii=False) for name in NAMES)


def test_nobody_is_called_by_what_a_customer_wrote_and_no_link_is_unfolded(
    lived: tuple[Office, str],
) -> None:
    desk, _ = lived
    for call in calls(desk, "chat.postMessage", "chat.update", "chat.postEphemeral"):
        whole = json.dumps(call.args, ensure_ascii=False)
        assert not any(loud in whole for loud in LOUD)
        assert "<https://evil" not in whole
        assert "link_names" not in call.args
        assert "parse" not in call.args
    for call in calls(desk, "chat.postMessage"):
        assert call.args["unfurl_links"] is False
        assert call.args["unfurl_media"] is False


def test_after_a_week_no_words_stand_in_the_channel(lived: tuple[Office, str]) -> None:
    desk, _ = lived
    last = {call.args["ts"]: str(call.args) for call in calls(desk, "chat.update")}
    cards = [
        one.card_ts
        for address in THEM
        for one in desk.parts.store.read(
            lambda session, at=address: session.reviews_of(session.hash_of(at))  # type: ignore[misc]
        )
    ]
    assert len(cards) > 6
    assert [ts for ts in cards if not ts or any(word in last[ts] for word in WORDS)] == []


def test_every_look_at_somebody_is_in_their_record(lived: tuple[Office, str]) -> None:
    desk, _ = lived
    looks = {
        str(one.facts["shown"])
        for address in THEM
        for one in desk.bench.history(address)
        if str(one.kind) == "looked_up"
    }
    assert looks >= {"lookup", "address", "words"}


def test_the_logs_name_nobody(lived: tuple[Office, str]) -> None:
    _, logged = lived
    assert "POST /slack/events" in logged  # there is something to be read
    assert [one for one in (*NAMES, *WORDS, "xoxb-") if one in logged] == []
