"""One world, the same settings, DuckDB and Spark: the same levels, weights and decisions, to the last digit kept."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from simulators.world.making import make_world
from simulators.world.truth import span
from tidu.cli.bench_linkage_world import accepted_rows
from tidu.errors import SettingsError
from tidu.identity.linkage import backends, link
from tidu.identity.linkage.candidates import candidate_pairs
from tidu.identity.linkage.features import records
from tidu.identity.linkage.model import model
from tidu.identity.linkage.scoring import rarity, score
from tidu.identity.linkage.training import level_counts
from tidu.identity.pinyin import spoken

ENTERPRISES = 2000
Sides = tuple[pl.DataFrame, pl.DataFrame]


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Sides:
    """Every taxpayer's account, and every registered enterprise under each of its names.

    Some enterprises of the register are parties besides, with what no account has: a short name, a name in Latin
    letters, a broken code, a capital, another room of the same house, or nothing but a mistyped name.
    """
    world = tmp_path_factory.mktemp("parity") / "world"
    make_world(world, ENTERPRISES, 3, seed=4)
    rows = accepted_rows(world, span(world)[1])
    same = ("address", "district_code", "industry_code")
    accounts = rows["tx_taxpayer"].select(
        *same, party_id="taxpayer_no", name="taxpayer_name", code="taxpayer_id", registered_on=day("registered_on")
    )
    current = rows["ms_registration"].unique("entity_no", keep="last", maintain_order=True)
    register = current.select(
        *same, "former_names", enterprise_id="entity_no", name="entity_name", code="uscc",
        registered_on=day("established_on"), capital_yuan=pl.col("registered_capital_wan").cast(pl.Float64) * 10_000,
    )  # fmt: skip
    former = register.with_columns(name=pl.col("former_names").str.split("；")).explode("name").drop_nulls("name")
    also = register.gather_every(5).with_row_index("n")
    place, form = "^(青岛市?|..[区市])", "(有限责任公司|有限公司)$"
    also = also.select(
        "capital_yuan",
        party_id=pl.concat_str(pl.lit("also "), "enterprise_id"),
        name=pl.col("name").str.replace(place, "").str.replace(form, ""),
        code=pl.col("code").str.replace(r"^(.{9}).", "${1}W"),
        latin_name=spoken(also["name"].str.replace(place, ""))["pinyin"],
        address=pl.when(pl.col("n") % 2 == 0)
        .then("address")
        .otherwise(pl.col("address").str.replace("号.*$", "号8号楼909室")),
        registered_on=pl.col("registered_on").dt.offset_by("5mo"),
    )
    slips = register.gather_every(9).select(
        "district_code",
        party_id=pl.concat_str(pl.lit("slip "), "enterprise_id"),
        name=pl.col("name").str.replace("^(.{4}).", "${1}"),
    )
    return pl.concat([accounts, also, slips], how="diagonal"), pl.concat([register, former]).drop("former_names")


def day(column: str) -> pl.Expr:
    return pl.col(column).str.to_date(strict=False)


@pytest.fixture
def spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place where Spark can start, with an empty current folder."""
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("the extra `spark` is not installed: pip install -e '.[spark]'")
    if backends.java_version() < backends.LEAST_JAVA:
        pytest.skip("no Java 17 or later, which Spark needs")
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("spark")
def test_spark_and_duckdb_find_the_same(sides: Sides) -> None:
    parties, registered = (side.to_arrow() for side in sides)
    left, right = records(sides[0], "party_id"), records(sides[1], "enterprise_id")
    pairs = candidate_pairs(left, right)
    asked = {"weights": model().weights, "prior": model().prior(ENTERPRISES), "frequencies": rarity(right)}
    here, links = score(left, right, pairs, **asked), link(parties, registered)
    with backends.opened("spark"):  # what is in the block shares one Spark
        there, links_there = (
            score(left, right, pairs, **asked, backend="spark"),
            link(parties, registered, backend="spark"),
        )
    missing = {(name, level) for name, seen in level_counts(here).items() for level, n in seen.items() if not n}
    assert missing == set(), "the world shows no pair of these levels, so nothing is known of them"
    assert_frame_equal(here, there, check_exact=True)
    assert (links.links.num_rows > 1000, links.candidates.num_rows > 0) == (True, True)
    assert_frame_equal(pl.DataFrame(links.links), pl.DataFrame(links_there.links), check_exact=True)
    assert_frame_equal(pl.DataFrame(links.candidates), pl.DataFrame(links_there.candidates), check_exact=True)
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.usefixtures("spark")
def test_without_java_spark_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SettingsError, match="needs Java 17"), backends.opened("spark"):
        pass


def test_without_pyspark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(SettingsError, match=r"pip install -e '\.\[spark\]'"), backends.opened("spark"):
        pass


def test_another_backend_is_refused() -> None:
    with pytest.raises(SettingsError, match="TIDU_LINKAGE_BACKEND"), backends.opened("oracle"):
        pass
