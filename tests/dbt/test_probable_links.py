"""What no exact rule ties: tied by everything else that is alike, doubted where nothing is, else left to a reviewer."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.dbt.town import deliver, take_in, uscc
from tests.warehouses import new_warehouse
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
