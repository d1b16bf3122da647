"""A party is tied where one registered enterprise is the clear winner, and nowhere else."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.dbt.town import uscc
from tidu.identity.linkage import link
from tidu.identity.linkage.model import model

SIZE = 100_000
HOME = {"address": "青岛市市北区杭州路12号3号楼201室", "district_code": "370203", "industry_code": "C3511"}
OFFICE = {"address": "青岛市市南区江西路3号", "district_code": "370202"}
DAY = {"registered_on": date(2015, 3, 4)}
BROKEN = uscc(3)[:10] + "W" + uscc(3)[11:]
REGISTER: list[dict[str, Any]] = [
    {"enterprise_id": "A", "name": "青岛海天机械有限公司", "code": uscc(1), **HOME, **DAY},
    {"enterprise_id": "A", "name": "青岛旧日机械有限公司", "code": uscc(1), "is_former": True, **HOME, **DAY},
    {"enterprise_id": "B", "name": "青岛海天机械有限公司市南分公司", "code": uscc(2), **OFFICE},
    {"enterprise_id": "C", "name": "青岛德馨食品有限公司", "code": uscc(3), "district_code": "370211"},
    {"enterprise_id": "D", "name": "市北区光晖理发店", "address": "青岛市市北区台东一路7号", "district_code": "370203",
     "industry_code": "O8051", "registered_on": date(2012, 5, 6)},
    {"enterprise_id": "E", "name": "市北区光晖理发店", "address": "青岛市市北区威海路99号", "district_code": "370203",
     "industry_code": "O8051", "registered_on": date(2018, 1, 2)},
    {"enterprise_id": "F", "name": "青岛鹏瑞贸易有限公司", "code": uscc(6), "district_code": "370212"},
]  # fmt: skip


def tied(*parties: dict[str, Any]) -> dict[str, str]:
    links = link(table([{"party_id": str(i), **p} for i, p in enumerate(parties)]), table(REGISTER), size=SIZE).links
    return dict(pl.DataFrame(links).select("party_id", "enterprise_id").iter_rows())


def table(rows: list[dict[str, Any]]) -> Any:
    return pl.DataFrame(rows, infer_schema_length=None).to_arrow()


@pytest.mark.parametrize(
    ("party", "enterprise"),
    [
        pytest.param({"name": "海天机械有限责任公司", **HOME}, "A", id="place left out"),
        pytest.param({"name": "青岛海添机械有限公司", **HOME, **DAY}, "A", id="a slip of the ear, all else alike"),
        pytest.param({"name": "青岛旧曰机械有限公司", **HOME, **DAY}, "A", id="a slip in a former name"),
        pytest.param({"name": "市北区光晖理发店", "address": "市北区威海路99号", "registered_on": date(2018, 1, 5),
                      "industry_code": "O8051"}, "E", id="of two shops of one name the one at the address"),
        pytest.param({"name": "青岛德馨实业有限公司", "code": BROKEN,
                      "district_code": "370211"}, "C", id="a broken code, brand and district"),
    ],
)  # fmt: skip
def test_what_is_clear_is_tied(party: dict[str, Any], enterprise: str) -> None:
    assert tied(party) == {"0": enterprise}


@pytest.mark.parametrize(
    "party",
    [
        pytest.param({"name": "市北区光晖理发店", "district_code": "370203"}, id="two shops of one name"),
        pytest.param({"name": "青岛海大机械有限公司"}, id="one slip and nothing else"),
        pytest.param({"name": "青岛鹏瑞实业有限公司"}, id="one brand in another trade"),
        pytest.param({"name": "青岛海天机械有限公司崂山分公司", "code": uscc(1), **HOME}, id="a branch"),
        pytest.param({"name": "毫不相干商店", "code": BROKEN}, id="a code one slip away alone"),
        pytest.param({"name": "海天机械有限责任公司", "code": uscc(77)}, id="the code of someone else"),
        pytest.param({"name": "青岛蓝湾置业有限公司", **HOME, **DAY}, id="another name, same room and day"),
        pytest.param({"name": "青岛カメラ有限公司", **HOME, **DAY}, id="another name, in another script"),
        pytest.param({"name": "无", "address": "无"}, id="placeholders"),
        pytest.param({"code": BROKEN}, id="nothing but a broken code"),
    ],
)  # fmt: skip
def test_what_is_not_clear_is_left_to_a_reviewer(party: dict[str, Any]) -> None:
    assert tied(party) == {}


SHORT, LAOSHAN = "海天机械有限责任公司", "海天机械有限责任公司崂山分公司"
SHINAN = {"name": "海天机械有限责任公司市南分公司", **OFFICE}


@pytest.mark.parametrize(
    ("spellings", "enterprise"),
    [
        pytest.param([{"name": SHORT, **HOME}], "A", id="its own name alone"),
        pytest.param([{"name": SHORT, **HOME}, {"name": LAOSHAN}], None, id="also a branch, which is not its parent"),
        pytest.param([{"name": SHORT, **HOME}, SHINAN], "B", id="a branch that is called like its parent too"),
        pytest.param([{"name": SHORT, **HOME}, SHINAN, {"name": LAOSHAN}], None, id="two branches"),
        pytest.param([SHINAN, {"name": LAOSHAN}], None, id="two branches and no other name"),
        pytest.param(
            [{"name": SHORT, **HOME}, {"name": "毫不相干有限公司崂山分公司"}], None, id="a branch of another name"
        ),
        pytest.param([{"name": SHORT, **HOME}, {"code": uscc(77)}], None, id="a nameless row with another's code"),
        pytest.param([SHINAN, {"code": uscc(1)}], "B", id="a branch under its parent's code"),
    ],
)
def test_a_party_is_judged_by_all_its_spellings(spellings: list[dict[str, Any]], enterprise: str | None) -> None:
    assert tied(*({"party_id": "0", **spelling} for spelling in spellings)).get("0") == enterprise


@pytest.mark.parametrize(
    ("code", "enterprise"),
    [
        pytest.param("370203" + uscc(1)[8:17], "A", id="its own old number"),
        pytest.param("370203" + uscc(6)[8:17], None, id="the old number of someone else"),
        pytest.param(uscc(6)[8:17], None, id="the organisation code of someone else"),
        pytest.param("370203" + uscc(77)[8:17], "A", id="a number like an old one, of nobody in the register"),
    ],
)
def test_the_old_number_of_another_contradicts(code: str, enterprise: str | None) -> None:
    assert tied({"name": SHORT, "code": code, **HOME}).get("0") == enterprise


def test_candidates_of_what_is_open_come_in_order_with_their_reasons() -> None:
    party = {"party_id": "p", "name": "市北区光晖理发店", "district_code": "370203"}
    found = link(table([party]), table(REGISTER), size=SIZE)
    assert found.links.num_rows == 0
    candidates = pl.DataFrame(found.candidates)
    assert candidates.select("enterprise_id", "place").rows() == [("D", 1), ("E", 2)]
    assert candidates["match_probability"].n_unique() == 1
    assert {"bits_name", "level_name", "bits_district", "margin"} <= set(found.candidates.column_names)


PARTIES: list[dict[str, Any]] = [
    {"party_id": "a", "name": "青岛海添机械有限公司", **HOME, **DAY},
    {"party_id": "a", "name": "青岛海天机诫有限公司", **HOME},
    {"party_id": "b", "name": "市北区光晖理发店", "district_code": "370203"},
    {"party_id": "c", "name": "海天机械有限责任公司", "district_code": "370203"},
    {"party_id": "d", "name": "青岛德馨实业有限公司", "code": BROKEN, "district_code": "370211"},
    {"party_id": "e", "name": "青岛鹏瑞实业有限公司"},
]  # fmt: skip


@settings(max_examples=4, deadline=None, phases=[Phase.generate])
@given(st.permutations(PARTIES), st.permutations(REGISTER), st.integers(0, 5))
def test_the_order_of_rows_and_repeated_rows_change_nothing(
    parties: list[dict[str, Any]], register: list[dict[str, Any]], repeated: int
) -> None:
    straight = link(table(PARTIES), table(REGISTER), size=SIZE)
    shuffled = link(table([*parties, parties[repeated]]), table([*register, register[repeated]]), size=SIZE)
    assert straight.links.num_rows == 2
    for one, other in ((straight.links, shuffled.links), (straight.candidates, shuffled.candidates)):
        assert content(one) == content(other)


def content(found: Any) -> list[tuple[Any, ...]]:
    return pl.DataFrame(found).drop("party_record", "registered_record").rows()


def test_no_parties_no_links() -> None:
    empty = pl.DataFrame(schema={"party_id": pl.String, "name": pl.String}).to_arrow()
    found = link(empty, table(REGISTER))
    assert (found.links.num_rows, found.candidates.num_rows) == (0, 0)


def test_weights_are_shares() -> None:
    for levels in model().weights.values():
        for shares in zip(*levels.values(), strict=True):
            assert sum(shares) == pytest.approx(1, abs=1e-4)
            assert all(0 < share < 1 for share in shares)
