"""`heed export`: the suppressions for another system, the ledger for an auditor."""

from __future__ import annotations

import csv
import io
import json
import stat
from typing import Any

import pytest

from bot.model import Address, Channel
from handlers.cli import export as export_module
from handlers.cli.export import export
from storage import StoreUnavailable
from tests.handlers.cli.kit import Shell
from tests.kit import mail, sms


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def cells(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_suppression_is_one_line(shell: Shell) -> None:
    receipt = shell.bench.hears(sms("stop"))
    shell.bench.hears(mail("stop all"))
    result = shell.run(export)
    assert result.exit_code == 0
    found = {row["address"]: row for row in lines(result.stdout)}
    assert found["+12025550123"] == {
        "channel": "sms",
        "address": "+12025550123",
        "scope": "channel",
        "hold": "stopped",
        "since": "2026-11-25T12:00:00+00:00",
        "until": None,
        "entry": receipt.entry_id,
        "flags": [],
    }
    assert found["ann@example.com"]["scope"] == "everything"


def test_the_ledger_comes_with_its_words_in_order(shell: Shell) -> None:
    for text in ("stop", "start", "别再发了"):
        shell.bench.hears(sms(text))
    rows = lines(shell.run(export, "--entries").stdout)
    assert [row["number"] for row in rows] == [1, 2, 3]
    assert [row["kind"] for row in rows] == ["opted_out", "opted_in", "heard"]
    assert [row["words"] for row in rows] == ["stop", "start", "别再发了"]
    assert rows[0]["facts"]["intent"] == "opt_out"


def test_many_pages_make_one_whole(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_module, "PAGE", 2)
    people = {f"p{number}@example.com" for number in range(7)}
    for person in people:
        shell.bench.hears(mail("stop", who=Address(channel=Channel.EMAIL, value=person)))
    for arguments in ((), ("--entries",)):
        addresses = [row["address"] for row in lines(shell.run(export, *arguments).stdout)]
        assert len(addresses) == 7
        assert set(addresses) == people


def test_no_cell_runs_in_a_spreadsheet(shell: Shell) -> None:
    evil = Address(channel=Channel.EMAIL, value="=1+1@example.com")
    for words in (
        "=HYPERLINK(1)",
        "+cmd",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "＝1",
        "plain",
        "+12025550199",
    ):
        shell.bench.hears(mail(words, who=evil))
    rows = cells(shell.run(export, "--entries", "--format", "csv").stdout)
    assert [row["words"] for row in rows] == [
        "'=HYPERLINK(1)",
        "'+cmd",
        "'-2+3",
        "'@SUM(A1)",
        "'\t=1",
        "'\r=1",
        "'＝1",
        "plain",
        "+12025550199",
    ]
    assert {row["address"] for row in rows} == {"'=1+1@example.com"}


def test_csv_holds_the_same_rows_and_keeps_phone_numbers_whole(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    result = shell.run(export, "--format", "csv")
    assert result.stdout.splitlines()[0] == "channel,address,scope,hold,since,until,entry,flags"
    [row] = cells(result.stdout)
    assert (row["address"], row["hold"], row["until"]) == ("+12025550123", "stopped", "")


def test_an_empty_desk_exports_an_empty_list(shell: Shell) -> None:
    assert shell.run(export).stdout == ""
    assert len(shell.run(export, "--format", "csv").stdout.splitlines()) == 1


def test_a_file_is_for_its_owner_alone(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    target = shell.folder / "out.ndjson"
    result = shell.run(export, "-o", str(target))
    assert (result.exit_code, result.stdout) == (0, "")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert len(lines(target.read_text())) == 1


def test_a_file_that_could_not_be_finished_does_not_appear(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = shell.folder / "out.ndjson"
    target.write_text("yesterday's\n")

    def breaks(_store: object) -> Any:
        yield {"channel": "sms"}
        raise StoreUnavailable("the disk is gone")

    monkeypatch.setattr(export_module, "_suppressions", breaks)
    result = shell.run(export, "-o", str(target))
    assert result.exit_code == 2
    assert "the disk is gone" in result.stderr
    assert target.read_text() == "yesterday's\n"
    assert [path.name for path in shell.folder.glob(".out*")] == []


def test_a_folder_that_is_not_there_is_one_clear_line(shell: Shell) -> None:
    result = shell.run(export, "-o", str(shell.folder / "no" / "out.csv"))
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)


def test_who_was_erased_is_exported_without_a_name(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    shell.bench.store.write(lambda session: session.erase(shell.bench.addr()))
    [row] = lines(shell.run(export).stdout)
    assert (row["address"], row["scope"]) == (None, "channel")
    [entry] = lines(shell.run(export, "--entries").stdout)
    assert (entry["words"], entry["facts"]) == (None, {})
