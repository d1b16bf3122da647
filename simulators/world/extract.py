"""Reads what a registry extract's rows tell of an enterprise: category, type, district, section."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from simulators.world import codes, names
from simulators.world.population import finish, ownership
from simulators.world.timetable import Timetable

Rng = Callable[[str], np.random.Generator]
DISTRICT_WORDS = {
    **{name: code for code, name in {**codes.DISTRICTS, **codes.WITHDRAWN_NAMES}.items()},
    "西海岸新区": "370211",
    "青岛经济技术开发区": "370211",
    "青岛市经济技术开发区": "370211",
}
"""Words of an address -> district code; the word that stands first decides."""
ZONE_WORDS = {
    "经济技术开发区": "QD-ETDZ", "高新技术产业开发区": "QD-HTDZ", "高新区": "QD-HTDZ", "保税": "QD-FTZ",
    "蓝谷": "QD-BLUE",
}  # fmt: skip
REG_TYPES = {
    "个人独资": "171", "合伙": "172", "私营": "173", "集体": "120", "国有企业": "110", "国有经营": "110",
    "股份合作": "130",
    "联营": "149", "港、澳、台": "210", "外商投资": "310", "外国": "390", "股份有限公司": "160", "股份制": "160",
    "有限责任公司": "159",
}  # fmt: skip
"""Words of 企业类型 -> registration type; the first that occurs decides."""
HOLDINGS = {
    "171": "私人控股", "172": "私人控股", "173": "私人控股", "120": "集体控股", "110": "国有控股",
    "210": "港澳台商控股",
    "310": "外商控股", "390": "外商控股",
}  # fmt: skip
BRANCH_ENDINGS = ("分公司", "分店", "分厂", "分行", "支行", "办事处", "营业部")


def population_of(rows: pl.DataFrame, capital: pl.DataFrame, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Make a population of the extract's rows in their order; `capital` holds capital_wan and currency by row.

    What the extract does not tell (size, industry class, holding of untyped firms) is drawn.
    """
    r = rng("registry")
    n = len(rows)
    uscc, kind = rows["统一社会信用代码"], rows["企业类型"].fill_null("")
    name, address = rows["企业名称"].fill_null(""), rows["注册地址"].fill_null("").to_list()
    coop = uscc.str.starts_with("93").fill_null(False) | kind.str.contains("合作经济组织")
    shop = (uscc.str.starts_with("92").fill_null(False) | kind.str.starts_with("个体")) & ~coop
    category = np.where(coop.to_numpy(), "农民专业合作社", np.where(shop.to_numpy(), "个体工商户", "企业"))
    reg_type, holding = ownership(r, category)
    told = np.array([first_word(k, REG_TYPES) or "" for k in kind.to_list()], dtype="<U3")
    told = np.where(category == "企业", told, "")
    stated_holding = np.array([HOLDINGS.get(t, "") for t in told.tolist()], dtype="<U6")
    branch = np.array([x.endswith(BRANCH_ENDINGS) for x in name.to_list()], dtype=bool) & (category == "企业")
    frame = pl.DataFrame(
        {
            "idx": np.arange(n),
            "registered": np.ones(n, dtype=bool),
            "category": names.series(category),
            "is_branch": branch,
            "name": rows["企业名称"],
            "reg_type": names.series(np.where(told != "", told, reg_type)),
            "holding": names.series(np.where(told != "", stated_holding, holding)),
            "established_on": rows["注册日期"].str.to_date("%Y-%m-%d", strict=False),
            "district": pl.Series(list(map(district, address, uscc.to_list())), dtype=pl.String),
            "section": names.series(sections(name, category, r)),
            "true_id": names.series(np.char.add("T", names.padded(np.arange(n), 7))),
            "entity_no": names.series(np.char.add("3702", names.padded(np.arange(n) + 1, 10))),
            "uscc": uscc,
            "org_code": uscc.str.slice(8, 9),
            "reg_no": pl.Series([None] * n, dtype=pl.String),
            "address": rows["注册地址"],
            "zone": pl.Series([first_word(a, ZONE_WORDS) for a in address], dtype=pl.String),
            "capital_wan": capital["capital_wan"],
            "currency": capital["currency"],
            "scope_text": rows["经营范围"],
        }
    ).with_columns(pl.col("reg_type", "holding").replace("", None))
    return finish(frame, time, rng)


def first_word(text: str, words: dict[str, str]) -> str | None:
    """Return what the first of `words` that occurs in the text stands for."""
    return next((value for word, value in words.items() if word in text), None)


def district(address: str, uscc: str | None) -> str:
    """Return the district an address names, an abolished one by its old code; else the credit code's authority."""
    found = [(address.find(word), code) for word, code in DISTRICT_WORDS.items() if word in address]
    if found:
        return min(found)[1]
    return (uscc or "")[2:8] or codes.UNKNOWN_DISTRICTS[-1]


def sections(name: pl.Series, category: names.Strings, r: np.random.Generator) -> names.Strings:
    """Guess the industry section from words of the name; draw it where no word tells."""
    weights = np.array(codes.ENTERPRISE_SECTIONS) / sum(codes.ENTERPRISE_SECTIONS)
    drawn = r.choice(list(codes.SECTIONS), len(name), p=weights)
    pairs = [(w, s) for table in (names.TRADES, names.SHOPS) for s, ws in table.items() for w in ws]
    words = dict(sorted(pairs, key=lambda pair: -len(pair[0])))
    told = np.array([first_word(text, words) or "" for text in name.to_list()], dtype="<U1")
    return np.asarray(np.where(category == "农民专业合作社", "A", np.where(told != "", told, drawn)))
