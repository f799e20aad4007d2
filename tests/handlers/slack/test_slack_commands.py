"""What staff record and look up with /optout."""

from __future__ import annotations

import pytest

from bot.model import Address, Channel
from storage import StoreUnavailable
from tests.handlers.slack.fake import Scripted
from tests.handlers.slack.office import GUEST, KIM, PHONE, Office

MAIL = Address(channel=Channel.EMAIL, value="ann@example.com")


def told(answer: object) -> str:
    body = getattr(answer, "json", None)
    assert getattr(answer, "status_code", 0) == 200
    assert body is not None
    assert body.get("response_type") == "ephemeral"
    return str(body["text"])


def test_an_opt_out_heard_on_the_phone_is_recorded_at_once(desk: Office) -> None:
    text = told(desk.command("+1 202 555 0123 heard on the phone"))
    assert "+1 *** *** 0123" in text
    assert "all marketing text messages" in text
    assert "5550123" not in text
    assert desk.bench.holds(PHONE) == {"channel": "stopped"}
    (entry,) = desk.bench.history(PHONE)
    assert entry.words == "heard on the phone"
    assert entry.facts["actor"] == "slack:T0HOME/U0LEE"
    assert entry.facts["source"] == "slack"
    assert desk.slack.of("views.open") == []


def test_the_same_command_delivered_twice_is_recorded_once(desk: Office) -> None:
    desk.command("+1 202 555 0123 rang")
    desk.command("+1 202 555 0123 rang")
    assert desk.bench.kinds(PHONE) == ["opted_out"]
    text = told(desk.command("+1 202 555 0123 rang again", trigger_id="other"))
    assert "blocked already" in text
    assert desk.bench.kinds(PHONE) == ["opted_out", "opted_out"]


@pytest.mark.parametrize(
    "typed",
    [
        "+12025550123 rang",
        "(202) 555-0123 rang",
        "202‑555‑0123 rang",
        "<tel:+12025550123|+1 202 555 0123> rang",
        '"+1 202 555 0123" rang',
        "+1\u00a0202\u00a0555\u00a00123: rang",
        "２０２ ５５５ ０１２３ rang",
    ],
)
def test_numbers_are_read_as_people_type_them(desk: Office, typed: str) -> None:
    told(desk.command(typed))
    (entry,) = desk.bench.history(PHONE)
    assert entry.words == "rang"


@pytest.mark.parametrize(
    "typed",
    [
        "ann@example.com by letter",
        "<mailto:ann@example.com|ann@example.com> by letter",
        "Ann@Example.com: by letter",
    ],
)
def test_mail_addresses_are_read_as_slack_sends_them(desk: Office, typed: str) -> None:
    told(desk.command(typed))
    (entry,) = desk.bench.history(MAIL)
    assert entry.words == "by letter"


def test_a_mention_is_the_person_in_their_own_workspace(desk: Office) -> None:
    desk.slack.users["U0FAR"] = {"team_id": "T0AWAY", "is_stranger": True}
    first = told(desk.command("<@U0FAR|far> said so in the canteen"))
    assert "Nothing was recorded: Heed is asking Slack which workspace" in first
    desk.work()
    told(desk.command("<@U0FAR|far> said so in the canteen", trigger_id="again"))
    assert desk.bench.holds(Address(channel=Channel.SLACK, value="T0AWAY/U0FAR")) == {
        "channel": "stopped"
    }


@pytest.mark.parametrize(
    "typed",
    ["2025550123 2 calls", "555 0123 rang", "hello there", "+1 202 555 heard"],
)
def test_where_no_address_can_be_told_nothing_is_guessed(desk: Office, typed: str) -> None:
    text = told(desk.command(typed))
    assert "No address could be read" in text
    assert "Nothing was recorded" in text
    store = desk.parts.store
    assert store.read(lambda session: session.entries_after()) == []


@pytest.mark.parametrize("text", ["", "+1 202 555 0123", "ann@example.com", "  "])
def test_without_words_a_form_opens_and_nothing_is_recorded(desk: Office, text: str) -> None:
    answer = desk.command(text)
    assert (answer.status_code, answer.data) == (200, b"")
    (opened,) = desk.slack.wait_for("views.open")
    assert opened["trigger_id"]
    assert desk.parts.store.read(lambda session: session.entries_after()) == []


def test_a_form_that_did_not_open_is_said(desk: Office) -> None:
    desk.slack.script("views.open", Scripted(drop=True))
    desk.command("")
    assert "did not open" in desk.slack.wait_for("chat.postEphemeral")[0]["text"]


