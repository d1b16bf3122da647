"""The enterprises of a world before anything happens to them: one row each, registered or not.

Columns of a population (polars): idx, true_id, registered, entity_no, category, is_branch, name, former,
uscc, org_code, reg_no, reg_type, holding, legal_rep, established_on, capital_wan, currency, district, zone,
address, industry, section, scope_text, heads, revenue, growth, old. The last four drive the other departments:
head count and yearly revenue (yuan) at the world's start, yearly growth rate, and whether it existed by then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulators.world import codes, identifiers, names
from simulators.world.timetable import Timetable

Rng = Callable[[str], np.random.Generator]
Strings = NDArray[np.str_]
UNREGISTERED_SHARE = 0.004
NEW_PER_MONTH = 0.008


def weighted(rng: np.random.Generator, values: Sequence[str], weights: tuple[float, ...], n: int) -> Strings:
    """Draw `n` of `values` with the given weights."""
    w = np.asarray(weights, dtype=float)
    return np.asarray(rng.choice(np.asarray(values), n, p=w / w.sum()))


def invent(n: int, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Make a population of `n` registered entities and a few that are registered elsewhere."""
    outside = max(2, round(n * UNREGISTERED_SHARE))
    total = n + outside
    r = rng("population")
    registered = np.arange(total) < n
    category = weighted(r, ["企业", "个体工商户", "农民专业合作社"], (0.38, 0.6, 0.02), total)
    category = np.where(registered & (np.arange(total) >= 12), category, "企业")
    shop, coop = category == "个体工商户", category == "农民专业合作社"
    section = np.where(
        shop,
        weighted(r, list(codes.SECTIONS), codes.SHOP_SECTIONS, total),
        np.where(coop, "A", weighted(r, list(codes.SECTIONS), codes.ENTERPRISE_SECTIONS, total)),
    )
    district = weighted(r, list(codes.DISTRICTS), codes.DISTRICT_WEIGHTS, total)
    reg_type, holding = ownership(r, category)
    established = founding_days(r, time, total)
    # The first dozen exist from the start and are large, so that the smallest world has something to show.
    established[:12] = np.datetime64(time.start) - r.integers(2000, 6000, 12)
    name = np.full(total, "", dtype="<U40")
    firm = ~shop & ~coop
    name[firm] = names.enterprise_names(rng("firms"), section[firm], reg_type[firm])
    name[shop] = names.shop_names(rng("shops"), section[shop], district[shop])
    name[coop] = names.cooperative_names(rng("cooperatives"), int(coop.sum()))
    branch = make_branches(rng("branches"), name, firm & registered, district)
    name = drop_twins(name, firm)
    frame = pl.DataFrame(
        {
            "idx": np.arange(total),
            "registered": registered,
            "category": names.series(category),
            "is_branch": branch,
            "name": names.series(name),
            "reg_type": names.series(reg_type),
            "holding": names.series(holding),
            "established_on": established,
            "district": names.series(district),
            "section": names.series(section),
        }
    ).with_columns(pl.col("reg_type", "holding").replace("", None))
    return finish(with_codes(frame, time, rng("codes")), time, rng)


def ownership(r: np.random.Generator, category: Strings) -> tuple[Strings, Strings]:
    """Draw registration type and holding type; a part of each is left empty, as the registers do."""
    n = len(category)
    reg_type = weighted(r, list(codes.DOMESTIC_TYPES), codes.DOMESTIC_WEIGHTS, n)
    foreign = r.random(n) < 0.035
    reg_type = np.where(foreign, names.choose(r, codes.FOREIGN_TYPES, n), reg_type)
    first = reg_type.astype("<U1")
    private = np.isin(reg_type, ["171", "172", "173", "174"])
    mixed = weighted(r, ["私人控股", "国有控股", "集体控股", "其他"], (0.72, 0.15, 0.05, 0.08), n)
    holding = np.where(private, "私人控股", mixed)
    holding = np.where(np.isin(reg_type, ["110", "151"]), "国有控股", holding)
    holding = np.where(reg_type == "120", "集体控股", holding)
    holding = np.where(first == "2", "港澳台商控股", np.where(first == "3", "外商控股", holding))
    holding = np.where(r.random(n) < 0.12, "", holding)
    firm = category == "企业"
    reg_type = np.where(firm, reg_type, np.where((category == "个体工商户") & (r.random(n) < 0.8), "175", ""))
    holding = np.where(firm, holding, np.where(r.random(n) < 0.1, "私人控股", ""))
    return reg_type, holding


