"""What an address says: today's district, road, number, building and room.

Works on columns, with expressions and never row by row. Withdrawn districts and functional zones are read as the
district they lie in today; an address that names no road keeps its other parts.
"""

from __future__ import annotations

import re

import polars as pl

from tidu.identity.places import DISTRICTS, PREFECTURES, PROVINCES, WITHDRAWN

ADMINISTRATIVE = (
    rf"^(?:中国)?(?:(?:{'|'.join(PROVINCES)})(?:省|市|自治区|壮族自治区|回族自治区|维吾尔自治区)?)?"
    rf"(?:(?:{'|'.join(PREFECTURES)})(?:市|地区|自治州)?)?"
)
UNITS = (
    r"^(?:\p{Han}{1,4}?(?:新区|高新区|区|县|市))*"
    r"(?:\p{Han}{0,10}?(?:开发区|保税区|保税港区|示范区|产业园区|工业园区))?"
    r"(?:\p{Han}{1,6}?(?:街道办事处|街道办|街道|办事处|镇|乡))?"
)
ROAD = r"([\p{Han}A-Z]{0,10}?(?:路|大街|街|大道|道|巷|里|弄|胡同|公路))(?:东|西|南|北|中)?段?"
NUMBER = r"^[^0-9]{0,6}?([0-9]+(?:-[0-9]+)*[甲乙丙丁]?)(?:号|#|$|[^0-9\-室楼层栋幢座])"
BUILDING = r"([0-9A-Z]{1,4})(?:号楼|#楼|栋|幢|座)"
ROOM = r"([0-9A-Z]{2,6}(?:-[0-9]{1,5})*)(?:室|户|房|号房|$)"
ELSEWHERE = rf"^(?:中国)?(?:{'|'.join(p for p in PROVINCES + PREFECTURES if p not in ('山东', '青岛'))})"
PARTS = ("address", "district_code", "road", "number", "building", "room", "tail")


def today_district(codes: pl.Expr) -> pl.Expr:
    """Read withdrawn district codes as today's."""
    return codes.replace(WITHDRAWN)


def address_parts(addresses: pl.Series) -> pl.DataFrame:
    """Take addresses apart; one row per row, columns `PARTS`, null where the address does not say.

    tail: what is left without province, city, district and sub-district. District codes are those of the city.

    >>> address_parts(pl.Series(["山东省青岛市四方区杭州路１２号3号楼201室"])).row(0)[1:6]
    ('370203', '杭州路', '12', '3', '201')
    """
    plain = pl.col("address").str.normalize("NFKC").str.to_uppercase().str.replace_all(r"[\s,，。;；、()（）]", "")
    written = [(name, code) for code, names in DISTRICTS.items() for name in names]
    written.sort(key=lambda pair: len(pair[0]), reverse=True)
    named = pl.col("plain").str.extract(f"({'|'.join(re.escape(name) for name, _ in written)})", 1)
    here = ~pl.col("plain").str.contains(ELSEWHERE)
    road = pl.col("rest").str.extract(ROAD, 1)
    after = pl.col("rest").str.splitn(pl.col("road"), 2).struct.field("field_1")
    return (
        pl.select(address=addresses)
        .with_columns(plain=plain)
        .with_columns(
            district_code=pl.when(here).then(named.replace_strict(dict(written), default=None, return_dtype=pl.String)),
            rest=pl.col("plain").str.replace(ADMINISTRATIVE, "").str.replace(UNITS, ""),
        )
        .with_columns(road=road, tail=pl.when(pl.col("rest") != "").then("rest"))
        .with_columns(after=pl.when(pl.col("road").is_not_null()).then(after))
        .with_columns(
            number=pl.col("after").str.extract(NUMBER, 1),
            building=pl.col("after").str.extract(BUILDING, 1),
            room=pl.col("after").str.extract(ROOM, 1),
        )
        .select(PARTS)
    )
