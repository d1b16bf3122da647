"""Settlement, sentence by sentence, on a real warehouse."""

from __future__ import annotations

import psycopg
import pytest

from tests.unit.validation.delivering import deliver, outcomes
from tidu.validation import validate

pytestmark = pytest.mark.postgres


def test_higher_version_supersedes_lower_in_one_delivery(warehouse: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as c:
        base = {"taxpayer_no": "T1", "period": "2025-01", "sales_yuan": "5", "updated_at": "2025-02-01T00:00:00"}
        d = deliver(
            c,
            "tx_vat_return",
            "2025-02-10",
            [base | {"version": "2"}, base | {"version": "1"}, base | {"version": "x"}],
        )
        out = validate("tx_vat_return", "run")
        assert outcomes(c, d) == ["accepted", "superseded", "quarantined"]
        assert (out.rows_delivered, out.rows_accepted) == (3, 1)
