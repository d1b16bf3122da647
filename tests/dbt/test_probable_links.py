"""What no exact rule ties: tied by everything else that is alike, doubted where nothing is, else left to a reviewer."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest

from tests.dbt.town import deliver, take_in, uscc
from tests.integration.test_review_commands import tidu
from tests.warehouses import new_warehouse
from tidu.errors import DecisionRefused
from tidu.identity.explanation import METHODS
from tidu.stack.postgres import Cluster
from tidu.transform import build

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
SHOP, PARENT = "市北区光晖理发店", "青岛甲机械有限公司"
TABLES = ("int_identity__probable_match", "int_identity__candidate", "int_identity__party_match")


def entity(number: str, name: str, code: str | None, address: str, **more: object) -> dict[str, object]:
    return {
        "entity_no": number, "entity_name": name, "uscc": code, "entity_category": "企业",
        "established_on": "2018-01-02", "reg_status": "存续", "district_code": "370203", "industry_code": "O8051",
        "address": address, "updated_at": "2025-01-01T08:00:00", **more,
    }  # fmt: skip


def account(number: str, code: str, name: str, address: str, **more: object) -> dict[str, object]:
    return {
        "taxpayer_no": number, "taxpayer_id": code, "taxpayer_name": name, "address": address,
        "district_code": "370203",
        "industry_code": "O8051", "registered_on": "2018-01-20", "updated_at": "2025-01-01T08:00:00", **more,
    }  # fmt: skip


def link_all() -> None:
    take_in("2025-06-30", until="link")


@pytest.fixture(scope="module")
def town(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two shops of one name, a parent with a branch, and accounts with numbers nobody registered."""
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("probable")) as dsn:
        deliver(dsn, "ms_registration", "2025-01-10", [
            entity("1", SHOP, None, "青岛市市北区威海路99号", reg_no="370203600000015"),
            entity("2", SHOP, None, "青岛市市北区台东一路7号2号楼301室", reg_no="370203600000023"),
            entity("3", PARENT, uscc(3), "青岛市市北区杭州路12号", industry_code="C3511"),
            entity("4", f"{PARENT}市南分公司", uscc(4), "青岛市市南区江西路3号", district_code="370202"),
            entity("5", "青岛鹏瑞贸易有限公司", uscc(5), "青岛市崂山区苗岭路5号", district_code="370212"),
        ])  # fmt: skip
        deliver(dsn, "tx_taxpayer", "2025-01-10", [
            account("shop", "37020219800101587901", SHOP, "青岛市市北区威海路99号"),
            account("unclear", "37020219800101587902", SHOP, "青岛市市北区不知何处"),
            account("slip", "37020219800101587903", "青岛甲机诫有限公司", "市北区杭州路12号", industry_code="C3511"),
            account("branch", uscc(3), f"{PARENT}市南分公司", "青岛市市南区江西路3号"),
            account("other branch", uscc(3), f"{PARENT}李沧分公司", "青岛市李沧区书院路1号"),
            # an old number on each of two papers, both of others
            *(account("two numbers", "370203" + uscc(number)[8:17], "青岛甲机诫有限公司", "市北区杭州路12号",
                      industry_code="C3511") for number in (4, 5)),
            account("other", "37020219800101587904", "青岛鹏瑞贸易有限公司", "青岛市平度市人民路8号",
                    district_code="370283", industry_code="A0111", registered_on="2009-01-20"),
        ])  # fmt: skip
        link_all()
        yield dsn


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def test_each_account_is_tied_by_what_can_tie_it(town: str) -> None:
    found = rows(
        town,
        "select x.source_key, x.method, r.source_key from mart.enterprise_xref as x left join mart.enterprise_xref as r"
        " on r.enterprise_id = x.enterprise_id and r.dataset = 'ms_registration' where x.dataset = 'tx_taxpayer'",
    )
    assert {number: (method, entity) for number, method, entity in found} == {
        "shop": ("probabilistic", "1"), "unclear": ("minted", None), "slip": ("probabilistic", "3"),
        "branch": ("name_exact", "4"), "other branch": ("minted", None), "other": ("minted", None),
        "two numbers": ("minted", None),
    }  # fmt: skip


def test_probabilities_and_candidates_are_shown(town: str) -> None:
    tied = rows(town, "select match_probability from mart.enterprise_xref where method = 'probabilistic'")
    assert len(tied) == 2 and all(0.95 <= float(str(p)) <= 1 for (p,) in tied)
    candidates = rows(
        town,
        "select party_no, count(*), bool_and(why ? 'comparisons') from intermediate.int_identity__candidate"
        " where party_no = 'unclear' group by party_no",
    )
    assert candidates == [("unclear", 2, True)]


