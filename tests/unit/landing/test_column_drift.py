"""Columns that depart from the contract: what is noted, what is guessed, what the contract refuses."""

from __future__ import annotations

import dataclasses

import pyarrow as pa
import pytest

from tidu.contracts import DatasetContract, contract
from tidu.errors import DeliveryRejected
from tidu.landing.drift import MOST_EXTRAS, probable_renames
from tidu.landing.shaping import Shaped, Sheet, shape

LISTING = contract("fn_listing")
Columns = dict[str, list[str | None]]


def listing(**changes: list[str | None]) -> Columns:
    return {name: [f"{name}1", f"{name}2"] for name in LISTING.field_names} | changes


def renamed(columns: Columns, old: str, new: str) -> Columns:
    assert old in columns
    return {(new if name == old else name): values for name, values in columns.items()}


def shaped(columns: Columns, of: DatasetContract = LISTING) -> Shaped:
    arrays = [pa.chunked_array([pa.array(c, pa.string())]) for c in columns.values()]
    return shape(of, "listing.xlsx", Sheet(list(columns), arrays))


def with_alias(name: str, alias: str, **policies: str) -> DatasetContract:
    fields = tuple(dataclasses.replace(f, aliases=(alias,)) if f.name == name else f for f in LISTING.fields)
    return dataclasses.replace(LISTING, fields=fields, drift={**LISTING.drift, **policies})


def test_an_alias_is_accepted_as_the_field_and_reported() -> None:
    found = shaped(renamed(listing(), "enterprise_name", "企业全称"), with_alias("enterprise_name", "企业全称"))
    assert found.table["enterprise_name"].to_pylist() == ["enterprise_name1", "enterprise_name2"]
    assert found.drift == {
        "extra": [], "missing": [], "reordered": False,
        "renamed": [{"heading": "企业全称", "field": "enterprise_name"}],
    }  # fmt: skip


def test_an_alias_beside_the_fields_own_heading_is_an_extra_column_whatever_the_order() -> None:
    of = with_alias("board", "上市板块")
    for columns in ({"上市板块": ["x", "y"], **listing()}, {**listing(), "上市板块": ["x", "y"]}):
        found = shaped(columns, of)
        assert found.table["board"].to_pylist() == ["board1", "board2"]
        assert found.drift["extra"] == ["上市板块"]
        assert "renamed" not in found.drift


def test_two_aliases_of_one_field_are_refused() -> None:
    of = with_alias("board", "上市板块")
    board = next(f for f in of.fields if f.name == "board")
    of = dataclasses.replace(
        of, fields=tuple(dataclasses.replace(board, aliases=("甲", "乙")) if f is board else f for f in of.fields)
    )
    columns = renamed(listing(), "board", "甲") | {"乙": ["x", "y"]}
    with pytest.raises(DeliveryRejected, match="column 乙 is there twice"):
        shaped(columns, of)


def test_a_contract_may_refuse_renamed_columns() -> None:
    columns = renamed(listing(), "board", "上市板块")
    with pytest.raises(DeliveryRejected, match="another heading: 上市板块 for 板块") as refusal:
        shaped(columns, with_alias("board", "上市板块", renamedColumn="reject"))
    assert refusal.value.drift is not None
    assert refusal.value.drift["renamed"] == [{"heading": "上市板块", "field": "board"}]


def test_a_missing_and_an_extra_column_with_like_headings_are_probably_one() -> None:
    found = shaped(renamed(listing(), "board", "上市板块"))
    assert (found.drift["missing"], found.drift["extra"]) == (["board"], ["上市板块"])
    assert found.drift["probable_renames"] == [
        {"heading": "上市板块", "field": "board", "by": "name", "likeness": 0.67}
    ]  # fmt: skip


def test_the_refusal_of_a_missing_required_column_names_what_it_was_probably_renamed_to() -> None:
    with pytest.raises(
        DeliveryRejected, match=r"企业名称 \(enterprise_name\), probably renamed to 企业全称"
    ) as refusal:
        shaped(renamed(listing(), "enterprise_name", "企业全称"))
    assert refusal.value.drift is not None
    assert refusal.value.drift["missing"] == ["enterprise_name"]


def test_values_tell_a_renamed_column_where_headings_do_not() -> None:
    stage = LISTING.field("stage")
    assert stage.values
    found = probable_renames([stage, LISTING.field("board")], {"xyz": pa.chunked_array([[*stage.values, None]])})
    assert found == [{"heading": "xyz", "field": "stage", "by": "values", "likeness": 1.0}]


def test_values_that_suit_two_missing_fields_tell_nothing() -> None:
    dates = [f for f in contract("ms_registration").fields if f.type == "date"]
    assert len(dates) > 1
    assert probable_renames(dates, {"xyz": pa.chunked_array([["2025-01-01"]])}) == []


def test_an_empty_column_and_free_text_tell_nothing_by_values() -> None:
    nothing = pa.chunked_array([pa.array([None, None], pa.string())])
    assert probable_renames([LISTING.field("stage")], {"xyz": nothing}) == []
    assert probable_renames([LISTING.field("enterprise_name")], {"xyz": pa.chunked_array([["青岛甲有限公司"]])}) == []


def test_a_column_is_paired_once_with_the_field_it_resembles_most() -> None:
    fields = [LISTING.field("enterprise_name"), LISTING.field("uscc")]
    found = probable_renames(
        fields, {"企业名称1": pa.chunked_array([["a"]]), "统一社会信用代码号": pa.chunked_array([["b"]])}
    )
    assert {(guess["heading"], guess["field"]) for guess in found} == {
        ("企业名称1", "enterprise_name"), ("统一社会信用代码号", "uscc"),
    }  # fmt: skip


def test_a_delivery_of_very_many_undeclared_columns_is_not_searched() -> None:
    many = {f"企业名称{n}": pa.chunked_array([["a"]]) for n in range(MOST_EXTRAS + 1)}
    assert probable_renames([LISTING.field("enterprise_name")], many) == []


def test_a_delivery_without_rows_is_reported_as_empty() -> None:
    found = shaped({name: [] for name in LISTING.field_names})
    assert found.drift == {"extra": [], "missing": [], "reordered": False, "empty": True}
    assert found.table.num_rows == 0
