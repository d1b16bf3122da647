"""The readings of PostgreSQL over texts nobody should send, set by set; a long run is `make fuzz`."""

from __future__ import annotations

from random import Random

import psycopg
import pytest

from tests.fuzz.readings import READINGS, failing, reading_texts


@pytest.mark.postgres
@pytest.mark.parametrize("kind", READINGS)
def test_a_reading_answers_whatever_it_is_given(warehouse: str, kind: str) -> None:
    texts = reading_texts(Random(f"readings:{kind}:0"), 1_000)
    assert len(texts) == 1_000
    with psycopg.connect(warehouse) as connection:
        found = {expression: failing(connection, expression, texts) for expression in READINGS[kind]}
    assert {expression: errors for expression, errors in found.items() if errors} == {}


@pytest.mark.postgres
@pytest.mark.parametrize("kind", READINGS)
@pytest.mark.parametrize("unit", ["9", " "])
def test_a_reading_answers_a_value_of_ten_megabytes(warehouse: str, kind: str, unit: str) -> None:
    text = unit * (10_000_000 // len(unit.encode()))
    with psycopg.connect(warehouse) as connection:
        connection.execute("set statement_timeout = '60s'")
        found = {expression: failing(connection, expression, [text]) for expression in READINGS[kind]}
    assert {expression: errors for expression, errors in found.items() if errors} == {}
