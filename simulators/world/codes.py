"""Code tables the departments write with: districts, zones, industries, registration types.

Districts are GB/T 2260 codes of Qingdao; the withdrawn ones still stand on old records. Tables too long for
code are in `tables/` with their sources.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

TABLES = Path(__file__).parent / "tables"
CITY = "370200"
UNASSIGNED = "370299"
"""未分配: where the figures of unknown districts and of unregistered enterprises are shown."""

DISTRICTS: dict[str, str] = {
    "370202": "市南区",
    "370203": "市北区",
    "370211": "黄岛区",
    "370212": "崂山区",
    "370213": "李沧区",
    "370214": "城阳区",
    "370215": "即墨区",
    "370281": "胶州市",
    "370283": "平度市",
    "370285": "莱西市",
}
DISTRICT_WEIGHTS = (0.12, 0.13, 0.19, 0.07, 0.09, 0.12, 0.1, 0.08, 0.06, 0.04)
WITHDRAWN: dict[str, str] = {"370205": "370203", "370284": "370211", "370282": "370215"}
"""Abolished district -> the district it lies in today."""
WITHDRAWN_NAMES: dict[str, str] = {"370205": "四方区", "370284": "胶南市", "370282": "即墨市"}
UNKNOWN_DISTRICTS = ("370220", "370222", "379999")
"""Codes departments write that are no district: bonded zone, high-tech zone, plain errors."""
OTHER_CITIES = ("370102", "370602", "370703", "371102", "371002")

ZONES: dict[str, str] = {
    "QD-ETDZ": "370211",
    "QD-FTZ": "370211",
    "QD-HTDZ": "370214",
    "QD-BLUE": "370215",
    "QD-SCO": "370281",
}
"""Functional zone -> the district that holds it."""

SECTIONS = "ABCDEFGHIJKLMNOPQRS"
ENTERPRISE_SECTIONS = (2, 0.2, 21, 0.8, 9, 28, 5, 3, 6, 1, 4, 10, 6, 0.8, 3, 0.6, 0.4, 1.2, 0.1)
SHOP_SECTIONS = (1, 0, 5, 0, 2, 56, 6, 17, 0.5, 0, 0.5, 2, 0.5, 0, 9, 0.2, 0.3, 0.6, 0)

DOMESTIC_TYPES = ("110", "120", "130", "149", "151", "159", "160", "171", "172", "173", "174")
DOMESTIC_WEIGHTS = (0.012, 0.01, 0.006, 0.002, 0.01, 0.19, 0.03, 0.08, 0.04, 0.58, 0.04)
FOREIGN_TYPES = ("210", "230", "240", "310", "320", "330", "340")
BANKS = (
    "青岛银行", "青岛农商银行", "中国工商银行青岛分行", "中国建设银行青岛分行", "中国农业银行青岛分行",
    "中国银行青岛分行", "交通银行青岛分行", "招商银行青岛分行", "中国邮政储蓄银行青岛分行",
)  # fmt: skip
GUARANTORS = ("青岛融资担保集团有限公司", "青岛城乡建设融资担保有限公司", "山东省投融资担保集团有限公司")


@cache
def industry_classes() -> pl.DataFrame:
    """Return every class of GB/T 4754-2017: code (section letter and four digits), name, section."""
    table = pl.read_csv(TABLES / "gbt4754_2017_classes.csv", infer_schema=False)
    return table.with_columns(section=pl.col("code").str.slice(0, 1))


@cache
def townships() -> pl.DataFrame:
    """Return the sub-districts and towns: district_code, name."""
    return pl.read_csv(TABLES / "qingdao_townships_2023.csv", infer_schema=False)


def today(code: str | None) -> str:
    """Return today's district of a delivered code; 370299 when it is none of Qingdao's."""
    mapped = WITHDRAWN.get(code or "", code or "")
    return mapped if mapped in DISTRICTS else UNASSIGNED