def founding_days(r: np.random.Generator, time: Timetable, n: int) -> NDArray[np.datetime64]:
    """Draw founding days: most in the fifteen years before the start, a share within the world's months."""
    start, end = np.datetime64(time.start, "D"), np.datetime64(time.end, "D")
    old = start - 5 - (r.beta(1.0, 2.6, n) * 11_000).astype(np.int64)
    new = start + r.integers(0, max(1, int((end - start).astype(int)) - 1), n)
    return np.asarray(np.where(r.random(n) < min(0.3, NEW_PER_MONTH * time.months), new, old))


def make_branches(
    r: np.random.Generator, name: Strings, firm: NDArray[np.bool_], district: Strings
) -> NDArray[np.bool_]:
    """Rename one firm in thirty into a branch of another; an enterprise of its own all the same."""
    branch = firm & (r.random(len(name)) < 1 / 30)
    parents = np.flatnonzero(firm & ~branch & ~np.char.endswith(name, "厂"))
    here = np.flatnonzero(branch)
    if not len(parents):
        return np.zeros(len(name), dtype=bool)
    place = np.array([names.district_name(d)[:2] for d in district[here].tolist()], dtype="<U4")
    suffix = np.char.add(place, names.choose(r, names.BRANCHES, len(here)))
    name[here] = np.char.add(parents_of(name, parents, r, len(here)), suffix)
    return branch


def parents_of(name: Strings, parents: NDArray[np.int64], r: np.random.Generator, n: int) -> Strings:
    """Draw parents' names for `n` branches."""
    return np.asarray(name[r.choice(parents, n)])


def drop_twins(name: Strings, firm: NDArray[np.bool_]) -> Strings:
    """Give later bearers of a firm's name a numbered one (第二分公司): firms' names are unique."""
    _, first = np.unique(name, return_index=True)
    again = np.setdiff1d(np.flatnonzero(firm), first)
    name[again] = np.char.add(
        name[again].astype("<U34"), np.char.add("第", np.char.add((np.arange(len(again)) + 2).astype(str), "分店"))
    )
    return name


def with_codes(frame: pl.DataFrame, time: Timetable, r: np.random.Generator) -> pl.DataFrame:
    """Give every entity its numbers: entity number, credit code, organisation code, old registration number."""
    n = len(frame)
    idx = frame["idx"].to_numpy()
    registered = frame["registered"].to_numpy()
    category = frame["category"].to_numpy().astype(str)
    district = frame["district"].to_numpy().astype(str)
    established = frame["established_on"].to_numpy().astype("datetime64[D]")
    modern = established >= np.datetime64("2015-10-01")
    orgs = identifiers.org_codes(identifiers.org_bodies(idx.astype(np.int64), modern))
    kind = np.where(category == "个体工商户", "92", np.where(category == "农民专业合作社", "93", "91"))
    authority = np.where(registered, np.where(r.random(n) < 0.1, codes.CITY, district), "370102")
    uscc = identifiers.usccs(np.char.add(kind, authority), orgs)
    bare = (category == "个体工商户") & ~modern & (r.random(n) < 0.25)
    bodies = np.char.add(np.char.add(authority, np.where(kind == "92", "6", "2")), names.padded(idx, 7))
    numbered = bare | (~modern & (r.random(n) < 0.5))
    return frame.with_columns(
        true_id=names.series(np.char.add(np.where(registered, "T", "U"), names.padded(idx, 7))),
        entity_no=names.series(np.char.add("3702", names.padded(idx + 1, 10))),
        uscc=names.series(np.where(bare, "", uscc)).replace("", None),
        org_code=names.series(orgs),
        reg_no=names.series(np.where(numbered, identifiers.reg_nos(bodies), "")).replace("", None),
    )


