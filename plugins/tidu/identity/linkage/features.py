"""What two records are compared by: columns of parts, made from the texts of parties and of registered enterprises.

A party may come in several spellings and a registered enterprise under several names: one row each. Nothing is decided
here.
"""

from __future__ import annotations

import polars as pl

from tidu.identity.addresses import address_parts, today_district
from tidu.identity.code_repair import organisation_codes, possible_codes
from tidu.identity.enterprise_names import name_keys, name_parts
from tidu.identity.linkage.slips import near
from tidu.identity.names import BRANCH_ENDINGS
from tidu.identity.pinyin import spoken

GIVEN = {
    "name": pl.String, "code": pl.String, "latin_name": pl.String, "address": pl.String, "district_code": pl.String,
    "industry_code": pl.String, "registered_on": pl.Date, "capital_yuan": pl.Float64, "is_former": pl.Boolean,
}  # fmt: skip
"""What a record may say; a column that is missing says nothing."""
COMPARED = (
    "name_key", "core", "brand", "place", "form", "branch", "sound", "pinyin", "pinyin_start", "latin",
    "short_pattern", "near", "near_name", "code", "code_options", "district_code", "road", "spot", "room", "tail",
    "industry_code", "registered_on", "capital_yuan",
)  # fmt: skip


def records(given: pl.DataFrame, owner: str) -> pl.DataFrame:
    """Return one row per record with `owner` (party_id or enterprise_id) and everything it is compared by.

    Order of rows and repetitions do not matter: rows come out distinct and sorted, numbered by `record`.
    """
    missing = [pl.lit(None, kind).alias(name) for name, kind in GIVEN.items() if name not in given.columns]
    frame = given.with_columns(*missing).select(
        pl.col(owner).cast(pl.String), *(pl.col(c).cast(k) for c, k in GIVEN.items())
    )
    frame = frame.unique().sort(owner, *GIVEN).with_row_index("record")
    names = frame.select("name").unique().drop_nulls()
    keys = names.with_columns(name_key=name_keys(names["name"]))
    frame = frame.join(keys, on="name", how="left", maintain_order="left").join(
        parts_of(keys["name_key"]), on="name_key", how="left", maintain_order="left"
    )
    return (
        placed(coded(frame))
        .select("record", pl.col(owner).alias("owner"), "is_former", "organisation", "address", *COMPARED)
        .sort("record")
    )


def parts_of(keys: pl.Series) -> pl.DataFrame:
    """Return the parts of distinct normal forms that names are compared by."""
    parts = name_parts(keys.drop_nulls().unique().sort())
    said, brand = spoken(parts["core"]), spoken(parts["brand"].str.slice(0, 4))
    start = spoken(parts["core"].str.slice(0, 2))
    plain = pl.col("branch").str.replace_all("[()]", "").str.replace_all("[区市县]", "")
    short = pl.col("core").str.len_chars().is_between(2, 6)
    letters = pl.col("core").str.replace_all(r"[^\p{Han}A-Z0-9]", "").str.split("").list.join(".*")
    return parts.with_columns(
        pinyin=brand["pinyin"],
        pinyin_start=start["pinyin"],
        sound=pl.when(pl.col("core").str.len_chars() > 2).then(said["sound"]),
        branch=pl.when(pl.col("name_key").str.contains(f"(?:{'|'.join(BRANCH_ENDINGS)})$")).then(plain).otherwise(None),
        # of a name in other scripts no two letters are left, which would be found in every name
        short_pattern=pl.when(short & letters.str.contains(".*", literal=True)).then(letters),
        near=near(parts["core"]),
        near_name=near(parts["name_key"]),
    )


def coded(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the codes one slip away from a broken code, the organisation in a sound one, and the Latin name."""
    options = possible_codes(frame["code"]).group_by("code_key", maintain_order=True).agg(code_options="code")
    latin = pl.col("latin_name").str.to_lowercase().str.replace_all("[^a-z]", "")
    return frame.join(options, left_on="code", right_on="code_key", how="left", maintain_order="left").with_columns(
        latin=latin,
        organisation=organisation_codes(frame["code"]),
    )


def placed(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the parts of the address, the district of today, and the rest of an address (`tail`)."""
    addresses = frame.select("address").unique().drop_nulls()
    parts = address_parts(addresses["address"]).rename({"district_code": "address_district"})
    frame = frame.join(parts, on="address", how="left", maintain_order="left")
    return frame.with_columns(
        district_code=pl.coalesce(today_district(pl.col("district_code")), "address_district"),
        address=pl.col("address").str.normalize("NFKC").str.replace_all(r"\s", ""),
        spot=pl.concat_str("road", "number", separator="|"),
        room=pl.concat_str("road", "number", pl.col("building").fill_null(""), "room", separator="|"),
    )
