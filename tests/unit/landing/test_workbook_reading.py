"""Workbooks as people keep them."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
import xlsxwriter

from tidu.contracts import contract
from tidu.errors import DeliveryRejected
from tidu.landing import limits
from tidu.landing.shaping import shape
from tidu.landing.workbook import read_xlsx

GUARANTEE = contract("fn_guarantee")
HEADINGS = [f.heading for f in GUARANTEE.fields]
ROW = ["G1", "青岛甲公司", "91370200MA3C0000X1", "乙担保", 1234.5, "2025年7月1日"]


def book(rows: list[list[Any]], first_sheet: list[list[Any]] | None = None) -> bytes:
    target = io.BytesIO()
    made = xlsxwriter.Workbook(target)
    day = made.add_format({"num_format": "yyyy-mm-dd"})
    for content in ([first_sheet] if first_sheet is not None else []) + [rows]:
        sheet = made.add_worksheet()
        for y, row in enumerate(content):
            for x, cell in enumerate(row):
                if isinstance(cell, dt.date):
                    sheet.write_datetime(y, x, cell, day)
                elif cell is not None:
                    sheet.write(y, x, cell)
    made.close()
    return target.getvalue()


def rows_of(data: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shape(GUARANTEE, "g.xlsx", read_xlsx(GUARANTEE, "g.xlsx", data)).table.to_pylist()
    return found


@pytest.mark.parametrize("title", [[], [["担保情况表"]], [["担保情况表"], [], ["单位：", None, None, "万元"]]])
@pytest.mark.parametrize(
    "footer",
    [
        [],
        [["合计", None, None, None, 2469]],
        [["合 计", None, None, None, 2469], [], ["注：数据由各区市汇总"]],
        [["总计：", None, None, None, 2469], ["备注", None], ["说明：以实际到账为准"], [], []],
        [[None, "注1：金额以万元计"]],
    ],
)
def test_data_lies_between_headings_and_footer(title: list[list[Any]], footer: list[list[Any]]) -> None:
    rows = rows_of(book([*title, HEADINGS, ROW, ROW, *footer]))
    assert [(r["row_no"], r["guarantee_no"], r["amount_wan"]) for r in rows] == [
        (1, "G1", "1234.5"),
        (2, "G1", "1234.5"),
    ]


def test_a_row_without_its_key_stays_also_at_the_end() -> None:
    rows = rows_of(book([HEADINGS, ROW, [None, *ROW[1:]], ["合计", None, None, None, 2469]]))
    assert [r["guarantee_no"] for r in rows] == ["G1", None]


def test_blank_rows_among_data_are_rows_and_behind_it_are_not() -> None:
    assert [r["guarantee_no"] for r in rows_of(book([HEADINGS, ROW, [], ROW, [], []]))] == ["G1", None, "G1"]


def test_a_stray_cell_far_below_makes_no_million_of_rows() -> None:
    assert len(rows_of(book([HEADINGS, ROW, *[[]] * limits.MOST_BLANK_ROWS, ROW]))) == limits.MOST_BLANK_ROWS + 2
    with pytest.raises(
        DeliveryRejected, match=f"{limits.MOST_BLANK_ROWS + 1} blank rows .* delete what lies far from the table"
    ):
        rows_of(book([HEADINGS, ROW, *[[]] * (limits.MOST_BLANK_ROWS + 1), ROW]))


def test_a_name_that_only_begins_like_a_footer_is_data() -> None:
    rows = rows_of(book([HEADINGS, ["合计", "甲", None, None, 1], ["说明书", "乙", None, None, 1], ["G9", *ROW[1:]]]))
    assert [r["guarantee_no"] for r in rows] == ["合计", "说明书", "G9"]
    assert len(rows_of(book([HEADINGS, ROW, ["说明书", "乙", None, None, 1]]))) == 2


def test_cells_become_the_text_a_person_sees() -> None:
    cells = [1234.0, 0.1 + 0.2, True, "007", 370200123456789, dt.date(2025, 7, 1)]
    (row,) = rows_of(book([HEADINGS, cells]))
    assert [row[n] for n in GUARANTEE.field_names] == [
        "1234", "0.3", "TRUE", "007", "370200123456789", "2025-07-01",
    ]  # fmt: skip


def test_an_excel_serial_without_a_format_stays_a_number() -> None:
    (row,) = rows_of(book([HEADINGS, [*ROW[:5], 45839]]))
    assert row["signed_on"] == "45839"


def test_cells_beyond_the_headings_are_surplus_of_their_row() -> None:
    rows = rows_of(book([HEADINGS, ROW, [*ROW, None, "x", "y"]]))
    assert [r["_extra"] for r in rows] == [None, '{"__surplus__": ["", "x", "y"]}']


def test_the_sheet_with_the_headings_is_read() -> None:
    assert len(rows_of(book([HEADINGS, ROW], first_sheet=[["填报说明"], ["一、……"]]))) == 1


def test_extra_and_reordered_columns_are_accepted() -> None:
    rows = rows_of(book([["序号", *reversed(HEADINGS)], [1, *reversed(ROW)]]))
    assert (rows[0]["guarantee_no"], rows[0]["_extra"]) == ("G1", '{"序号":"1"}')


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no workbook at all", "unreadable xlsx"),
        (book([HEADINGS, ROW])[:900], "unreadable xlsx"),
        (book([["只有标题"], ["没有表头"]]), "required column missing"),
        (book([]), "required column missing"),
        (book([HEADINGS[1:], ROW[1:]]), r"required column missing: 担保合同号 \(guarantee_no\)"),
    ],
    ids=["text", "cut_off", "no_headings", "nothing", "no_key"],
)
def test_a_workbook_that_cannot_be_taken_is_rejected(data: bytes, reason: str) -> None:
    with pytest.raises(DeliveryRejected, match=reason) as rejected:
        rows_of(data)
    assert rejected.value.contact == GUARANTEE.contact


def test_a_workbook_that_unpacks_to_a_flood_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ALWAYS_UNPACKED", 1000)
    monkeypatch.setattr(limits, "LARGEST_RATIO", 0.1)
    with pytest.raises(DeliveryRejected, match="it unpacks to more than"):
        rows_of(book([HEADINGS, ROW]))