def finish(frame: pl.DataFrame, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Add what follows from the rest: industry, address, capital, size, old codes, persons.

    Needs idx, registered, category, is_branch, name, reg_type, established_on, district, section and the codes;
    columns that are there already (from a registry extract) are kept.
    """
    r = rng("details")
    n = len(frame)
    section = frame["section"].to_numpy().astype(str)
    firm = (frame["category"] == "企业").to_numpy()
    established = frame["established_on"].to_numpy().astype("datetime64[D]")
    old = established < np.datetime64(time.start)
    heads, revenue = sizes(r, firm, frame["is_branch"].to_numpy(), section)
    district = frame["district"].to_numpy().astype("<U6")
    ancient = old & (established < np.datetime64("2012-01-01")) & (r.random(n) < 0.12)
    for withdrawn, now in codes.WITHDRAWN.items():
        district = np.where(ancient & (district == now), withdrawn, district)
    district = np.where(r.random(n) < 0.003, names.choose(r, codes.UNKNOWN_DISTRICTS, n), district)
    zone = np.full(n, "", dtype="<U8")
    for code, holder in codes.ZONES.items():
        zone = np.where((district == holder) & (r.random(n) < 0.18), code, zone)
    foreign = np.isin(frame["reg_type"].fill_null("").to_numpy().astype(str), codes.FOREIGN_TYPES)
    capital = np.round(np.exp(r.normal(np.where(firm, 5.0, 1.8), 1.4)) * np.where(firm, np.maximum(heads, 1) ** 0.3, 1))
    capital = np.where(capital > 50, np.round(capital, -1), capital)
    currency = np.where(
        foreign & (r.random(n) < 0.6),
        weighted(r, ["USD", "HKD", "EUR", "JPY", "KRW"], (0.5, 0.2, 0.1, 0.1, 0.1), n),
        "CNY",
    )
    capital_null = (r.random(n) < np.where(firm, 0.03, 0.35)) | frame["is_branch"].to_numpy()
    trades = frame["name"].str.extract(r"([\p{Han}]{2})(?:有限|股份|厂|店|部|专业)", 1).fill_null("综合")
    made = {
        "industry": names.series(industries(r, section)),
        "zone": names.series(zone).replace("", None),
        "address": names.series(names.addresses(r, district)),
        "capital_wan": pl.Series(capital).set(pl.Series(capital_null), None),
        "currency": names.series(np.where(capital_null, "", np.where(r.random(n) < 0.1, "", currency))).replace(
            "", None
        ),
        "legal_rep": names.series(names.people(r, n)),
        "scope_text": trades + "；销售、服务及相关技术咨询（依法须经批准的项目，经相关部门批准后方可开展经营活动）",
        "former": former_names(r, frame, firm & old),
    }
    kept = [pl.Series(k, v) for k, v in made.items() if k not in frame.columns]
    return frame.with_columns(
        *kept,
        district=names.series(district) if "address" not in frame.columns else frame["district"],
        heads=pl.Series(heads),
        revenue=pl.Series(np.round(revenue)),
        growth=pl.Series(np.clip(r.normal(0.07, 0.16, n), -0.4, 0.9)),
        old=pl.Series(old),
    )


def sizes(
    r: np.random.Generator, firm: NDArray[np.bool_], branch: NDArray[np.bool_], section: Strings
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draw head count and yearly revenue (yuan): heavy-tailed, revenue per head by section."""
    n = len(firm)
    heads = np.where(firm, np.exp(r.normal(1.7, 1.35, n)), np.exp(r.normal(0.4, 0.5, n)))
    large = min(n, 12)
    heads[:large] = np.where(firm[:large], 60 + r.integers(0, 400, large), heads[:large])
    heads = np.clip(np.where(branch, heads * 0.6, heads), 1, 12_000).astype(np.int64)
    per_head = np.where(np.isin(section, ["F", "J", "K"]), 1_400_000, np.where(section == "C", 750_000, 420_000))
    revenue = heads * per_head * np.exp(r.normal(-0.2, 0.6, n)) * np.where(firm, 1.0, 0.25)
    return heads, revenue


def industries(r: np.random.Generator, section: Strings) -> Strings:
    """Draw a class of GB/T 4754-2017 of each section."""
    table = codes.industry_classes()
    out = np.full(len(section), "", dtype="<U5")
    for s in sorted(set(section.tolist())):
        here = np.flatnonzero(section == s)
        out[here] = names.choose(r, table.filter(pl.col("section") == s)["code"].to_list(), len(here))
    return out


def former_names(r: np.random.Generator, frame: pl.DataFrame, eligible: NDArray[np.bool_]) -> pl.Series:
    """Draw former names for one old firm in twelve, one in ten of those with two."""
    n = len(frame)
    reg_type = frame["reg_type"].fill_null("173").to_numpy().astype(str)
    section = frame["section"].to_numpy().astype(str)
    first = names.enterprise_names(r, section, reg_type)
    second = names.enterprise_names(r, section, reg_type)
    taken = np.isin(first, frame["name"].to_numpy().astype(str)) | np.isin(second, frame["name"].to_numpy().astype(str))
    both = np.where(r.random(n) < 0.1, np.char.add(np.char.add(second, "；"), first), first)
    draw = eligible & (r.random(n) < 1 / 12) & ~taken & ~frame["is_branch"].to_numpy()
    return names.series(np.where(draw, both, "")).replace("", None)
