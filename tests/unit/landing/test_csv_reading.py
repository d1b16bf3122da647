"""What departments do to CSV files, and what of it is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidu.contracts import contract
from tidu.errors import DeliveryRejected
from tidu.landing.csv_file import read_csv
from tidu.landing.shaping import shape

ARREARS = contract("mi_arrears")
HEADINGS = [f.heading for f in ARREARS.fields]
ROW = ["T1", "青岛甲公司", "", "乙局", "机关", "370202", "007", "0.00", "2025-07-01", ""]


def csv_of(*rows: list[str], headings: list[str] = HEADINGS, end: str = "\n") -> str:
    return "".join(",".join(cells) + end for cells in (headings, *rows))


def rows_of(data: bytes) -> list[dict[str, object]]:
    found: list[dict[str, object]] = shape(ARREARS, "file.csv", read_csv(ARREARS, "file.csv", data)).table.to_pylist()
    return found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("headings", [HEADINGS, list(ARREARS.field_names)], ids=["chinese", "english"])
def test_encodings_line_ends_and_both_languages_of_headings(encoding: str, end: str, headings: list[str]) -> None:
    rows = rows_of(csv_of(ROW, ROW, headings=headings, end=end).encode(encoding))
    assert len(rows) == 2
    expected = dict(zip(ARREARS.field_names, (cell or None for cell in ROW), strict=True))
    assert rows[1] == {"row_no": 2, **expected, "_extra": None}


def test_blank_lines_are_no_rows_but_rows_of_separators_are() -> None:
    rows = rows_of(("\n" + csv_of(ROW, [""], [""] * 10, ROW) + "\n\n").encode())
    assert [(r["row_no"], r["complaint_no"]) for r in rows] == [(1, "T1"), (2, None), (3, "T1")]


def test_headings_may_follow_lines_without_content() -> None:
    for blank in ("\r\n", " \t\r\n", ",,\n", "\n" * 1000, '"",""\n', "\u3000\n", "\r"):
        rows = rows_of((blank + csv_of(ROW, ROW)).encode())
        assert [r["complaint_no"] for r in rows] == ["T1", "T1"], blank


def test_quoted_line_breaks_quotes_and_blanks_stay() -> None:
    cell = '"a ""quoted"", and\r\nbroken "'
    (row,) = rows_of(csv_of([ROW[0], cell, *ROW[2:]]).encode())
    assert row["creditor_name"] == 'a "quoted", and\r\nbroken '


def test_ragged_rows_keep_their_place_and_are_marked() -> None:
    short, wide = ROW[:7], [*ROW, "x", '"y,\nz"']
    rows = rows_of(csv_of(ROW, short, ["", ""], wide, ROW).encode())
    assert [r["row_no"] for r in rows] == [1, 2, 3, 4, 5]
    assert [r["_extra"] for r in rows] == [
        None, '{"__missing__": 3}', '{"__missing__": 8}', '{"__surplus__": ["x", "y,\\nz"]}', None,
    ]  # fmt: skip
    assert (rows[1]["amount_wan"], rows[1]["paid_wan"]) == ("007", None)
    assert rows[3]["complaint_no"] == "T1"


@given(st.lists(st.sampled_from([8, 9, 10, 10, 10, 11, 13]), min_size=1, max_size=30))
def test_whatever_the_widths_every_row_is_there_once_in_its_place(widths: list[int]) -> None:
    rows = rows_of(csv_of(*([f"{n}_{i}" for i in range(width)] for n, width in enumerate(widths, 1))).encode())
    assert [r["row_no"] for r in rows] == list(range(1, len(widths) + 1))
    assert [r["complaint_no"] for r in rows] == [f"{n}_0" for n in range(1, len(widths) + 1)]
    assert [r["_extra"] is None for r in rows] == [width == 10 for width in widths]


def test_headings_alone_are_a_delivery_without_rows() -> None:
    assert rows_of(csv_of().encode()) == []


def test_a_long_cell_is_a_cell() -> None:
    (row,) = rows_of(csv_of(["T1", "长" * 300_000, *ROW[2:], "more"]).encode())
    assert len(str(row["creditor_name"])) == 300_000


def test_a_replacement_character_survives_gb18030() -> None:
    (row,) = rows_of(csv_of(["T1", "坏\ufffd字", *ROW[2:]]).encode("gb18030"))
    assert row["creditor_name"] == "坏\ufffd字"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf\r\n\r\n", "the file is empty"),
        (csv_of(ROW).encode("utf-16"), "wrong encoding"),
        (csv_of(ROW).encode().replace("甲".encode(), b"\xe7\x94"), "wrong encoding"),
        (csv_of(ROW).encode("gb18030") + b"\xff\xff", "wrong encoding"),
        (csv_of(ROW, [ROW[0], '"never closed', *ROW[2:]], ROW).encode(), "quotation mark is never closed"),
        (csv_of(ROW, headings=["受理 日期", *HEADINGS[1:]]).encode(), "受理日期 is there twice"),
        (csv_of(ROW[1:], headings=HEADINGS[1:]).encode(), "required column missing: 投诉编号 (complaint_no)"),
    ],
    ids=["empty", "blank", "utf16", "damaged_utf8", "damaged_gb18030", "open_quote", "twice", "no_key"],
)
def test_a_file_that_cannot_be_taken_is_rejected_with_file_reason_and_contact(data: bytes, reason: str) -> None:
    with pytest.raises(DeliveryRejected) as rejected:
        rows_of(data)
    assert reason in str(rejected.value)
    assert "file.csv" in str(rejected.value)
    assert ARREARS.contact in str(rejected.value)
