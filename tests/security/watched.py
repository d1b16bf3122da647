"""A small world that went through every stage, in a warehouse that notes who wrote what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.dbt.town import build_figures, uscc
from tests.simulators.nasty import write_csv
from tidu.connectors import Endpoint, connector_for
from tidu.contracts import contract
from tidu.landing import land, pull
from tidu.ledger.database import migrate
from tidu.publishing import publish
from tidu.validation import validate

AS_OF = dt.date(2025, 4, 2)
WATCH = """
create table public.writer (relation text, writer text, verb text);
grant insert on public.writer to public;
create function public.note_writer() returns trigger language plpgsql as $$
begin
    insert into public.writer values (tg_table_schema || '.' || tg_table_name, current_user, tg_op);
    return null;
end $$;
do $$
declare watched regclass;
begin
    for watched in select c.oid from pg_class c where c.relkind in ('r', 'p') and not c.relispartition
        and c.relnamespace in ('ops'::regnamespace, 'raw'::regnamespace, 'publish'::regnamespace)
    loop
        execute format('create trigger watch after insert or update or delete on %s for each statement'
            ' execute function public.note_writer()', watched);
    end loop;
end $$;
"""


@contextmanager
def watched_world(found: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Take the world from its outbox to a release; public.writer then has relation, writer and verb of each write."""
    migrate(found)
    folder = tmp_path_factory.mktemp("industry")
    registry = ("ms_registration", {"entity_category": "企业", "reg_type_code": "171", "reg_status": "存续",
        "established_on": "2024-10-11", "district_code": "370202", "industry_code": "F5191",
        "updated_at": "2024-12-30T08:00:00"})  # fmt: skip
    arrears = contract("mi_arrears").field_names
    write_csv(folder / "mi_arrears_20250401.csv", list(arrears), [["", *["x"] * (len(arrears) - 1)]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDU_DSN", found)
        patch.setenv("TIDU_HOME", str(tmp_path_factory.mktemp("home")))
        with psycopg.connect(found, autocommit=True) as admin:
            admin.execute(WATCH.encode())
            _registered(admin, *registry)
        endpoint = Endpoint("file", path=str(folder))
        with connector_for(contract("mi_arrears"), endpoint) as connector:
            assert len(pull(contract("mi_arrears"), connector, AS_OF, "run")) == 1
        assert land("mi_arrears", "run") == 1
        assert validate("mi_arrears", "run").rows_quarantined == 1
        validate("ms_registration", "run", suite=False)
        build_figures(str(AS_OF), "2025-01-01", "run")
        assert publish(AS_OF, "run", "李四")
        yield found


def _registered(admin: psycopg.Connection, dataset: str, common: dict[str, str]) -> None:
    """Load registrations as landing would; their own transport is tested elsewhere."""
    admin.execute(
        "insert into ops.delivery (dataset, delivered_on, transport, source_uri, sha256, bytes, rows_delivered, state,"
        " contract_version, landed_uri, content_sha256)"
        " values (%s, '2025-01-02', 'rest', 'rest:x', 'x', 1, 5, 'loaded', '1', 'x', 'x')",
        [dataset],
    )
    for n in range(1, 6):
        row = {**common, "entity_no": f"N{n}", "uscc": uscc(n), "entity_name": f"青岛第{n}贸易有限公司"}
        names = ", ".join(row)
        marks = ", ".join(["%s"] * len(row))
        admin.execute(
            f"insert into raw.{dataset} (delivery_id, row_no, {names})"
            f" values ((select max(delivery_id) from ops.delivery), %s, {marks})".encode(),
            [n, *row.values()],
        )
