"""`tidu policy show` says what a rule asks, item by item, and how sure each number is."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from tidu.cli import build
from tidu.transform.tiers.registry import policies
from tidu.transform.tiers.rehearsal import policy_named


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


def test_what_nobody_delivers_is_listed_and_the_little_giant_no_draft() -> None:
    policy = policy_named("little-giant-2026")
    assert not policy.is_draft
    (control,) = [item for item in policy.items if item.code == "G6b"]
    assert (control.kind, control.assumed, control.clause) == ("gate", True, "117号通知")


def test_a_gate_that_no_document_has_cites_the_seed_pool() -> None:
    """The documents of these name no size, or no list; that of 科技型 has the list, in 第六条（四）."""
    cited = {
        (policy.name, item.used[0].name)
        for policy in policies()
        for item in policy.items
        if item.kind == "gate" and item.clause == "市级种子库"
    }
    both = ("champion-2023", "unicorn-2019", "hidden-unicorn-2024", "leading-private-2022", "high-tech-2016-prescreen")
    assert cited == {(name, asked) for name in both for asked in ("is_large", "is_blacklisted")} | {
        ("gazelle-2020", "is_large"), ("tech-sme-2017", "is_large"),
    }  # fmt: skip
