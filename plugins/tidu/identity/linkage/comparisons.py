"""How two records are compared: the levels of likeness of each field, in DuckDB's SQL; backends.py makes it Spark's.

Chinese texts are compared by equality of whole parts, by patterns and by arrays of parts. Edit distances are not used:
those of DuckDB count UTF-8 bytes. What each level weighs stands in model.json and is trained, not chosen here.
"""

from __future__ import annotations

from typing import Any

from tidu.identity.linkage.backends import translated

Level = tuple[str, str, str | None]
"""Name of a level, its condition, and the column whose rarity counts (term frequency)."""

SLIP = (
    "(list_has_any(near_l, near_r) or list_contains(near_l, core_r) or list_contains(near_r, core_l)"
    " or list_has_any(near_name_l, near_name_r) or list_contains(near_name_l, name_key_r)"
    " or list_contains(near_name_r, name_key_l))"
)
"""One character wrong, too much or missing, or two swapped: in the core, or anywhere in the name."""
COMPARISONS: dict[str, tuple[Level, ...]] = {
    "name": (
        ("same name", "name_key_l = name_key_r", "name_key"),
        ("same core", "core_l = core_r", "core"),
        ("same sound", "sound_l = sound_r", None),
        # of two names with one brand and different trades neither is mistyped: they are two enterprises, or a change
        ("one slip", f"brand_l <> brand_r and {SLIP}", None),
        ("same brand", "brand_l = brand_r", "brand"),
        ("shortened", "regexp_matches(name_key_r, short_pattern_l)", None),
    ),
    "place in name": (
        ("same place", "place_l = place_r and place_l <> ''", None),
        ("none on one side", "place_l = '' or place_r = ''", None),
    ),
    "form": (("same form", "form_l = form_r", None), ("none on one side", "form_l = '' or form_r = ''", None)),
    "latin name": (
        ("brand as spelt", "length(pinyin_r) >= 5 and strpos(latin_l, pinyin_r) > 0", None),
        ("beginning as spelt", "length(pinyin_start_r) >= 5 and strpos(latin_l, pinyin_start_r) > 0", None),
    ),
    "code": (("possible code", "list_contains(code_options_l, code_r)", None),),
    "district": (("same district", "district_code_l = district_code_r", None),),
    "address": (
        ("same room", "room_l = room_r", None),
        (
            "same wording",
            "(tail_l = tail_r and length(tail_l) > 4)"
            " or (starts_with(tail_r, tail_l) and regexp_matches(tail_l, '[0-9]'))"
            " or (starts_with(tail_l, tail_r) and regexp_matches(tail_r, '[0-9]'))",
            None,
        ),
        ("same number", "spot_l = spot_r", None),
        ("same road", "road_l = road_r", None),
    ),
    "industry": (
        ("same class", "industry_code_l = industry_code_r", None),
        ("same division", "substr(industry_code_l, 1, 3) = substr(industry_code_r, 1, 3)", None),
        ("same section", "substr(industry_code_l, 1, 1) = substr(industry_code_r, 1, 1)", None),
    ),
    "date": (
        ("same day", "registered_on_l = registered_on_r", None),
        ("within two months", "abs(datediff('day', registered_on_l, registered_on_r)) <= 62", None),
        ("within a year", "abs(datediff('day', registered_on_l, registered_on_r)) <= 366", None),
    ),
    "capital": (("same capital", "abs(capital_yuan_l - capital_yuan_r) <= 0.01 * capital_yuan_r", None),),
}  # fmt: skip
"""Levels from the most alike; what fits none of them is `else`."""
UNKNOWN: dict[str, str] = {
    "name": "core_l is null or core_r is null",
    "place in name": "place_l is null or place_r is null",
    "form": "form_l is null or form_r is null",
    "latin name": "latin_l is null or pinyin_r is null",
    "code": "code_options_l is null or code_r is null",
    "district": "district_code_l is null or district_code_r is null",
    # who has moved to another district has another address: that is said once
    "address": "tail_l is null or tail_r is null or district_code_l <> district_code_r",
    "industry": "industry_code_l is null or industry_code_r is null",
    "date": "registered_on_l is null or registered_on_r is null",
    "capital": "capital_yuan_l is null or capital_yuan_r is null",
}
"""When a comparison says nothing."""
ELSE = "else"
RARITY = ("name_key", "core", "brand")


def settings(
    weights: dict[str, dict[str, tuple[float, float]]], prior: float, dialect: str = "duckdb"
) -> dict[str, Any]:
    """Return Splink's settings for these comparisons; `weights` gives (m, u) by comparison and level."""
    return {
        "link_type": "link_only",
        "probability_two_random_records_match": prior,
        "unique_id_column_name": "record",
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": "l.pairs = r.pairs", "sql_dialect": dialect, "arrays_to_explode": ["pairs"]}
        ],
        "comparisons": [_comparison(name, levels, weights[name], dialect) for name, levels in COMPARISONS.items()],
        "retain_intermediate_calculation_columns": True,
        "retain_matching_columns": True,
    }


def _comparison(
    name: str, levels: tuple[Level, ...], weights: dict[str, tuple[float, float]], dialect: str
) -> dict[str, Any]:
    asked: list[dict[str, Any]] = [
        {"sql_condition": translated(UNKNOWN[name], dialect), "label_for_charts": "unknown", "is_null_level": True}
    ]
    for label, condition, rarity in levels:
        m, u = weights[label]
        level = {
            "sql_condition": translated(condition, dialect),
            "label_for_charts": label,
            "m_probability": m,
            "u_probability": u,
        }
        if rarity:
            level |= {"tf_adjustment_column": rarity, "tf_adjustment_weight": 1.0, "tf_minimum_u_value": 1e-6}
        asked.append(level)
    m, u = weights[ELSE]
    asked.append({"sql_condition": "ELSE", "label_for_charts": ELSE, "m_probability": m, "u_probability": u})
    return {"output_column_name": name.replace(" ", "_"), "comparison_description": name, "comparison_levels": asked}
