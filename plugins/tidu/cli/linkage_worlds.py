"""Two simpler ways to link a world's records, and what makes a record hard to link; for measuring beside the platform.

Records of every dataset are brought to one shape (dataset, source_key, code, name, account). The exact rules are code,
organisation code inside it and unique normal form of the name, in polars, accounts carried over to their facts.
"""

from __future__ import annotations

import polars as pl

from tidu.cli.evaluate import fetch
from tidu.identity import name_keys
from tidu.identity.code_repair import sound_codes
from tidu.identity.names import BRANCH_ENDINGS

NAMED = {
    "tx_taxpayer": ("taxpayer_id", "taxpayer_name", "taxpayer_no"),
    "hr_insurance": ("uscc", "employer_name", "employer_no"),
    "hr_talent": ("uscc", "employer_name", "employer_no"),
    "hr_stability_subsidy": ("uscc", None, "employer_no"),
    "tx_vat_return": (None, None, "taxpayer_no"), "tx_cit_return": (None, None, "taxpayer_no"),
    "tx_payment": (None, None, "taxpayer_no"), "tx_credit_rating": (None, None, "taxpayer_no"),
    "ms_ip_right": ("owner_uscc", "owner_name", None), "fn_subsidy": ("uscc", "enterprise_name", None),
    "fn_loan": ("borrower_uscc", "borrower_name", None), "fn_guarantee": ("uscc", "enterprise_name", None),
    "fn_equity": ("uscc", "enterprise_name", None), "fn_listing": ("uscc", "enterprise_name", None),
    "mi_tier_holder": ("uscc", "enterprise_name", None), "mi_tech_register": ("uscc", "enterprise_name", None),
    "mi_declaration": ("uscc", "enterprise_name", None), "mi_above_scale": ("uscc", "enterprise_name", None),
    "mi_arrears": ("creditor_uscc", "creditor_name", None),
}  # fmt: skip
"""Where the code, the name and the account of a dataset's records stand."""
BY_NUMBER = ("ms_registration", "ms_change_event", "ms_irregularity", "ms_annual_report")
CLASSES = (
    "by number of the register", "sound code", "branch under its parent's code", "old number with the organisation",
    "one character of the code wrong", "no usable code, name of one", "no usable code, name of several",
    "no usable code, name of another", "no usable code, former name", "no usable code, name of nobody",
    "not registered",
)  # fmt: skip


def from_warehouse() -> dict[str, pl.DataFrame]:
    """Read from the warehouse what `records` and `register` need, in order of arrival: where stage link starts too."""
    wanted = {dataset: {c for c in columns if c} for dataset, columns in NAMED.items()}
    wanted |= {dataset: {"entity_no"} for dataset in BY_NUMBER}
    wanted["ms_registration"] |= {"uscc", "entity_name", "former_names"}
    return {
        dataset: fetch(
            f"select source_key as _source_key, {', '.join(sorted(columns))} from staging.stg_{dataset}"  # noqa: S608
            " order by delivered_on, delivery_id, row_no"
        )
        for dataset, columns in wanted.items()
    }


