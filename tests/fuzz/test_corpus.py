"""Every input that ever broke something, again: see corpus/expected.yml."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.fuzz.cases import Case
from tests.fuzz.front_desks import Desks
from tests.fuzz.reading import take
from tidu.contracts import contract

CORPUS = Path(__file__).parent / "corpus"
EXPECTED: dict[str, dict[str, str]] = yaml.safe_load((CORPUS / "expected.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def desks() -> Iterator[Desks]:
    opened = Desks()
    yield opened
    opened.close()


def test_the_corpus_is_what_is_expected_of_it() -> None:
    assert len(EXPECTED) > 20
    assert {p.name for p in CORPUS.iterdir()} == {*EXPECTED, "expected.yml"}


@pytest.mark.parametrize("name", EXPECTED)
def test_an_input_that_broke_something_is_taken_for_what_it_is(name: str, desks: Desks) -> None:
    dataset, _, reader = name.partition(".")[0], *name.rpartition(".")[1:]
    case = Case(reader, 0, contract(dataset), (CORPUS / name).read_bytes(), ())
    outcome, _, words = EXPECTED[name]["now"].partition(" ")
    taken = take(case, desks)
    if outcome == "accepted":
        assert (taken.accepted, taken.rows) == (True, int(words)), taken.reason
    else:
        assert not taken.accepted
        assert words in taken.reason
        assert "\0" not in taken.reason
        json.dumps(taken.reason, ensure_ascii=False).encode()