def test_linking_again_changes_nothing(town: str) -> None:
    before = {t: sorted(rows(town, f"select t::text from intermediate.{t} as t")) for t in TABLES}
    assert all(before.values())
    build("link", "test", {"as_of": "2025-06-30", "series_start": ""})
    assert {t: sorted(rows(town, f"select t::text from intermediate.{t} as t")) for t in TABLES} == before


def enterprise(dsn: str, number: int) -> str:
    (found,) = rows(dsn, f"select enterprise_id from mart.enterprise_xref where dataset = 'ms_registration'"
                         f" and source_key = '{number}'")  # fmt: skip
    return str(found[0])


def test_a_probable_link_is_explained_as_a_waterfall(town: str) -> None:
    parent = f"{enterprise(town, 3)} ({PARENT}"
    assert tidu("explain", "taxpayer:slip").splitlines() == [
        f"taxpayer:slip belongs to {parent}, registered)",
        f"  by probabilistic: {METHODS['probabilistic']}",
        "how it was found:",
        f"  {parent}): weight +30.70 bits, probability 1.0000, no other candidate",
        "  prior                       -3.16   -3.16  ----|",
        "  name: one slip             +11.91   +8.75  ++++++++++++++",
        "  place in name: same place   +0.78   +9.53      |         +",
        "  form: same form             +0.66  +10.19      |          +",
        "  district: same district     +2.86  +13.05      |           +++",
        "  address: same wording       +9.23  +22.28      |              +++++++++++",
        "  industry: same class        +5.23  +27.51      |                         ++++++",
        "  date: within two months     +3.19  +30.70      |                               ++++",
        "  weight                             +30.70      ====================================",
        "what its records say:",
        "  1 record, last on 2025-01-10:",
        "    code 37020219800101587903 -> not valid as a code",
        "    name 青岛甲机诫有限公司 -> not in the register",
        *(f"{title}: none" for title in ("what contradicts", "what was ruled out", "candidates", "decisions")),
    ]
    told = json.loads(tidu("explain", "taxpayer:slip", "--json"))
    assert told["weighing"]["steps"][1] == {"comparison": "name", "level": "one slip", "bits": 11.91, "total": 8.75}
    assert (told["method"], told["weighing"]["weight"], told["weighing"]["margin"]) == ("probabilistic", 30.7, None)


def test_a_link_by_rule_is_explained_to_the_row_of_the_register(town: str) -> None:
    branch, parent = f"{enterprise(town, 4)} ({PARENT}市南分公司", f"{enterprise(town, 3)} ({PARENT})"
    said = tidu("explain", "tx_taxpayer:branch")
    delivery = rows(town, "select delivery_id from ops.delivery where dataset = 'ms_registration'")[0][0]
    assert said.splitlines() == [
        f"taxpayer:branch belongs to {branch}, registered)",
        "  by name_exact: its name is borne by one registered enterprise alone",
        "how it was found:",
        f"  1 record, last on 2025-01-10: code {uscc(3)}, name {PARENT}市南分公司",
        f"  name {PARENT}市南分公司 is borne by ms_registration 4, delivery {delivery} of 2025-01-10, row 4",
        "what its records say:",
        "  1 record, last on 2025-01-10:",
        f"    code {uscc(3)} -> {parent} by uscc",
        f"    name {PARENT}市南分公司 -> {branch})",
        "what contradicts:",
        f"  the code {uscc(3)} is that of {parent}",
        "what was ruled out:",
        f"  {parent}: the code {uscc(3)} is its own, but the name is a branch's, and a branch is not its parent",
        "candidates: none",
        "decisions: none",
    ]
    assert tidu("link", "explain", "taxpayer:branch") == said
    told = json.loads(tidu("explain", "taxpayer:branch", "--json"))
    assert (told["proof"]["row"]["row_no"], told["proof"]["variant"]["weight"]) == (4, 1)


def test_every_candidate_has_its_waterfall(town: str) -> None:
    said = tidu("explain", "taxpayer:unclear").splitlines()
    assert len([line for line in said if line.startswith("    weight ")]) == 2
    assert len([line for line in said if line.endswith("probability 0.4932, as likely as another candidate")]) == 2
    assert "everything else, such as district" in tidu("explain", "taxpayer:other")
    assert "registered by ms_registration 1, delivery" in tidu("explain", "ms_registration:1")


@pytest.mark.parametrize(
    ("link", "why"),
    [
        (
            "tx_taxpayer:nobody",
            "no accepted record of tx_taxpayer has the key 'nobody'; its keys are written taxpayer_no",
        ),
        ("taxpayer:nobody", "no accepted record names the party taxpayer:nobody"),
        ("nothing:1", "there is no kind of party nothing"),
        ("E0123", "names no party; write kind:number"),
    ],
)
def test_what_is_unknown_is_said(town: str, link: str, why: str) -> None:
    with pytest.raises(DecisionRefused, match=why):
        tidu("explain", link)
