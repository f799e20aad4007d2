"""`heed report`: the proof sheet as a page, as JSON and as rows for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import stat
from typing import Any

import pytest

from bot.model import Address, Channel, NewReview, ReviewCause
from handlers.cli.output import cell
from handlers.cli.report import report
from storage import Session, StoreUnavailable
from tests.handlers.cli.kit import Shell
from tests.kit import NOW, mail, sms


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def figure(text: str, *where: str) -> str:
    channel, part, name, what = where
    [found] = [
        row["value"]
        for row in rows(text)
        if (row["channel"], row["part"], row["name"], row["figure"]) == (channel, part, name, what)
    ]
    return found


def test_the_page_shows_the_running_month(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    shell.bench.clock.forward(seconds=90)
    result = shell.run(report)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "Proof sheet 2026-11, still running; made 2026-11-25 12:01:30 UTC"
    assert lines[2].split() == ["sms", "all"]
    [requests] = [line for line in lines if line.startswith("requests to stop")]
    assert requests.split()[-2:] == ["1", "1"]
    [tcpa] = [line for line in lines if line.startswith("sms us_tcpa* (stop)")]
    assert tcpa.split()[-5:] == ["1", "0", "0", "0", "100.00%"]
    assert any(line.startswith("  * us_tcpa: ") and "2027-01-31" in line for line in lines)
    assert any("the first blocked check is not recorded" in line for line in lines)


def test_what_waits_stands_on_the_page_with_its_clock(shell: Shell) -> None:
    shell.bench.hears(sms("hm"))
    shell.bench.clock.forward(hours=30)
    [line] = [
        line
        for line in shell.run(report).stdout.splitlines()
        if line.startswith("sms may_be_stop") and "UTC" in line
    ]
    assert line.split() == [
        "sms", "may_be_stop", "1", "1", "30.0", "h", "2026-11-26", "12:00", "UTC"
    ]  # fmt: skip


def test_json_is_whole(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    result = shell.run(report, "--format", "json", "--month", "2026-11")
    sheet: dict[str, Any] = json.loads(result.stdout)
    assert (sheet["month"], sheet["complete"]) == ("2026-11", False)
    assert sheet["made_at"] == "2026-11-25T12:00:00Z"
    [sms_part, everything] = sheet["channels"]
    assert (sms_part["channel"], everything["channel"]) == ("sms", "all")
    assert sms_part["figures"]["requests"] == 1
    assert sms_part["to_suppression"] == {"count": 1, "median": 0.0, "p99": 0.0, "worst": 0.0}
    assert set(sheet["versions"]) == {"heed", "holidays", "rules", "readings"}


def test_csv_has_one_number_in_each_row(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    shell.bench.hears(mail("hm"))
    text = shell.run(report, "--format", "csv").stdout
    assert figure(text, "sms", "count", "", "requests") == "1"
    assert figure(text, "sms", "deadline", "us_tcpa", "within") == "1"
    assert figure(text, "all", "seconds", "to_suppression", "worst") == "0.0"
    assert figure(text, "email", "waiting", "may_be_stop", "open") == "1"
    assert figure(text, "", "made", "", "complete") == "false"
    assert figure(text, "", "reading", "1", "requests") == "1"
    assert {row["month"] for row in rows(text)} == {"2026-11"}


def test_the_three_forms_say_the_same(shell: Shell) -> None:
    shell.bench.hears(sms("stop"))
    shell.bench.hears(mail("delete my data"))
    shell.bench.clock.forward(days=40)
    sheet = json.loads(shell.run(report, "--format", "json", "--month", "2026-11").stdout)
    text = shell.run(report, "--format", "csv", "--month", "2026-11").stdout
    for one in sheet["channels"]:
        for name, number in one["figures"].items():
            assert figure(text, one["channel"], "count", "", name) == str(number)
        for each in one["deadlines"]:
            for fate in ("within", "late", "waiting", "overdue"):
                found = figure(text, one["channel"], "deadline", each["regime"], fate)
                assert found == str(each[fate])


def test_no_cell_is_run_by_a_spreadsheet(shell: Shell) -> None:
    """A version stands in the sheet as the ledger has it, whoever wrote it there."""
    shell.bench.hears(sms("stop"))
    for start in ("=", "+", "-", "@", "\t", "\r", "＝"):
        assert cell(f"{start}cmd()") == f"'{start}cmd()"
    for row in rows(shell.run(report, "--format", "csv").stdout):
        assert not any(value[:1] in set("=+-@\t\r") for value in row.values() if value)


def test_a_file_appears_whole_and_is_readable_by_you_alone(shell: Shell) -> None:
    out = shell.folder / "sheet.txt"
    result = shell.run(report, "-o", str(out))
    assert (result.exit_code, result.stdout) == (0, "")
    assert out.read_text().startswith("Proof sheet 2026-11")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert [path.name for path in shell.folder.glob(".sheet*")] == []


def test_a_place_that_cannot_be_written_is_said(shell: Shell) -> None:
    result = shell.run(report, "-o", str(shell.folder / "nowhere" / "sheet.txt"))
    assert result.exit_code == 2
    assert result.stderr.startswith("heed: cannot write the report")


@pytest.mark.parametrize("month", ["2026-13", "november", "2026", "1999-01", "2026-11-01"])
def test_what_is_no_month_is_refused_before_anything_is_read(shell: Shell, month: str) -> None:
    result = shell.run(report, "--month", month)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "heed: a month is written YYYY-MM\n"


def test_without_a_database_there_is_no_half_a_sheet(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("the database is away")

    monkeypatch.setattr(Session, "answers", away)
    out = shell.folder / "sheet.txt"
    result = shell.run(report, "-o", str(out))
    assert result.exit_code == 2
    assert not out.exists()


def test_two_hundred_reviews_wait_on_more_than_one_page(shell: Shell) -> None:
    def open_many(session: Session) -> None:
        addr = session.touch(Address(channel=Channel.EMAIL, value="ann@example.com"), NOW)
        for n in range(401):
            new = NewReview(cause=ReviewCause.UNCLEAR, due_at=NOW)
            session.open_review(
                addr,
                new,
                id=f"R{n}",
                sender="news@example.org",
                channel=Channel.EMAIL,
                entry_id="e",
                opened_at=NOW,
            )

    shell.bench.store.write(open_many)
    text = shell.run(report, "--format", "csv").stdout
    assert figure(text, "email", "waiting", "unclear", "open") == "401"
    assert figure(text, "email", "reviews", "unclear", "opened") == "401"
