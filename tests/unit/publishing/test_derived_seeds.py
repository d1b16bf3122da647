"""dbt's seeds of indicators follow from the registry and the contracts."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest
import yaml

from tidu.publishing import derive as derived
from tidu.publishing.derive import SEEDS, derive, seed_files
from tidu.publishing.registry import ROOT, Indicator, breakdowns, indicators


def test_the_seeds_in_the_tree_are_current() -> None:
    files = seed_files()
    assert {p.name for p in files} == {
        "seed_indicator.csv",
        "seed_breakdown_value.csv",
        "seed_industry_tag.csv",
    }
    stale = [p.name for p, text in files.items() if p.read_text(encoding="utf-8") != text]
    assert stale == [], "run `tidu release derive`"
    assert derive() == []


def test_a_change_in_the_registry_changes_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    changed: dict[str, Indicator] = dict(indicators())
    changed["tech_smes"] = dataclasses.replace(
        changed["tech_smes"], breakdowns=("industry_section",), datasets=("fn_loan",)
    )
    monkeypatch.setattr(derived, "indicators", lambda: changed)
    rows = {r["code"]: r for r in csv.DictReader(io.StringIO(seed_files()[SEEDS / "seed_indicator.csv"]))}
    assert rows["tech_smes"]["breakdowns"] == "industry_section"
    assert rows["tech_smes"]["monthly_datasets"] == "fn_loan"


def test_every_seed_column_is_described() -> None:
    described = [
        seed
        for path in (SEEDS / "_monitoring_seeds.yml", SEEDS.parent / "_seeds.yml")
        for seed in yaml.safe_load(path.read_text(encoding="utf-8"))["seeds"]
    ]
    headers = {p.stem: text.splitlines()[0].split(",") for p, text in seed_files().items()}
    generated = {s["name"]: list(s["config"]["column_types"]) for s in described if s["name"] in headers}
    assert generated == headers


def test_every_file_of_the_registry_is_read() -> None:
    assert {p.stem for p in ROOT.glob("*.yml")} == set(indicators())
    assert {p.stem for p in (ROOT / "breakdowns").glob("*.yml")} == set(breakdowns())