def records(rows: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Return dataset, source_key, account, code, name_key of every accepted record, once each."""
    parts = []
    for dataset, columns in NAMED.items():
        code, name, account = (pl.col(c) if c else pl.lit(None, pl.String) for c in columns)
        kind = pl.lit("taxpayer|" if dataset.startswith("tx_") else "employer|")
        parts.append(
            rows[dataset].select(
                dataset=pl.lit(dataset), source_key="_source_key", account=kind + account, code=code, name=name
            )
        )
    for dataset in BY_NUMBER:
        number = pl.lit("entity|") + pl.col("entity_no")
        nothing = pl.lit(None, pl.String)
        parts.append(
            rows[dataset].select(
                dataset=pl.lit(dataset), source_key="_source_key", account=number, code=nothing, name=nothing
            )
        )
    frame = pl.concat(parts)
    code = pl.col("code").str.normalize("NFKC").str.to_uppercase().str.replace_all(r"[\s\-]", "")
    return frame.with_columns(
        code=code.str.replace_many(["O", "I"], ["0", "1"]), name_key=name_keys(frame["name"])
    ).unique(["dataset", "source_key"], keep="last", maintain_order=True)


def register(rows: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Return entity (its account), code, name_key, is_former of every registered enterprise and name."""
    current = rows["ms_registration"].unique("entity_no", keep="last", maintain_order=True)
    entity = pl.lit("entity|") + pl.col("entity_no")
    now = current.select(entity=entity, code="uscc", name="entity_name", is_former=pl.lit(False))
    then = current.select(
        entity=entity, code="uscc", name=pl.col("former_names").str.split("；"), is_former=pl.lit(True)
    ).explode("name")
    names = pl.concat([now, then]).drop_nulls("name")
    return names.with_columns(name_key=name_keys(names["name"])).drop("name")


def organisation() -> pl.Expr:
    """Return the organisation code inside a credit code or an old 15-digit tax number."""
    return (
        pl.when(pl.col("code").str.len_chars() == 18)
        .then(pl.col("code").str.slice(8, 9))
        .when(pl.col("code").str.len_chars() == 15)
        .then(pl.col("code").str.slice(6, 9))
    )


def exact_rules(records_: pl.DataFrame, register_: pl.DataFrame) -> pl.DataFrame:
    """Tie every record by code, organisation code or unique name, or to itself; dataset, source_key, enterprise_id."""
    codes = register_.select("entity", "code").drop_nulls().unique()
    by_code = sole(codes.select("entity", key="code"))
    by_organisation = sole(codes.select("entity", key=pl.col("code").str.slice(8, 9)))
    by_name = sole(register_.select("entity", key="name_key").drop_nulls().unique())
    tied = (
        records_.with_columns(organisation=organisation())
        .join(by_code.rename({"entity": "a"}), left_on="code", right_on="key", how="left")
        .join(by_organisation.rename({"entity": "b"}), left_on="organisation", right_on="key", how="left")
        .join(by_name.rename({"entity": "c"}), left_on="name_key", right_on="key", how="left")
        .with_columns(found=pl.coalesce("a", "b", "c"))
    )
    # an account is whose most of its records say
    accounts = (
        tied.drop_nulls(["account", "found"]).group_by("account", "found").len()
        .sort("account", "len", "found", descending=[False, True, False]).unique("account", keep="first")
        .select("account", of_account="found")
    )  # fmt: skip
    own = pl.concat_str(pl.lit("own|"), "dataset", "source_key")
    entity = pl.when(pl.col("account").str.starts_with("entity|")).then("account")
    whose = pl.coalesce(entity, "of_account", "found", "account", own)
    return tied.join(accounts, on="account", how="left").select("dataset", "source_key", enterprise_id=whose)


def sole(keys: pl.DataFrame) -> pl.DataFrame:
    """Return key, entity of keys that one entity bears."""
    borne = keys.unique().group_by("key").agg(pl.len(), entity=pl.col("entity").first())
    return borne.filter(pl.col("len") == 1).select("key", "entity")


def difficulty(records_: pl.DataFrame, register_: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Return dataset, source_key, true_id and the class of difficulty of every record the truth knows.

    An account's facts are as hard as the easiest of its records.
    """
    own = truth.filter(pl.col("dataset") == "ms_registration")
    own = own.select("true_id", entity=pl.lit("entity|") + pl.col("source_key"))
    known = truth.join(records_, on=["dataset", "source_key"]).join(own, on="true_id", how="left")
    codes = register_.select("entity", true_code="code").unique("entity")
    holders = register_.drop_nulls("name_key").group_by("name_key").agg(holders=pl.col("entity").n_unique())
    mine = register_.select("entity", "name_key", pl.col("is_former").alias("former")).sort("former")
    mine = mine.unique(["entity", "name_key"], keep="first")
    known = known.join(codes, on="entity", how="left").join(holders, on="name_key", how="left")
    known = known.join(mine, on=["entity", "name_key"], how="left")
    code, true_code = pl.col("code"), pl.col("true_code")
    sound = sound_codes(known["code"])
    slips = pl.sum_horizontal((code.str.slice(i, 1) != true_code.str.slice(i, 1)).cast(pl.Int32) for i in range(18))
    branch = pl.col("name_key").str.contains(f"(?:{'|'.join(BRANCH_ENDINGS)})$")
    several = pl.col("holders") > 1
    found = (
        pl.when(pl.col("account").str.starts_with("entity|")).then(pl.lit(0))
        .when(pl.col("entity").is_null()).then(pl.lit(10))
        .when(code == true_code).then(pl.lit(1))
        .when(branch & sound).then(pl.lit(2))
        .when((code.str.len_chars() == 15) & (code.str.slice(6, 9) == true_code.str.slice(8, 9))).then(pl.lit(3))
        .when((code.str.len_chars() == 18) & (slips == 1)).then(pl.lit(4))
        .when(several).then(pl.lit(6))
        .when(pl.col("former").fill_null(False)).then(pl.lit(8))
        .when(pl.col("former").is_not_null()).then(pl.lit(5))
        .when(pl.col("holders").is_not_null()).then(pl.lit(7))
        .otherwise(pl.lit(9))
    )  # fmt: skip
    known = known.with_columns(sound_code=sound).with_columns(rank=found)
    easiest = pl.when(pl.col("account").is_not_null()).then(pl.col("rank").min().over("account")).otherwise("rank")
    labels = pl.DataFrame({"class": CLASSES}).with_row_index("rank").with_columns(pl.col("rank").cast(pl.Int32))
    known = known.with_columns(rank=easiest).join(labels, on="rank")
    return known.select("dataset", "source_key", "true_id", "class")
