"""Labelled linkage sets as parties, registered enterprises and truth; they lie outside the repository.

Which file means what is said by the sets' own description. Truth is null where a party has no partner in the register.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tidu.errors import TiduError

REGISTERED = {"enterprise_id": "统一社会信用代码", "name": "企业名称", "address": "注册地址"}
STOCK_MARKS = r"^\*?ST"


@dataclass(frozen=True)
class LabelledSet:
    """One labelled set."""

    name: str
    parties: pl.DataFrame
    """party_id and what is known of it."""
    registered: pl.DataFrame
    """enterprise_id and what the register says."""
    truth: pl.DataFrame
    """party_id, enterprise_id (null: no partner in the register)."""


def table(path: Path) -> pl.DataFrame:
    """Read a csv file as text; N/A and empty are null. Raises TiduError when it is not there."""
    if not path.exists():
        raise TiduError(f"{path} is not there; the labelled sets are not part of the repository")
    return pl.read_csv(path, infer_schema=False, null_values=["N/A", ""])


def register(path: Path) -> pl.DataFrame:
    """Read a registry extract as registered enterprises."""
    day = pl.col("注册日期").str.to_date(strict=False)
    return table(path).select(**REGISTERED, registered_on=day)


def tax_list(folder: Path) -> LabelledSet:
    """Taxpayers of a province by name and tax office, to be found in its register: `jiangxi_tax_registry`."""
    listed, truth = table(folder / "tax_list_blind.csv"), table(folder / "truth.csv")
    ambiguous = table(folder / "ambiguous.csv").select("left_id")
    listed = listed.join(ambiguous, on="left_id", how="anti")
    office = pl.col("税务机关").str.replace("国家税务总局", "").str.replace("税务局.*", "")
    return LabelledSet(
        folder.name,
        listed.select(party_id="left_id", name="纳税人名称", address=office),
        register(folder / "registry.csv").drop("registered_on"),
        listed.select(party_id="left_id").join(
            truth.select(party_id="left_id", enterprise_id="统一社会信用代码"), on="party_id", how="left"
        ),
    )


def listed_companies(folder: Path) -> LabelledSet:
    """Listed companies by short name, English name and two addresses: `ashare_shortname`.

    A company listed in A shares is a 股份有限公司 by law, so its short name is read as the name of one.
    """
    listed = table(folder / "listed.csv")
    short = pl.col("证券简称").str.replace(STOCK_MARKS, "").str.replace("(股份|集团)$", "") + "股份有限公司"
    known = {
        "party_id": pl.col("left_id"), "name": short, "latin_name": pl.col("英文名"),
        "registered_on": pl.col("注册日期").str.to_date("%Y/%m/%d", strict=False),
    }  # fmt: skip
    parties = pl.concat(listed.select(**known, address=column) for column in ("注册地址", "办公地址"))
    true = pl.when(pl.col("status") == "match").then("统一社会信用代码")
    return LabelledSet(
        folder.name,
        parties,
        register(folder / "registry.csv"),
        table(folder / "truth.csv").select(party_id="left_id", enterprise_id=true),
    )


def held_out(parties: pl.Expr) -> pl.Expr:
    """Tell which parties of a set no weight was trained on: those with an odd number."""
    return parties.str.extract(r"(\d+)$", 1).cast(pl.Int64) % 2 == 1
