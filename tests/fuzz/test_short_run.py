"""A few hundred bad inputs of every reader; the long run is `make fuzz`, one input `python -m tests.fuzz replay READER SEED`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.batches import Tally, read_cases
from tests.fuzz.cases import READERS, Case, case_of
from tests.fuzz.front_desks import Desks
from tests.fuzz.reading import take
from tests.fuzz.settling import land_and_settle
from tidu.contracts import contract
from tidu.stack import postgres

INPUTS = {"csv": 250, "gb18030": 250, "zip": 250, "xlsx": 100, "json": 200, "sql": 60}
ARREARS = contract("mi_arrears")
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@pytest.fixture(scope="module")
def desks() -> Iterator[Desks]:
    opened = Desks()
    yield opened
    opened.close()


def told(tally: Tally) -> list[str]:
    """Return what was found, each with the command that shows it again."""
    return [f"python -m tests.fuzz replay {tally.reader} {f['seed']}: {f['kind']}: {f['text']}" for f in tally.findings]


@pytest.mark.parametrize("reader", READERS)
def test_no_input_breaks_a_reader_and_what_it_takes_balances(reader: str, cluster: postgres.Cluster) -> None:
    dsn = cluster.dsn("postgres")
    tally = read_cases(reader, range(INPUTS[reader]), dsn=dsn)
    assert told(tally) == []
    assert tally.inputs == INPUTS[reader] == tally.accepted + tally.rejected
    assert len(tally.keepers) > 5
    settled = land_and_settle(dsn, reader, tally.keepers[:25])
    assert settled.findings == []
    assert settled.inputs == min(25, len(tally.keepers))
    assert settled.outcomes["deliveries accepted"] > 0


def test_a_case_is_the_same_every_time() -> None:
    assert READERS
    for reader in READERS:
        assert case_of(reader, 7) == case_of(reader, 7)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=14), max_size=6), st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_table_written_as_csv_is_read_row_by_row(rows: list[list[str]], end: str) -> None:
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([[f.heading for f in ARREARS.fields], *rows])
    taken = take(Case("csv", 0, ARREARS, target.getvalue().encode(), ()), Desks())
    assert (taken.accepted, taken.rows) == (True, len(rows)), taken.reason


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | CELLS,
    lambda v: st.lists(v, max_size=3) | st.dictionaries(CELLS, v, max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(CELLS, JSON_VALUES, max_size=4), max_size=5))
def test_any_objects_come_over_the_api_as_so_many_rows(desks: Desks, rows: list[dict[str, object]]) -> None:
    events = contract("ms_change_event")
    sound = {f.name: "x" for f in events.fields}
    data = [{**row, **sound, "batch_seq": i} for i, row in enumerate(rows, start=1)]
    body = json.dumps({"data": data, "next_cursor": None, "total": len(data)}).encode()
    taken = take(Case("json", 0, events, body, ()), desks)
    assert (taken.accepted, taken.rows) == (True, len(rows)), taken.reason
