"""Great Expectations and the SQL predicates say the same about every rule of every dataset."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from tests.unit.validation.delivering import deliver, outcomes
from tests.unit.validation.dirt import dirty_rows, sound_row
from tidu.contracts import contract, contracts
from tidu.errors import TiduError
from tidu.settings import settings
from tidu.validation import validate
from tidu.validation.suite import EXPECTATIONS

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize("dataset", contracts())
def test_both_judges_agree_on_every_rule(warehouse: str, dataset: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        rows = dirty_rows(contract(dataset))
        first = deliver(connection, dataset, "2025-01-10", rows)
        second = deliver(connection, dataset, "2025-01-20", [*rows[1:], sound_row(contract(dataset), 90)])
        validate(dataset, "run")
        found = connection.execute(
            "select delivery_id, rule, failed_rows, (observed ->> 'gx_failed_rows')::bigint, observed"
            " from ops.validation_result join ops.validation_run using (run_id)"
        ).fetchall()
        plausibility = [row for row in found if row[1].startswith("plausible:")]
        assert plausibility
        by_contract = [row for row in found if not row[1].startswith("plausible:")]
        assert len(by_contract) == 2 * len(contract(dataset).rules)
        for delivery_id, rule, failed, gx_failed, observed in by_contract:
            assert failed == gx_failed, (rule, observed)
            assert failed > 0 or delivery_id == second, f"{rule} is not broken by the dirty rows"
        assert not [row for row in plausibility if "raised" in row[4]]
        assert {"accepted", "quarantined"} <= set(outcomes(connection, first))
    pages = list((settings().data_docs / dataset).glob("validations/**/*.html"))
    assert pages


def test_both_judges_agree_on_conflicts_with_a_change_of_the_current_row(warehouse: str) -> None:
    row = {"complaint_no": "C1", "creditor_name": "甲公司", "paid_wan": "0", "filed_on": "2025-01-01"}

    def paid(*amounts: str) -> list[dict[str, str]]:
        return [row | {"amount_wan": amount} for amount in amounts]

    with psycopg.connect(warehouse, autocommit=True) as connection:
        deliver(connection, "mi_arrears", "2025-01-20", paid("1"))
        validate("mi_arrears", "run", suite=False)
        sent = {
            "2025-01-10": ("1", "2", "1", "3"),
            "2025-01-30": ("1", "2", "2"),
            "2025-02-10": ("1", "2"),
            "2025-02-20": ("1.0", "1", "2", "3", "1"),
        }
        ids = [deliver(connection, "mi_arrears", day, paid(*amounts)) for day, amounts in sent.items()]
        validate("mi_arrears", "run")
        found = connection.execute(
            "select delivery_id, failed_rows, (observed ->> 'gx_failed_rows')::int from ops.validation_result"
            " join ops.validation_run using (run_id)"
            " where rule = 'row:conflict' and delivery_id = any(%s) order by delivery_id",
            [ids],
        ).fetchall()
        assert found == [(id, n, n) for id, n in zip(ids, (2, 0, 1, 2), strict=True)]


def test_plausibility_warns_and_accepts_per_delivery(warehouse: str) -> None:
    row = {
        "complaint_no": "C1",
        "creditor_name": "甲公司",
        "amount_wan": "1",
        "paid_wan": "2",
        "filed_on": "2025-01-01",
    }
    with psycopg.connect(warehouse, autocommit=True) as connection:
        first = deliver(connection, "mi_arrears", "2025-01-10", [row, row | {"complaint_no": "C2", "paid_wan": "0"}])
        second = deliver(connection, "mi_arrears", "2025-01-20", [row | {"complaint_no": "C3", "paid_wan": "1"}])
        validate("mi_arrears", "run")
        assert outcomes(connection, first) == ["accepted", "accepted"]
        found = connection.execute(
            "select delivery_id, v.success, failed, failed_rows, severity, evaluated_rows from ops.validation_run v"
            " join ops.validation_result using (run_id)"
            " where rule = 'plausible:amount_wan_not_below_paid_wan' order by 1"
        ).fetchall()
        assert found == [(first, False, 1, 1, "warn", 2), (second, True, 0, 0, "warn", 1)]


def test_many_failing_rows_are_all_counted_and_some_are_shown(warehouse: str) -> None:
    rows = [{"listing_no": f"L{n}", "enterprise_name": f"甲公司{n}", "stage": f"无此{n:03}"} for n in range(300)]
    with psycopg.connect(warehouse, autocommit=True) as connection:
        deliver(connection, "fn_listing", "2025-01-10", rows)
        deliver(connection, "fn_listing", "2025-01-20", rows[:2])
        validate("fn_listing", "run")
        found = connection.execute(
            "select failed_rows, (observed ->> 'gx_failed_rows')::int from ops.validation_result"
            " where rule = 'stage:values' order by 1"
        ).fetchall()
        assert found == [(2, 2), (300, 300)]
    (page,) = (settings().data_docs / "fn_listing").glob("validations/**/*.html")
    text = page.read_text(encoding="utf-8")
    assert "302 unexpected values found" in text
    assert [n for n in range(300) if f"无此{n:03}" in text] == list(range(20))


SUITE = """
name: fn_listing
expectations:
  - type: expect_column_values_to_be_between
    kwargs: {column: stage_on, min_value: '1990-12-01'}
    severity: warning
    meta: {rule_id: date}
    description: a date as a bound
  - type: expect_column_values_to_match_regex
    kwargs: {column: listing_no, regex: '^L\\d''?%?$'}
    severity: warning
    meta: {rule_id: pattern}
    description: backslash, apostrophe and percent sign
  - type: expect_column_values_to_be_in_set
    kwargs: {column: listing_no, value_set: ["L1", "L'2", 'L\\3', 'L%4']}
    severity: warning
    meta: {rule_id: listed}
    description: the same in values
