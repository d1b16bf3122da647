"""The contracts promise what the data-sharing catalogue lays down, no more and no less."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tidu.contracts import DatasetContract, Field, contract, contracts
from tidu.settings import PROJECT_ROOT

CATALOGUE = PROJECT_ROOT.parent / "shared" / "spec" / "catalogue.yaml"
MAY_LIE_AHEAD = {"due_on", "valid_until"}
MAY_BE_NEGATIVE = {
    ("tx_payment", "amount_yuan"),
    ("tx_cit_return", "net_profit_yuan"),
    ("tx_vat_return", "sales_yuan"),
    ("tx_vat_return", "export_sales_yuan"),
    ("tx_vat_return", "tax_payable_yuan"),
}


@pytest.fixture(scope="module")
def catalogue() -> dict[str, Any]:
    if not CATALOGUE.is_file():
        pytest.skip(f"the data-sharing catalogue is not at {CATALOGUE}")
    return yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))


def fields_with_contract() -> list[tuple[DatasetContract, Field]]:
    found = [(c, f) for c in contracts().values() for f in c.fields]
    assert len(found) > 200
    return found


def test_every_dataset_of_the_catalogue_has_a_contract_and_no_other(catalogue: dict[str, Any]) -> None:
    assert sorted(contracts()) == sorted(catalogue["datasets"])
    assert len(contracts()) == 24


@pytest.mark.parametrize("name", sorted(contracts()))
def test_dataset_says_what_the_catalogue_says(catalogue: dict[str, Any], name: str) -> None:
    c, promised = contract(name), catalogue["datasets"][name]
    department = catalogue["departments"][promised["department"]]
    assert (c.heading, c.department, c.mode, list(c.key), c.cadence) == (
        promised["zh"],
        promised["department"],
        promised["mode"],
        promised["key"],
        promised["cadence"],
    )
    assert (c.owner, c.transport) == (department["zh"], department["transport"])


@pytest.mark.parametrize("name", sorted(contracts()))
def test_fields_say_what_the_catalogue_says(catalogue: dict[str, Any], name: str) -> None:
    assert {f.name: _as_catalogue(f) for f in contract(name).fields} == {
        field: _complete(said) for field, said in catalogue["datasets"][name]["fields"].items()
    }


@pytest.mark.parametrize("name", sorted(contracts()))
def test_fields_stand_in_the_order_of_the_catalogue_and_keep_its_notes(catalogue: dict[str, Any], name: str) -> None:
    promised = catalogue["datasets"][name]["fields"]
    assert list(contract(name).field_names) == list(promised)
    for field, said in promised.items():
        assert said.get("note", "") in contract(name).field(field).description


def test_numbers_are_not_negative_unless_the_law_lets_them() -> None:
    numbers = [(c.name, f) for c, f in fields_with_contract() if f.type in ("integer", "decimal")]
    unbounded = {(name, f.name) for name, f in numbers if f.minimum is None}
    assert unbounded == MAY_BE_NEGATIVE
    years = {(name, f.name) for name, f in numbers if f.name.endswith("_year")}
    assert {f.minimum for name, f in numbers if (name, f.name) in years} == {1900}, "a smaller year is a shifted count"
    assert {f.minimum for name, f in numbers if (name, f.name) not in unbounded | years} == {0}


def test_dates_and_periods_do_not_lie_after_the_delivery_unless_they_may() -> None:
    dated = [f for _, f in fields_with_contract() if f.type in ("date", "month", "timestamp")]
    ahead = {f.name for f in dated if "not_after_delivery" not in f.declared_rules}
    assert ahead == MAY_LIE_AHEAD
    years = [f for _, f in fields_with_contract() if f.type == "integer" and f.name.endswith("_year")]
    assert years
    assert all("year_not_after_delivery" in f.declared_rules for f in years)


def test_names_are_guarded_against_broken_text_and_placeholders() -> None:
    names = [f for _, f in fields_with_contract() if f.name.endswith(("_name", "_names"))]
    assert len(names) > 10
    assert all("no_broken_text" in f.declared_rules for f in names)
    own = [f for f in names if f.required]
    assert own
    assert all("not_placeholder_name" in f.declared_rules for f in own)


def test_codes_are_checked_where_the_catalogue_rules_them_or_makes_them_the_key() -> None:
    checked = {(c.name, f.name): f for c, f in fields_with_contract() if {"uscc", "reg_no"} & set(f.declared_rules)}
    assert sorted(checked) == [
        ("mi_above_scale", "uscc"),
        ("mi_declaration", "uscc"),
        ("ms_registration", "reg_no"),
        ("ms_registration", "uscc"),
    ]


def test_every_field_is_explained_in_english_and_headed_in_chinese() -> None:
    for c, f in fields_with_contract():
        assert f.description.split(";")[0].strip().isascii(), f"{c.name}.{f.name}: {f.description}"
        assert len(f.description) > 5, f"{c.name}.{f.name}"
        assert not f.heading.isascii(), f"{c.name}.{f.name}: {f.heading}"


def test_fields_of_one_name_have_one_meaning_of_type_and_unit() -> None:
    meanings: dict[str, set[tuple[str, str | None]]] = {}
    for _, f in fields_with_contract():
        meanings.setdefault(f.name, set()).add((f.type, f.unit))
    assert {name: found for name, found in meanings.items() if len(found) > 1} == {}


def test_contract_files_stay_short() -> None:
    files = sorted(Path(PROJECT_ROOT / "plugins/tidu/contracts").glob("*/*.yml"))
    assert len(files) == 24
    long = {f.name: n for f in files if (n := len(f.read_text(encoding="utf-8").splitlines())) > 150}
    assert long == {}


def _as_catalogue(f: Field) -> dict[str, Any]:
    return {
        "zh": f.heading,
        "type": f.type,
        "required": f.required,
        "unit": f.unit,
        "values": [] if f.type == "flag" else list(f.values),
        "class": f.classification,
        "rule": f.standard,
        "null": "often" if f.often_empty else None,
    }


def _complete(said: dict[str, Any]) -> dict[str, Any]:
    assert set(said) <= {"zh", "type", "required", "unit", "values", "class", "rule", "null", "note"}
    empty = {"required": False, "unit": None, "values": [], "class": "internal", "rule": None, "null": None}
    return {**empty, **{k: v for k, v in said.items() if k != "note"}}
