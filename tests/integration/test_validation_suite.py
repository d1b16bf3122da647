"""Great Expectations and the SQL predicates say the same about every rule of every dataset."""

from __future__ import annotations

import psycopg
import pytest

from tests.unit.validation.delivering import deliver, outcomes
from tests.unit.validation.dirt import dirty_rows, sound_row
from tidu.contracts import contract, contracts
from tidu.settings import settings
from tidu.validation import validate

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
