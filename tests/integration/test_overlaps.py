"""Two runs of the same work at once, whoever started them, and clocks that are set back: the result is that of one."""

from __future__ import annotations

import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.dbt.town import build_figures, deliver, uscc
from tidu.connectors.protocol import AvailableDelivery, ConnectorSession, FetchedFile
from tidu.contracts import contract
from tidu.contracts.model import DatasetContract
from tidu.landing import land, pull
from tidu.ledger import deliveries
from tidu.ledger.database import connect
from tidu.ledger.locks import INTAKE
from tidu.publishing.manifest import inputs
from tidu.transform import begin_build, finish_build, is_unfinished
from tidu.transform.wholeness import hold

pytestmark = pytest.mark.postgres
AS_OF = dt.date(2025, 7, 2)


class RestlessDepartment(ConnectorSession):
    """Hands out the same delivery with its rows in another order each time, as a database may."""

    def __init__(self) -> None:
        self.asked = 0

    def available(self, terms: DatasetContract) -> list[AvailableDelivery]:
        return [AvailableDelivery(terms.name, AS_OF, f"folder:{terms.name}.csv", None, "same")]

    def fetch(self, terms: DatasetContract, delivery: AvailableDelivery, target: Path) -> FetchedFile:
        self.asked += 1
        copy = target / f"{terms.name}.csv"
        copy.write_text(",".join(terms.field_names) + "\n" + "," * self.asked, encoding="utf-8")
        time.sleep(0.2)
        return FetchedFile(copy, "csv")


def test_two_pulls_at_once_enter_a_delivery_once(warehouse: str) -> None:
    department, terms = RestlessDepartment(), contract("mi_arrears")
    with ThreadPoolExecutor(2) as both:
        found = [both.submit(pull, terms, department, AS_OF, f"run-{n}") for n in range(2)]
        received = [task.result() for task in found]
    assert sorted(map(len, received)) == [0, 1]
    assert department.asked == 1
    assert len(deliveries.pending("mi_arrears", "received")) == 1


def test_a_landing_waits_for_the_one_before_it(warehouse: str) -> None:
    pull(contract("mi_arrears"), RestlessDepartment(), AS_OF, "run")
    with ThreadPoolExecutor(1) as beside:
        with connect(autocommit=True) as other:
            other.execute("select pg_advisory_lock(%s, hashtext('mi_arrears'))", [INTAKE])
            waiting = beside.submit(land, "mi_arrears", "run")
            time.sleep(0.5)
            assert not waiting.done()
            assert deliveries.pending("mi_arrears", "received")
        waiting.result(timeout=30)
    assert not deliveries.pending("mi_arrears", "received")


def test_only_the_build_that_staged_a_delivery_last_closes_it(warehouse: str) -> None:
    first = deliver(warehouse, "fn_subsidy", "2025-01-01")
    assert begin_build("slow") == [first]
    second = deliver(warehouse, "fn_subsidy", "2025-01-02")
    assert begin_build("quick") == [first, second]
    assert finish_build("slow") == 0, "what it staged is not all that is marked"
    assert deliveries.unbuilt(["fn_subsidy"])
    assert is_unfinished(), "so the slow one announces nothing"
    assert finish_build("quick") == 2
    assert not is_unfinished()
    assert not deliveries.unbuilt(["fn_subsidy"])
    with connect() as connection:
        assert connection.execute("select count(distinct build_no) from ops.delivery").fetchone() == (1,)


def test_one_build_waits_for_another(warehouse: str) -> None:
    order: list[str] = []

    def later() -> None:
        with hold("mart", "second", str(AS_OF)):
            order.append("second")

    with ThreadPoolExecutor(1) as beside:
        with hold("link", "first", str(AS_OF)) as held:
            waiting = beside.submit(later)
            time.sleep(0.5)
            order.append("first")
            assert held.stages == ("stage", "link")
        waiting.result(timeout=30)
    assert order == ["first", "second"]


def test_a_build_whose_token_is_not_the_newest_is_stopped(warehouse: str) -> None:
    with hold("link", "first", str(AS_OF)) as held, psycopg.connect(warehouse, autocommit=True) as session:
        session.execute(f"set tidu.build = '{held.token}'".encode())
        session.execute("select ops.assert_build('link')")
        with pytest.raises(psycopg.Error, match="another build took over"):
            session.execute("select ops.assert_build('mart')")
        session.execute("update ops.build_run set token = 'of another build'")
        with pytest.raises(psycopg.Error, match="another build took over"):
            session.execute("select ops.assert_build('link')")
        session.execute(f"update ops.build_run set token = '{held.token}'".encode())


@pytest.mark.slow
def test_figures_do_not_claim_what_was_built_after_a_clock_was_set_back(warehouse: str) -> None:
    deliver(warehouse, "ms_registration", "2025-05-01", [
        {"entity_no": "N1", "uscc": uscc(1), "entity_name": "青岛第1贸易有限公司", "entity_category": "企业",
         "reg_type_code": "171", "reg_status": "存续", "established_on": "2024-12-11", "district_code": "370202",
         "industry_code": "F5191", "updated_at": "2025-04-30T08:00:00"}])  # fmt: skip
    build_figures(str(AS_OF))
    with connect() as connection:
        connection.execute("update ops.delivery set built_at = now() + interval '1 day'")
    later = deliver(warehouse, "fn_subsidy", "2025-06-01")
    begin_build("after the clock was set back")
    assert finish_build("after the clock was set back") == 1
    with connect() as connection:
        claimed = [d["delivery_id"] for d in inputs(connection, "2025-05", "2025-06")["deliveries"]]
    assert claimed
    assert later not in claimed
