"""heed.toml: sensible without it, the example is true, and every fault is named."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.model import Channel
from bot.policy import ConfirmedBy, Policy
from handlers.guide import confirmers
from handlers.parts import operator_words, voice_of
from handlers.policy_file import load_policy
from handlers.settings import SettingsError

EXAMPLE = Path(__file__).parent.parent.parent / "heed.example.toml"


def test_without_a_file_the_careful_defaults_hold(tmp_path: Path) -> None:
    assert load_policy(tmp_path / "heed.toml").policy == Policy(confirms=confirmers())


def test_the_example_is_a_working_file() -> None:
    file = load_policy(EXAMPLE)
    sender = file.policy.sender(Channel.SMS, "+12025550199")
    assert sender.confirmed_by is ConfirmedBy.PROVIDER_KEYWORDS
    assert file.policy.program(sender.program).title == "Acme Shoes"
    assert file.policy.topic("recalls").required_notice
    assert file.policy.clocks.hold == timedelta(hours=24)
    assert "NOSHOES" in operator_words(file).stop
    voice_of(file, source="heed.toml")


def test_one_number_may_be_two_senders(tmp_path: Path) -> None:
    path = tmp_path / "heed.toml"
    path.write_text(
        '[[senders]]\nid = "+12025550199"\nchannel = "sms"\nlang = "es"\n'
        '[[senders]]\nid = "+12025550199"\nchannel = "whatsapp"\nlang = "fr"\n'
    )
    policy = load_policy(path).policy
    assert policy.sender(Channel.SMS, "+12025550199").lang == "es"
    assert policy.sender(Channel.WHATSAPP, "+12025550199").lang == "fr"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("company =", "is not TOML"),
        ('comapny = "Acme"', "comapny"),
        ('[clocks]\nhold = "soon"', "clocks.hold"),
        ('[[senders]]\nid = "1"\nchannel = "pigeon"', "senders.0.channel"),
        ('[[senders]]\nid = "1"\nchannel = "sms"\nprogram = "gone"', "no program 'gone'"),
        ('[[senders]]\nid = "1"\nchannel = "sms"\ntopics = ["gone"]', "no topic 'gone'"),
        ('[[topics]]\nname = "a"\ntitle = "A"\n[[topics]]\nname = "a"\ntitle = "B"', "twice"),
        ('[[topics]]\nname = "a:b"\ntitle = "A"', "topics.0.name"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "heed.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=named.replace("(", r"\(")):
        load_policy(path)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "heed.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_policy(path)


def test_an_answer_that_lacks_what_it_must_say_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "heed.toml"
    path.write_text('[answers.en]\n"opted_out.sms" = "ok"')
    with pytest.raises(SettingsError, match=r"opted_out\.sms"):
        voice_of(load_policy(path), source="heed.toml")
