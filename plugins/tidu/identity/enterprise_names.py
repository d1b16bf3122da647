"""What an enterprise's name is made of: place, brand, trade, legal form, and a branch's own part.

Works on columns of normal forms (`name_keys`), with expressions and never row by row. Nothing here decides who is who:
two names with the same parts may be two enterprises, and one enterprise may write its name in several ways.
"""

from __future__ import annotations

import re

import polars as pl

from tidu.identity.names import BRANCH_ENDINGS, CLOSING, DROPPED, OPENING, PLACEHOLDER_NAME
from tidu.identity.places import DISTRICTS, PREFECTURES, PROVINCES, TRADES

FORMS = (
    ("股份", r"股份有限公司|股份公司|股份制公司"),
    ("有限", r"有限责任公司|有限公司|有限责任|有限"),
    ("合伙", r"\((?:有限|普通|特殊普通)合伙\)|合伙企业(?:\((?:有限|普通)合伙\))?"),
    ("合作社", r"农民专业合作社联合社|农民专业合作社|专业合作社|合作社"),
    ("公司", r"总公司|公司"),
)
"""Legal forms as names end in them, the more special first. 有限责任公司 and 有限公司 are one form written two ways."""
PLACE_BEGINNING = (
    rf"^(?:中国)?(?:(?:{'|'.join(PROVINCES)})(?:省|市|自治区|壮族自治区|回族自治区|维吾尔自治区)?)?"
    rf"(?:(?:{'|'.join(PREFECTURES)})(?:市|地区|自治州)?(?:\p{{Han}}{{2,3}}?区)?)?(?:\p{{Han}}{{2,3}}?[县市])?"
)
LOCAL_BEGINNING = rf"^(?:{'|'.join(n for names in DISTRICTS.values() for n in names)})"
PLACE_IN_BRACKETS = rf"\((?:{'|'.join([*PROVINCES, *PREFECTURES, '中国'])})(?:省|市)?\)"
_BRANCH = rf"(.+(?:{'|'.join(BRANCH_ENDINGS)}))$"
BRANCH = (rf"^(.+?公司){_BRANCH}", rf"^(.+?(?:银行|信用社|合作社|集团|中心|厂)){_BRANCH}")
PARTS = ("name_key", "head", "branch", "form", "place", "core", "brand", "trade")


def name_keys(names: pl.Series) -> pl.Series:
    """Return the normal forms of a column of names, as `tidu.identity.names.name_key` does for one."""
    small, capital = [chr(c) for c in range(97, 123)], [chr(c) for c in range(65, 91)]
    form = pl.col("name").str.normalize("NFKC").str.replace_many(small, capital)
    form = form.str.replace_many(list(OPENING + CLOSING), ["("] * len(OPENING) + [")"] * len(CLOSING))
    form = form.str.replace_all(f"[{re.escape(DROPPED)}]", "")
    placeholder = form.str.contains(f"^(?:{PLACEHOLDER_NAME.pattern})$")
    return pl.select(name=names).select(pl.when(~placeholder).then(form).alias("name_key")).to_series()


def name_parts(keys: pl.Series) -> pl.DataFrame:
    """Take normal forms apart; one row per row of `keys`, columns `PARTS`.

    head: the name without a branch's own part; branch: that part, empty where there is none; form: class of the legal
    form; place: first place named, without 省 or 市; core: what is left of the head; brand, trade: the core in two.

    >>> name_parts(pl.Series(["青岛海天机械有限公司(市北)分公司"])).row(0)[1:]
    ('青岛海天机械有限公司', '(市北)分公司', '有限', '青岛', '海天机械', '海天', '机械')
    """
    head = pl.coalesce(*(pl.col("name_key").str.extract(b, 1) for b in BRANCH), "name_key")
    form = pl.lit("")
    for name, ending in reversed(FORMS):
        form = pl.when(pl.col("head").str.contains(f"(?:{ending})$")).then(pl.lit(name)).otherwise(form)
    bare = pl.col("head").str.replace(f"(?:{'|'.join(e for _, e in FORMS)})$", "")
    bracketed = pl.col("bare").str.extract(f"({PLACE_IN_BRACKETS})", 1)
    beginning = pl.col("bare").str.extract(f"({PLACE_BEGINNING})", 1)
    plain = pl.col("bare").str.replace(PLACE_IN_BRACKETS, "").str.replace_many(["(", ")"], ["", ""])
    after = plain.str.replace(PLACE_BEGINNING, "").str.replace(LOCAL_BEGINNING, "")
    trade = f"((?:{'|'.join(sorted(TRADES, key=len, reverse=True))})+)$"
    frame = pl.select(name_key=keys).with_columns(head=head)
    frame = frame.with_columns(
        branch=pl.col("name_key").str.slice(pl.col("head").str.len_chars()),
        form=form,
        bare=bare,
    )
    frame = frame.with_columns(
        place=pl.coalesce(bracketed, beginning).fill_null("").str.replace_all(r"[()]|省|市|中国", ""),
        # where nothing but a trade would be left, the place is the brand: 青岛啤酒
        core=pl.when((after.str.replace(trade, "").str.len_chars() >= 2) & (after.str.len_chars() >= 3))
        .then(after)
        .otherwise(plain),
    )
    brand = pl.col("core").str.replace(trade, "")
    brand = pl.when(brand.str.len_chars() >= 2).then(brand).otherwise(pl.col("core").str.slice(0, 2))
    return (
        frame.with_columns(brand=brand)
        .with_columns(trade=pl.col("core").str.slice(pl.col("brand").str.len_chars()))
        .select(PARTS)
    )