def test_the_form_records_each_address_once(desk: Office) -> None:
    desk.command("+1 202 555 0123")
    view = desk.slack.wait_for("views.open")[0]["view"]
    form_id = view["private_metadata"]
    assert view["blocks"][0]["element"]["initial_value"] == "+12025550123"
    note = {"value": "never again &amp; no calls"}
    first = desk.submit(form_id, "+12025550123\n\nann@example.com\n", note=note)
    assert first.status_code == 200
    assert first.json is not None
    assert first.json["response_action"] == "update"
    receipt = str(first.json["view"])
    assert "0123" in receipt
    assert "a***@example.com" in receipt
    assert "5550123" not in receipt
    desk.submit(form_id, "+12025550123\n\nann@example.com\n", note=note)
    assert desk.bench.kinds(PHONE) == ["opted_out"]
    (entry,) = desk.bench.history(MAIL)
    assert entry.words == "Heard on the phone: never again & no calls"
    assert entry.effective_at.isoformat() == "2026-11-25T11:00:00+00:00"


def test_the_form_may_stop_everything_or_one_topic(desk: Office) -> None:
    everything = {"selected_option": {"value": "everything"}}
    desk.submit("one", "+12025550123", scope=everything)
    assert desk.bench.holds(PHONE) == {"everything": "stopped"}
    desk.submit("two", "ann@example.com", scope={"selected_option": {"value": "topic:surveys"}})
    assert desk.bench.holds(MAIL) == {"topic:surveys": "stopped"}


@pytest.mark.parametrize(
    ("addresses", "changed", "block"),
    [
        ("", {}, "addresses"),
        ("+12025550123\nnonsense", {}, "addresses"),
        ("\n".join(f"a{n}@example.com" for n in range(21)), {}, "addresses"),
        ("+12025550123", {"when": {"selected_date_time": 1795608000 + 3600}}, "when"),
        ("+12025550123", {"scope": {"selected_option": None}}, "scope"),
    ],
)
def test_a_wrong_field_is_said_under_the_field(
    desk: Office, addresses: str, changed: dict[str, object], block: str
) -> None:
    answer = desk.submit("form", addresses, **changed)
    assert answer.json is not None
    assert answer.json["response_action"] == "errors"
    assert list(answer.json["errors"]) == [block]
    assert desk.bench.history(PHONE) == []


def test_a_guest_may_not_record(desk: Office) -> None:
    assert "guests" in told(desk.command("+12025550123 rang", user_id=GUEST))
    assert desk.bench.kinds(PHONE) == []
    desk.submit("form", "+12025550123")
    assert desk.bench.kinds(PHONE) == ["opted_out"]


def test_any_colleague_may_record(desk: Office) -> None:
    assert "Recorded" in told(desk.command("+12025550123 rang", user_id=KIM))


def test_while_the_database_is_away_nobody_believes_it_was_recorded(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("the database is away")

    with monkeypatch.context() as broken:
        broken.setattr(desk.parts.store, "write", away)
        assert "Nothing was recorded" in told(desk.command("+12025550123 rang"))
        answer = desk.submit("form", "+12025550123")
        assert answer.json is not None
        assert answer.json["response_action"] == "errors"
    assert "Recorded" in told(desk.command("+12025550123 rang"))
    assert desk.bench.kinds(PHONE) == ["opted_out"]


def test_looking_up_shows_whether_we_may_write_and_why(desk: Office) -> None:
    assert "Marketing: allowed" in told(desk.command("lookup +1 202 555 0123"))
    desk.command("+1 202 555 0123 rang and said *Zebrafish*")
    text = told(desk.command("Lookup (202) 555-0123"))
    assert "Marketing: blocked (all marketing text messages stopped since" in text
    assert "Surveys: blocked" in text
    assert "opted out" in text
    assert "<@U0LEE>" in text
    assert "5550123" not in text
    assert "Zebrafish" not in text


def test_a_guest_may_not_look_anybody_up(desk: Office) -> None:
    assert "guests" in told(desk.command("lookup +12025550123", user_id=GUEST))


def test_a_look_up_of_what_is_no_address_says_so(desk: Office) -> None:
    assert "No address could be read" in told(desk.command("lookup nobody"))


def test_a_look_up_without_an_address_opens_the_search(desk: Office) -> None:
    assert desk.command("lookup").data == b""
    assert "Look up" in str(desk.slack.wait_for("views.open")[0]["view"])


def test_help_names_the_command_as_it_was_called(desk: Office) -> None:
    assert "`/stop lookup ADDRESS`" in told(desk.command("help", command="/stop"))
