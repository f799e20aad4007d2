"""One number's WhatsApp and texts are one person's, whatever breaks between two steps of saying so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import Channel
from handlers.checking import Question, rule
from storage import Session, StoreUnavailable
from tests.kit import ANN, NOW, POLICY, Bench, sms

WHATSAPP = replace(ANN, channel=Channel.WHATSAPP)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_link_cut_short_is_made_when_the_message_comes_again(
    at_desk: Bench, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    message = sms("stop all", who=WHATSAPP, provider="whatsapp")
    steps = 0

    def breaks(session: Session, addr: bytes, contact: str) -> None:
        nonlocal steps
        steps += 1
        if steps >= step:
            raise StoreUnavailable("the database went away")
        original(session, addr, contact)

    name = "add_member" if step == 1 else "name_contact"
    steps = 1 if step > 1 else 0
    original = getattr(Session, name)
    with monkeypatch.context() as broken:
        broken.setattr(Session, name, breaks)
        with pytest.raises(StoreUnavailable):  # nothing is acknowledged
            at_desk.hears(message)
    assert at_desk.holds(WHATSAPP) == {"everything": "stopped"}
    assert at_desk.hears(message).duplicate
    asked = at_desk.store.read(lambda session: rule(session, POLICY, ANN, Question(), NOW))
    assert not asked.allowed
    assert len(at_desk.history(WHATSAPP)) == 1
