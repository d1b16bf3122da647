"""Whose an account is: a branch's name in it is weighed, and a person's number is nobody's code."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dbt.town import Figures, deliver, take_in, uscc
from tests.warehouses import new_warehouse
from tidu.stack.postgres import Cluster

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
PARENT, OTHER, BRANCH = "青岛甲机械有限公司", "青岛乙食品有限公司", "青岛甲机械有限公司市北分公司"
SECOND_BRANCH, UNREGISTERED = f"{PARENT}李沧分公司", f"{PARENT}崂山分公司"
OLD_CODE = "370202" + uscc(1)[8:17]
EMPLOYERS = {
    "one slip": [(11, uscc(1), PARENT), (1, uscc(1), BRANCH)],
    "one unregistered": [(11, uscc(1), PARENT), (1, uscc(1), UNREGISTERED)],
    "one in a new code": [(11, OLD_CODE, PARENT), (1, uscc(1), BRANCH)],
    "a branch": [(12, uscc(1), BRANCH)],
    "mostly a branch": [(5, uscc(1), PARENT), (6, uscc(1), BRANCH)],
    "half a branch": [(5, uscc(1), PARENT), (5, uscc(1), BRANCH)],
    "half unregistered": [(5, OLD_CODE, PARENT), (5, OLD_CODE, UNREGISTERED)],
    "with its own code": [(5, uscc(1), BRANCH), (5, uscc(3), BRANCH)],
    "beside a heavier code": [(1, uscc(1), BRANCH), (11, uscc(2), OTHER)],
    "beside a code as heavy": [(6, uscc(1), BRANCH), (6, uscc(2), OTHER)],
    "under a branch's code": [(12, uscc(3), SECOND_BRANCH)],
    "of a parent elsewhere": [(12, uscc(99), BRANCH)],
    "unregistered, once called like its parent": [(11, uscc(1), UNREGISTERED), (1, None, PARENT)],
    "the parent's, mostly without a code": [(9, None, PARENT), (3, uscc(1), UNREGISTERED)],
}


@pytest.fixture(scope="module")
def town(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Figures]:
    """A parent with two registered branches, a stranger, a year of every account, and one person's two shops."""
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("branches")) as dsn:
        deliver(dsn, "ms_registration", "2025-01-10", [
            {"entity_no": number, "entity_name": name, "uscc": uscc(int(number)), "entity_category": "企业",
             "established_on": "2018-01-02", "reg_status": "存续", "updated_at": "2025-01-01T08:00:00"}
            for number, name in (("1", PARENT), ("2", OTHER), ("3", BRANCH), ("4", SECOND_BRANCH))
        ] + [
            {"entity_no": "5", "entity_name": "青岛丙杂货店", "reg_no": "370203851205000",
             "entity_category": "个体工商户", "established_on": "2010-01-02", "reg_status": "存续",
             "updated_at": "2025-01-01T08:00:00"}
        ])  # fmt: skip
        for employer, spellings in EMPLOYERS.items():
            spelt = [spelling[1:] for spelling in spellings for _ in range(spelling[0])]
            deliver(dsn, "hr_insurance", "2025-01-10", [
                {"employer_no": employer, "employer_name": name, "uscc": code, "month": f"2024-{month:02d}",
                 "version": 0, "insured_headcount": 1}
                for month, (code, name) in enumerate(spelt, start=1)
            ])  # fmt: skip
        deliver(dsn, "tx_taxpayer", "2025-01-10", [
            {"taxpayer_no": number, "taxpayer_id": code, "taxpayer_name": name, "updated_at": "2025-01-01T08:00:00"}
            for number, code, name in (
                ("noodles", "370203800101002", "好味小面馆"), ("hair", "370203800101002", "光晖理发店"),
                # the check of a registration number holds by chance; or the register has it
                ("tea", "370203800101008", "清心茶铺"), ("keys", "370203800101008", "开元配匙铺"),
                ("groceries", "370203851205000", "丙记"),
            )
        ])  # fmt: skip
        for delivered_on, names in (("2025-01-10", (BRANCH, PARENT)), ("2025-02-10", (PARENT, BRANCH))):
            deliver(dsn, "fn_loan", delivered_on, [
                {"loan_no": loan, "borrower_name": name, "borrower_uscc": uscc(1), "balance_wan": 1}
                for loan, name in zip(("now the parent's", "now the branch's"), names, strict=True)
            ])  # fmt: skip
        take_in("2025-06-30", until="link")
        yield Figures(dsn)


def owners(town: Figures, dataset: str) -> dict[object, tuple[object, object]]:
    """Return the entity each record of a dataset is tied to, and by which method."""
    return {
        key: (entity, method)
        for key, entity, method in town.rows(
            "select distinct split_part(x.source_key, '|', 1), r.source_key, x.method from mart.enterprise_xref as x"
            " left join mart.enterprise_xref as r on r.enterprise_id = x.enterprise_id"
            f" and r.dataset = 'ms_registration' where x.dataset = '{dataset}'"
        )
    }


def test_an_account_is_a_branchs_where_the_branch_speaks_as_often_as_its_parent(town: Figures) -> None:
    assert owners(town, "hr_insurance") == {
        "one slip": ("1", "uscc"),
        "one unregistered": ("1", "uscc"),
        "one in a new code": ("1", "org_code"),
        "a branch": ("3", "name_exact"),
        "mostly a branch": ("3", "name_exact"),
        "half a branch": ("3", "name_exact"),
        "half unregistered": (None, "minted"),
        "with its own code": ("3", "uscc"),
        "beside a heavier code": ("2", "uscc"),
        "beside a code as heavy": (None, "minted"),
        "under a branch's code": ("3", "uscc"),
        "of a parent elsewhere": ("3", "name_exact"),
        "unregistered, once called like its parent": (None, "minted"),
        "the parent's, mostly without a code": ("1", "uscc"),
    }


def test_a_record_is_whose_its_last_delivery_says(town: Figures) -> None:
    assert owners(town, "fn_loan") == {"now the parent's": ("1", "uscc"), "now the branch's": ("3", "name_exact")}


def test_shops_of_one_person_are_not_one_by_the_persons_number(town: Figures) -> None:
    found = owners(town, "tx_taxpayer")
    assert found.pop("groceries") == ("5", "reg_no")
    assert found == dict.fromkeys(("noodles", "hair", "tea", "keys"), (None, "minted"))
    shops = "select count(distinct enterprise_id) from mart.enterprise_xref where dataset = 'tx_taxpayer'"
    assert town.rows(shops) == [(5,)]
