"""Columns by contract: what is extra, what is missing, and when two deliveries hold the same."""

from __future__ import annotations

import dataclasses
import json

import pyarrow as pa
import pytest

from tidu.contracts import DatasetContract, contract, contracts
from tidu.errors import DeliveryRejected
from tidu.landing.shaping import Shaped, Sheet, field_of_heading, shape

LISTING = contract("fn_listing")


def sheet_of(columns: dict[str, list[str | None]]) -> Sheet:
    return Sheet(list(columns), [pa.chunked_array([pa.array(c, pa.string())]) for c in columns.values()])


def listing(**changes: list[str | None]) -> dict[str, list[str | None]]:
    return {name: [f"{name}1", f"{name}2"] for name in LISTING.field_names} | changes


def shaped(columns: dict[str, list[str | None]], of: DatasetContract = LISTING) -> Shaped:
    return shape(of, "listing.xlsx", sheet_of(columns))


def test_no_two_fields_of_a_contract_share_a_heading() -> None:
    assert contracts()
    for c in contracts().values():
        names = {f.name for f in c.fields}
        headings = {f.heading for f in c.fields}
        assert len(field_of_heading(c)) == len(names | headings)


def test_columns_come_in_contract_order_whatever_the_file_has() -> None:
    straight = shaped(listing())
    turned = shaped(dict(reversed(listing().items())))
    assert straight.drift == {"extra": [], "missing": [], "reordered": False}
    assert turned.drift == {"extra": [], "missing": [], "reordered": True}
    assert turned.table.equals(straight.table)
    assert straight.table.column_names == ["row_no", *LISTING.field_names, "_extra"]


def test_an_extra_column_is_kept_and_reported() -> None:
    found = shaped(listing(备注=['说 "好"', None], 附件=[None, None]))
    assert found.drift["extra"] == ["备注", "附件"]
    assert [json.loads(x) if x else x for x in found.table["_extra"].to_pylist()] == [{"备注": '说 "好"'}, None]


def test_a_missing_optional_column_is_null_and_reported() -> None:
    columns = listing()
    del columns["board"]
    found = shaped(columns)
    assert found.drift["missing"] == ["board"]
    assert found.table["board"].null_count == 2


def test_a_missing_required_column_rejects_the_delivery() -> None:
    columns = listing()
    del columns["enterprise_name"]
    with pytest.raises(DeliveryRejected, match=r"listing.xlsx: required column missing: 企业名称 \(enterprise_name\)"):
        shaped(columns)


@pytest.mark.parametrize(
    ("drift", "columns", "reason"),
    [
        ("extraColumn", listing(x=["1", "2"]), "beyond the contract: x"),
        ("missingColumn", {k: v for k, v in listing().items() if k != "board"}, "missing: 板块"),
        ("reorderedColumn", dict(reversed(listing().items())), "another order"),
    ],
)
def test_the_contract_decides_which_drift_rejects(
    drift: str, columns: dict[str, list[str | None]], reason: str
) -> None:
    strict = dataclasses.replace(LISTING, drift={**LISTING.drift, drift: "reject"})
    shaped(columns)
    with pytest.raises(DeliveryRejected, match=reason):
        shaped(columns, strict)


def test_nul_becomes_the_replacement_character_and_is_reported() -> None:
    found = shaped(listing(board=["主\0板", "科创板"]))
    assert found.table["board"].to_pylist() == ["主\ufffd板", "科创板"]
    assert found.drift["nul_replaced"] == 1


def test_content_is_the_same_however_it_was_cut() -> None:
    whole = shaped(listing(board=["", "科创板"]))
    pieces = [pa.chunked_array([[v] for v in c], pa.large_string()) for c in listing(board=[None, "科创板"]).values()]
    assert shape(LISTING, "x", Sheet(list(LISTING.field_names), pieces)).content_sha256 == whole.content_sha256


@pytest.mark.parametrize(
    "other",
    [
        listing(board=["科创板", None]),
        listing(board=["科创板", "科创板"]),
        listing(uscc=["ab", "c"], board=[None, "科创板"]),
        listing(uscc=["a", "bc"], board=[None, "科创板"]),
        listing(board=[None, "科创板"], extra=["", "x"]),
    ],
)
def test_other_content_has_another_hash(other: dict[str, list[str | None]]) -> None:
    assert shaped(other).content_sha256 != shaped(listing(board=[None, "科创板"])).content_sha256


def test_ragged_marks_of_a_department_are_handed_on_as_they_are() -> None:
    found = shaped(listing(__surplus__=['["a", "b"]', None], __missing__=[None, "2"]))
    assert [json.loads(x) for x in found.table["_extra"].to_pylist()] == [
        {"__surplus__": ["a", "b"]},
        {"__missing__": 2},
    ]
    assert found.drift["extra"] == []
