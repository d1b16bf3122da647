"""The firms whose records fit together: coherent from department to department, and everything else as it was."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from simulators.world import making
from simulators.world.making import make_world
from simulators.world.timetable import Timetable

ENTERPRISES, MONTHS, SEED, START = 2000, 18, 1, date(2025, 1, 1)
CHANGED = {"tx_cit_return", "tx_vat_return", "hr_talent", "mi_declaration", "mi_tier_holder", "ms_annual_report"}
"""Datasets that show growth, or in which such firms take the places of others."""


@pytest.fixture(scope="module")
def chosen() -> list[pl.DataFrame]:
    """Filled by the making of the world: the firms chosen."""
    return []


@pytest.fixture(scope="module")
def promising_world(tmp_path_factory: pytest.TempPathFactory, chosen: list[pl.DataFrame]) -> Path:
    folder = tmp_path_factory.mktemp("promising") / "world"
    choose = making.promising

    def noted(*args: object) -> pl.DataFrame:
        chosen.append(choose(*args))  # type: ignore[arg-type]
        return chosen[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "promising", noted)
        make_world(folder, ENTERPRISES, MONTHS, SEED, START)
    return folder


@pytest.fixture(scope="module")
def plain_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same world with no such firm."""
    folder = tmp_path_factory.mktemp("plain") / "world"
    choose = making.promising
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "promising", lambda *args: choose(*args).head(0))
        make_world(folder, ENTERPRISES, MONTHS, SEED, START)
    return folder


def delivered(world: Path, dataset: str) -> pl.DataFrame:
    return pl.concat(pl.read_csv(file, infer_schema=False) for file in sorted((world / dataset).glob("*.csv")))


def owned(world: Path, dataset: str) -> pl.DataFrame:
    xref = pl.read_csv(world / "truth" / "xref.csv", infer_schema=False).filter(pl.col("dataset") == dataset)
    return xref.select("source_key", "true_id")


def test_no_row_is_added_and_no_fault_moves(promising_world: Path, plain_world: Path) -> None:
    for name in ("faults.csv", "row_outcomes.csv"):
        assert (promising_world / "truth" / name).read_bytes() == (plain_world / "truth" / name).read_bytes()
    different = {
        file.parent.name
        for file in plain_world.glob("*_*/*.csv")
        if file.read_bytes() != (promising_world / file.relative_to(plain_world)).read_bytes()
    }
    assert different <= CHANGED
    assert {"tx_cit_return", "hr_talent", "mi_declaration", "mi_tier_holder"} <= different


def test_every_level_and_way_of_falling_short_takes_its_turn(promising_world: Path, chosen: list[pl.DataFrame]) -> None:
    firms = chosen[0]
    assert set(firms["level"]) == {"starting", "grown", "leading"}
    whole = firms.filter((pl.col("lacks") == "") & (pl.col("unsaid") == ""))
    assert set(whole["level"]) == {"starting", "grown", "leading"}
    assert firms.filter((pl.col("lacks") != "") & (pl.col("unsaid") != "")).height == 0
    assert firms.filter(pl.col("lacks") != "").height
    assert firms.filter(pl.col("unsaid") != "").height
    assert firms["true_id"].is_unique().all()


def test_a_whole_record_tells_one_story(promising_world: Path, chosen: list[pl.DataFrame]) -> None:
    whole = chosen[0].filter((pl.col("lacks") == "") & (pl.col("unsaid") == ""))
    accounts = delivered(promising_world, "tx_cit_return").join(whole, on="taxpayer_no")
    figures = accounts.filter(pl.col("tax_year").is_in(["2023", "2024", "2025"])).select(
        "true_id", "tax_year", pl.col(r"^.*_yuan$").cast(pl.Float64)
    )
    assert figures.filter(pl.col("rd_expense_yuan") < 0.03 * pl.col("operating_revenue_yuan")).height == 0
    assert figures.filter(pl.col("total_liabilities_yuan") > 0.75 * pl.col("total_assets_yuan")).height == 0
    for (firm,), years in figures.unique("tax_year", keep="any").group_by("true_id"):
        revenue = years.sort("tax_year")["operating_revenue_yuan"].to_list()
        assert revenue == sorted(revenue), firm
    for dataset, times in (("mi_declaration", 3), ("hr_talent", 3)):
        told = owned(promising_world, dataset).join(whole, on="true_id")
        years = told.group_by("true_id").agg(pl.col("source_key").str.split("|").list.get(1).n_unique())
        assert years["source_key"].to_list() == [times] * len(whole), dataset


def test_titles_stand_on_the_way_to_the_next(promising_world: Path, chosen: list[pl.DataFrame]) -> None:
    end = str(Timetable(START, MONTHS).end)
    held = delivered(promising_world, "mi_tier_holder").join(
        owned(promising_world, "mi_tier_holder"), left_on="cert_no", right_on="source_key"
    )
    leading = chosen[0].filter((pl.col("level") == "leading") & (pl.col("lacks") != "title"))
    assert leading.height
    for firm in leading["true_id"]:
        valid = held.filter(
            (pl.col("true_id") == firm) & (pl.col("valid_until") > end) & pl.col("withdrawn_on").is_null()
        )
        assert {"创新型中小企业", "专精特新中小企业"} <= set(valid["tier"])
