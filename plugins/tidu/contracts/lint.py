"""Asks datacontract-cli whether a contract file is valid ODCS; offline, in this process."""

from __future__ import annotations

from pathlib import Path


def lint_findings(path: Path) -> list[str]:
    """Return what datacontract-cli finds wrong with the file; empty when it is valid."""
    from datacontract.data_contract import DataContract

    run = DataContract(data_contract_file=str(path), all_errors=True).lint()
    if not run.checks:
        return ["the linter checked nothing"]
    return [f"{c.name}: {c.reason or c.result.value}" for c in run.checks if c.result.value != "passed"]
