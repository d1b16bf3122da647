"""`tidu policy show` says what a rule asks, item by item, and how sure each number is."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from tidu.cli import build


def shown(version: str) -> str:
    done = CliRunner().invoke(build("policy"), ["policy", "show", version], env={"COLUMNS": "400"})
    assert done.exit_code == 0, done.output
    return done.output


def row(text: str, code: str) -> str:
    (found,) = [line for line in text.splitlines() if line.startswith(f"│ {code} ")]
    return found


def test_a_number_that_is_less_sure_than_its_document_says_so() -> None:
    told = shown("little-giant-2022")
    assert "FOUND×5" in row(told, "专1")
    assert "RECALLED-high" in row(told, "品")
    assert "MISSING" in row(shown("specialised-2022"), "9")


@pytest.mark.parametrize("version", ["whitelist-large-2025", "whitelist-large-2025-draft"])
def test_rules_of_the_white_list_are_shown_too(version: str) -> None:
    assert "大企业 whitelist-large-2025-draft" in shown(version)
