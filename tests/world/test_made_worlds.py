"""What every made world must be: repeatable, complete, valid where it is not faulty on purpose."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
import stdnum.cn.uscc
import yaml

from simulators.world.making import make_world
from simulators.world.reading import broken_rules, clean, is_placeholder, is_reg_no, is_uscc
from simulators.world.settling import deliveries
from tests.world.conftest import ENTERPRISES, MONTHS, SEED, START
from tidu.contracts import contract, contracts

END = date(2025, 7, 31)
FAULTS = {"dataset": pl.String, "delivered_on": pl.Date, "row_no": pl.Int64, "rule": pl.String}


def listed_faults(world: Path) -> pl.DataFrame:
    return pl.read_csv(world / "truth" / "faults.csv", schema=FAULTS)


def sound_rows(world: Path, dataset: str) -> pl.DataFrame:
    faults = listed_faults(world).filter(pl.col("dataset") == dataset)
    rows = deliveries(world, contract(dataset), END)
    return rows.join(
        faults,
        left_on=["_delivered_on", "_row_no"],
        right_on=["delivered_on", "row_no"],
        how="anti",
        maintain_order="left",
    )


def test_the_same_seed_writes_the_same_bytes(world: Path, tmp_path: Path) -> None:
    make_world(tmp_path / "again", ENTERPRISES, MONTHS, SEED, START)
    files = sorted(p.relative_to(world) for p in world.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(tmp_path / "again") for p in (tmp_path / "again").rglob("*") if p.is_file())
    assert len(files) > 100
    assert [f for f in files if (world / f).read_bytes() != (tmp_path / "again" / f).read_bytes()] == []


def test_another_seed_writes_another_world(world: Path, tmp_path: Path) -> None:
    make_world(tmp_path / "other", 200, 2, SEED + 1, START)
    first = "ms_registration/2025-01-02.csv"
    assert (world / first).read_bytes() != (tmp_path / "other" / first).read_bytes()


def test_a_world_never_overwrites_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(FileExistsError, match="not empty"):
        make_world(tmp_path, 200, 1, 1, START)
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "keep"


def test_head_of_the_world(world: Path) -> None:
    head = yaml.safe_load((world / "world.yaml").read_text(encoding="utf-8"))
    assert (head["city"], head["start"], head["end"]) == ("370200", START, END)


@pytest.mark.parametrize("dataset", sorted(contracts()))
def test_every_dataset_is_delivered_with_the_catalogue_s_columns(world: Path, dataset: str) -> None:
    files = sorted((world / dataset).glob("*.csv"))
    assert files
    assert files[0].stem.startswith("2025-01")
    for file in files:
        assert START <= date.fromisoformat(file.stem) <= END
        assert file.read_text(encoding="utf-8").split("\n", 1)[0] == ",".join(contract(dataset).field_names)


@pytest.mark.parametrize("dataset", sorted(contracts()))
def test_only_listed_rows_break_a_rule(world: Path, dataset: str) -> None:
    rows = sound_rows(world, dataset)
    assert len(rows)
    broken = broken_rules(rows, contract(dataset))
    assert rows.with_columns(broken=broken).filter(broken.list.len() > 0).to_dicts() == []


@pytest.mark.parametrize("dataset", sorted(contracts()))
def test_every_listed_row_breaks_its_rule(world: Path, dataset: str) -> None:
    faults = listed_faults(world).filter(pl.col("dataset") == dataset)
    assert len(faults)
    rows = deliveries(world, contract(dataset), END)
    rows = rows.with_columns(broken=broken_rules(rows, contract(dataset)))
    found = faults.join(rows, left_on=["delivered_on", "row_no"], right_on=["_delivered_on", "_row_no"], how="left")
    alone = found.filter(pl.col("rule") != "row:conflict")
    assert alone.filter(~pl.col("broken").list.contains(pl.col("rule")).fill_null(False)).to_dicts() == []
    assert found.filter((pl.col("rule") == "row:conflict") & (pl.col("broken").list.len() > 0)).to_dicts() == []


def test_every_kind_of_fault_occurs(world: Path) -> None:
    kinds = set(listed_faults(world)["rule"].str.split(":").list.last())
    assert kinds == {
        "required", "type", "values", "minimum", "not_after_delivery", "year_not_after_delivery",
        "no_broken_text", "not_placeholder_name", "uscc", "reg_no", "conflict",
    }  # fmt: skip


def test_codes_of_good_registrations_are_valid(world: Path) -> None:
    rows = sound_rows(world, "ms_registration")
    usccs = rows["uscc"].drop_nulls().unique().to_list()
    assert len(usccs) > 1000
    assert [c for c in usccs if not stdnum.cn.uscc.is_valid(c)] == []
    assert {c[0:2] for c in usccs} == {"91", "92", "93"}
    numbers = rows.filter(pl.col("reg_no").is_not_null() & ~is_placeholder(clean(pl.col("reg_no"))))
    assert len(numbers)
    assert numbers.select(is_reg_no(pl.col("reg_no")).all()).item()


def test_the_odd_but_acceptable_occurs(world: Path) -> None:
    registrations = sound_rows(world, "ms_registration")
    districts = set(registrations["district_code"])
    assert {"370205", "370282", "370284"} & districts
    assert registrations.filter(pl.col("predecessor_entity_no").is_not_null()).height
    assert {"存续", "注销", "吊销"} <= set(registrations["reg_status"])
    codes = sound_rows(world, "hr_insurance")["uscc"]
    assert codes.null_count()
    frame = pl.DataFrame({"c": codes.drop_nulls()})
    assert frame.filter(pl.col("c") != pl.col("c").str.to_uppercase()).height
    assert frame.filter(pl.col("c").str.contains("[０-９]")).height
    assert frame.filter(is_placeholder(pl.col("c"))).height
    assert frame.filter(~is_uscc(pl.col("c"))).height
    ids = sound_rows(world, "tx_taxpayer")["taxpayer_id"].str.len_chars().unique().to_list()
    assert {15, 17, 18, 20} <= set(ids)
    names = registrations.unique("entity_no").filter(pl.col("entity_category") == "个体工商户")["entity_name"]
    assert names.is_duplicated().any()
    assert sound_rows(world, "tx_payment").filter(pl.col("amount_yuan").str.starts_with("-")).height
    assert sound_rows(world, "st_district_indicator").filter(pl.col("district_code") == "370200").height
