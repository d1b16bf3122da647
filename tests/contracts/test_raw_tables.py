"""The landing tables in the database are the contracts' tables, column by column."""

from __future__ import annotations

import dataclasses

import psycopg
import pytest

from tidu.contracts import contract, contracts
from tidu.contracts.derive.ddl import landing_ddl

pytestmark = pytest.mark.postgres
COLUMNS = """
    select attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum)
    from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum
"""


def test_every_dataset_has_its_raw_table_and_its_part_of_the_accepted_rows(warehouse: str) -> None:
    with psycopg.connect(warehouse) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'raw'").fetchall()
        parts = connection.execute(
            "select inhrelid::regclass::text from pg_inherits where inhparent = 'ops.accepted_row'::regclass"
        ).fetchall()
        assert {name for (name,) in tables} == {*contracts(), *(f"{name}_repair" for name in contracts())}
        assert {name for (name,) in parts} == {f"ops.accepted_row_{name}" for name in contracts()}
        for c in contracts().values():
            found = connection.execute(COLUMNS, [f"raw.{c.name}"]).fetchall()
            fields = [(f.name, "text", f"{f.heading}: {f.description}") for f in c.fields]
            assert found[:2] == [("delivery_id", "bigint", None), ("row_no", "integer", None)]
            assert sorted(found[2:]) == sorted([*fields, ("_extra", "jsonb", None)])


def test_making_them_again_keeps_rows_and_adds_a_field_the_contract_gained(warehouse: str) -> None:
    known = contract("tx_credit_rating")
    gained = dataclasses.replace(known.field("grade"), name="score", heading="得分", values=())
    with psycopg.connect(warehouse) as connection:
        connection.execute("insert into raw.tx_credit_rating (delivery_id, row_no, grade) values (1, 1, 'A')")
        for _ in range(2):
            connection.execute(landing_ddl(dataclasses.replace(known, fields=(*known.fields, gained))))
        rows = connection.execute("select grade, score from raw.tx_credit_rating").fetchall()
        delivered, repaired = (
            [name for name, *_ in connection.execute(COLUMNS, [f"raw.{table}"])]
            for table in ("tx_credit_rating", "tx_credit_rating_repair")
        )
    assert rows == [("A", None)]
    assert delivered == repaired, "staging takes rows of either by their order of columns"
    assert delivered[-1] == "score"


def test_names_and_texts_are_quoted(warehouse: str) -> None:
    known = contract("tx_credit_rating")
    odd = dataclasses.replace(known.field("grade"), name='order"; drop', heading="it's", description="a 'b'")
    with psycopg.connect(warehouse) as connection:
        connection.execute(landing_ddl(dataclasses.replace(known, fields=(*known.fields, odd))))
        found = connection.execute(COLUMNS, ["raw.tx_credit_rating"]).fetchall()
    assert ('order"; drop', "text", "it's: a 'b'") in found
