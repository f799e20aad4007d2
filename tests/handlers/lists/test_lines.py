"""Lists as other systems write them: every record is read or handed back, none is lost."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.lists import lines
from handlers.lists.lines import CsvList, JsonList, Lines, ListError, Record, opened


def read(content: bytes) -> list[Record]:
    return list(opened(Lines(io.BufferedReader(io.BytesIO(content)))).records())


def faults(content: bytes) -> list[tuple[int, str]]:
    return [(record.line, record.fault) for record in read(content) if record.fault]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_whatever_program_saved_it(delimiter: str, encoding: str, end: str) -> None:
    text = end.join((delimiter.join(("email", "note")), delimiter.join(("a@example.com", "é"))))
    [record] = read(text.encode(encoding))
    assert record.cells == {"email": "a@example.com", "note": "é"}
    assert record.line == 2


def test_a_cell_may_span_lines_and_lines_keep_their_numbers() -> None:
    records = read(b'email,note\n"a@example.com","one\ntwo"\n\n,\nb@example.com,x\n')
    assert [(record.line, record.cells["email"]) for record in records] == [
        (2, "a@example.com"),
        (6, "b@example.com"),
    ]
    assert records[0].raw == '"a@example.com","one\ntwo"\n'


def test_a_quote_that_is_never_closed_costs_its_own_line_alone() -> None:
    content = b'email,note\na@example.com,"open\n' + b"b@example.com,x\n" * 150
    assert faults(content) == [(2, "a quote that is never closed")]
    assert len(read(content)) == 151


def test_cells_too_many_are_a_fault_and_empty_ones_at_the_end_are_none() -> None:
    assert faults(b"email,note\na@example.com,x,y\nb@example.com,x,,\n") == [
        (2, "has 3 cells, the header 2")
    ]


def test_what_is_no_utf8_stays_as_it_was() -> None:
    [record] = read(b"email,name\na@example.com,Andr\xe9\n")
    assert record.raw.encode("utf-8", "surrogateescape") == b"a@example.com,Andr\xe9\n"


def test_json_lines_keep_what_is_no_object_apart() -> None:
    content = b'{"email":"a@example.com"}\n\nnonsense\n[1]\n{"email":"b@example.com"}'
    assert faults(content) == [(3, "not JSON"), (4, "not a JSON object")]
    assert [record.line for record in read(content)] == [1, 3, 4, 5]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b'[{"email": "a@example.com"}]', "an object a line"),
        (b"PK\x03\x04\0\0", "neither CSV nor JSON"),
        (b'"email\n', "first line"),
        (b"email\n" + b"x" * (lines.LINE_MAX + 10), "over a million characters"),
    ],
)
def test_what_is_no_list_is_one_clear_line(content: bytes, why: str) -> None:
    with pytest.raises(ListError, match=why):
        read(content)


@given(st.binary(max_size=400))
def test_no_bytes_break_it(content: bytes) -> None:
    try:
        read(content)
    except ListError:
        return


CELLS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=20))
def test_what_a_csv_writer_wrote_comes_back_and_so_does_its_text(
    rows: list[tuple[str, str]],
) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(("email", "note"))
    writer.writerows(rows)
    records = read(file.getvalue().encode())
    told = [row for row in rows if any(cell.strip() for cell in row)]
    assert [tuple(record.cells.values()) for record in records] == told
    assert all(next(csv.reader([record.raw])) for record in records)


@given(st.lists(st.dictionaries(st.text(max_size=8), st.text(max_size=8), min_size=1), max_size=9))
def test_what_a_json_writer_wrote_comes_back(rows: list[dict[str, str]]) -> None:
    if rows:
        assert [record.cells for record in read("\n".join(map(json.dumps, rows)).encode())] == rows


def test_the_columns_of_json_lines_are_those_of_the_first_hundred() -> None:
    content = b'{"email":"a@example.com"}\n{"phone":"1"}\n' * 60 + b'{"late":1}\n'
    found = opened(Lines(io.BufferedReader(io.BytesIO(content))))
    assert isinstance(found, JsonList)
    assert found.columns == ["email", "phone"]
    assert len(list(found.records())) == 121


def test_a_list_without_a_header_gets_one() -> None:
    found = opened(Lines(io.BufferedReader(io.BytesIO(b"2025550123\n2025550124\n"))))
    assert isinstance(found, CsvList)
    found.add_header(["address"])
    assert [record.cells["address"] for record in found.records()] == ["2025550123", "2025550124"]
