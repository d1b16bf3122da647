"""Values of a breakdown are texts of departments: each has an SDMX code id of its own, whatever it is."""

from __future__ import annotations

import re

from tidu.publishing.files.sdmx import CODE_ID, TOTAL, code_ids


def test_every_value_has_a_code_of_its_own() -> None:
    odd = ["—", "……", "", "（）", TOTAL, "市南", "石楠", "高新区", "高新 区", "青岛,区", "A", "A ", "未知", "Ω", "🏭"]
    found = code_ids(odd)
    assert len(set(found.values())) == len(odd)
    assert TOTAL not in found.values(), "that is the total's"
    assert all(CODE_ID.fullmatch(code) for code in found.values()), found
    assert re.fullmatch(r"SHINAN_[0-9A-F]{8}", found["市南"])
    assert re.fullmatch(r"SHINAN_[0-9A-F]{8}", found["石楠"])
    assert (found["A"], found["未知"]) == ("A", "WEIZHI")


def test_a_code_does_not_depend_on_the_order_of_the_values() -> None:
    odd = ["市南", "石楠", "—", "DAXING", "大型"]
    assert code_ids(odd) == code_ids(reversed(odd))
    assert code_ids(odd)["DAXING"] == "DAXING"
    assert code_ids(["大型"]) == {"大型": "DAXING"}
