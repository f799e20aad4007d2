"""`heed outbox`: a refusal for good is visible, and can be tried again once its cause is mended."""

from __future__ import annotations

from handlers.cli.outbox import outbox
from storage import OutboxState
from tests.handlers.cli.kit import Shell
from tests.kit import MAIL_ANN, mail


def park(shell: Shell) -> str:
    shell.bench.hears(mail("stop"))
    (item,) = shell.bench.outbox(MAIL_ANN)
    shell.bench.store.write(
        lambda session: session.settle(item.addr, item.id, OutboxState.PARKED, error="smtp_550")
    )
    return item.id


def test_a_parked_answer_is_listed_with_its_cause_and_without_the_address(shell: Shell) -> None:
    item_id = park(shell)
    said = shell.run(outbox).stdout
    assert item_id in said
    assert "smtp_550" in said
    assert MAIL_ANN.value not in said


def test_a_parked_answer_can_be_sent_again(shell: Shell) -> None:
    item_id = park(shell)
    assert shell.run(outbox, "retry", item_id).exit_code == 0
    assert shell.bench.outbox(MAIL_ANN)[0].state is OutboxState.PENDING
    assert shell.run(outbox, "retry", item_id).exit_code == 2
    assert shell.run(outbox, "retry").exit_code == 2


def test_nothing_waits_is_said(shell: Shell) -> None:
    assert "nothing waits" in shell.run(outbox).stderr