"""


def test_bounds_of_every_kind_count_the_rows_they_mean(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "finance" / "fn_listing.yml"
    file.parent.mkdir()
    file.write_text(SUITE, "utf-8")
    monkeypatch.setattr("tidu.validation.suite.EXPECTATIONS", tmp_path)
    numbers = ("L1", "L'2", "L\\3", "L%4", "L5", "L6'%", "L7%%", "Ld", "\\d")
    with psycopg.connect(warehouse, autocommit=True) as connection:
        rows = [{"listing_no": n, "enterprise_name": "甲公司", "stage_on": "1980-01-01"} for n in numbers]
        deliver(connection, "fn_listing", "2025-01-10", rows)
        validate("fn_listing", "run")
        found = connection.execute(
            "select rule, failed_rows from ops.validation_result where rule like 'plausible:%' order by 1"
        ).fetchall()
    by_pattern = [n for n in numbers if not re.search("^L\\d'?%?$", n)]
    assert found == [("plausible:date", 9), ("plausible:listed", 5), ("plausible:pattern", len(by_pattern))]


def test_an_expectation_type_that_gx_does_not_know_is_an_error(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "finance" / "fn_listing.yml"
    file.parent.mkdir()
    text = (EXPECTATIONS / "finance" / "fn_listing.yml").read_text(encoding="utf-8")
    file.write_text(text.replace("expect_column_values_to_be_between", "expect_column_valeus_to_be_between"), "utf-8")
    monkeypatch.setattr("tidu.validation.suite.EXPECTATIONS", tmp_path)
    with psycopg.connect(warehouse, autocommit=True) as connection:
        deliver(connection, "fn_listing", "2025-01-10", [{"listing_no": "L1", "enterprise_name": "甲公司"}])
        with pytest.raises(TiduError, match="expect_column_valeus_to_be_between"):
            validate("fn_listing", "run")
        state = connection.execute("select state from ops.delivery").fetchone()
        assert state == ("loaded",)
        stage = connection.execute("select stage, state from ops.stage_run").fetchall()
        assert stage == [("validate", "failed")]
