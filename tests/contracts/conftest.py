"""A contract file that a test may change: a copy, edited as text and parsed again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tidu.contracts import DatasetContract, contract
from tidu.contracts.catalogue import contract_path
from tidu.contracts.odcs import parse

Edited = Callable[[str, str, str], DatasetContract]


@pytest.fixture(scope="session", autouse=True)
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where Airflow, imported by some of these tests, writes its configuration: not into anyone's home."""
    os.environ.setdefault("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    """Return a function (dataset, old text, new text) -> the contract parsed from the changed copy."""

    def edit(dataset: str, old: str, new: str) -> DatasetContract:
        source = contract_path(contract(dataset))
        copy = tmp_path / source.parent.name / source.name
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(source, copy)
        text = copy.read_text(encoding="utf-8")
        assert old in text, f"{dataset} does not say {old}"
        copy.write_text(text.replace(old, new), encoding="utf-8")
        return parse(copy)

    return edit
