"""What downstream systems read of schema mart stays there, as it was, when a build fails half way."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest

from tests.dbt.town import deliver, take_in, uscc
from tidu.errors import TiduError
from tidu.transform import runner

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]
SPOILT = ("mart/identity/enterprise_xref", "mart/master/enterprise_changed", "mart/master/enterprise_provenance")
VISIBLE = (
    "select dataset, source_key, enterprise_id from mart.enterprise_xref order by 1, 2",
    "select enterprise_id, name, known_from from mart.enterprise_history order by 1, 3",
    "select enterprise_id, name from mart.enterprise_as_of('2025-06-30', '2025-06-30 00:00+08') order by 1",
    "select enterprise_id, attribute, value from mart.enterprise_provenance where is_chosen order by 1, 2",
)
HELD = "select relname from pg_class where relname like 'held%'"


def visible(dsn: str) -> list[object]:
    with psycopg.connect(dsn) as connection:
        return [connection.execute(q.encode()).fetchall() for q in VISIBLE]


def entity(name: str, updated: str) -> dict[str, object]:
    return {
        "entity_no": "1", "entity_name": name, "uscc": uscc(1), "entity_category": "企业", "holding_type": "私人控股",
        "established_on": "2020-01-01", "reg_status": "存续", "district_code": "370203", "industry_code": "C3511",
        "updated_at": f"{updated}T08:00:00",
    }  # fmt: skip


def test_views_keep_what_they_showed_when_the_marts_fail(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(warehouse, "ms_registration", "2025-01-10", [entity("青岛甲机械有限公司", "2025-01-01")])
    deliver(warehouse, "fn_loan", "2025-02-05", [{"loan_no": "a", "borrower_uscc": uscc(1), "balance_wan": "5"}])
    take_in("2025-06-30")
    good = visible(warehouse)
    assert all(good)
    spoilt = tmp_path / "spoilt"
    shutil.copytree(runner.PROJECT, spoilt)
    for model in SPOILT:
        path = spoilt / "models" / f"{model}.sql"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("select * from final", "select final.nothing from final"), encoding="utf-8")
    deliver(warehouse, "ms_registration", "2025-03-10", [entity("青岛乙机械有限公司", "2025-03-01")])
    deliver(warehouse, "fn_loan", "2025-03-05", [{"loan_no": "b", "borrower_uscc": uscc(1), "balance_wan": "5"}])
    with monkeypatch.context() as patch:
        patch.setattr(runner, "PROJECT", spoilt)
        for _ in range(2):
            with pytest.raises(TiduError, match=r"final\.nothing does not exist"):
                take_in("2025-06-30")
            assert visible(warehouse) == good
            with psycopg.connect(warehouse) as connection:
                assert connection.execute("select name from mart.enterprise").fetchall() == [("青岛乙机械有限公司",)]
    take_in("2025-06-30")
    again = visible(warehouse)
    with psycopg.connect(warehouse) as connection:
        ran = connection.execute("select count(*) from ops.dbt_node_run where node like 'operation.%'").fetchone()
    assert ran == (0,), "nodes are what the project is made of"
    assert all(now != before for now, before in zip(again, good, strict=True))
    with psycopg.connect(warehouse) as connection:
        assert connection.execute(HELD).fetchall() == [], "what nothing reads any more is gone"
    # all tables made anew, those that views read among them
    take_in("2025-06-30", full_refresh=True)
    assert visible(warehouse) == again
    with psycopg.connect(warehouse) as connection:
        assert connection.execute(HELD).fetchall() == []
        assert connection.execute(
            "select tablename from pg_indexes where indexname = 'stg_ms_registration_source_key'"
        ).fetchall() == [("stg_ms_registration",)]
