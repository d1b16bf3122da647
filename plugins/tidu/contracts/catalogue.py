"""Finds and caches the contract files; the file's path is the dataset's address."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tidu.contracts.model import DatasetContract
from tidu.contracts.odcs import parse
from tidu.errors import ContractError

ROOT = Path(__file__).parent


@cache
def contracts() -> dict[str, DatasetContract]:
    """Return every contract by dataset name, in order of department and name."""
    found = [parse(path) for path in sorted(ROOT.glob("*/*.yml"))]
    if not found:
        raise ContractError(f"no contract found below {ROOT}")
    return {c.name: c for c in found}


def contract(dataset: str) -> DatasetContract:
    """Return one dataset's contract; ContractError when there is none of that name."""
    try:
        return contracts()[dataset]
    except KeyError:
        raise ContractError(f"no contract for dataset {dataset}; known: {', '.join(contracts())}") from None


def contract_path(contract: DatasetContract) -> Path:
    """Return the file a contract was read from."""
    return ROOT / contract.department / f"{contract.name}.yml"


def departments() -> dict[str, tuple[DatasetContract, ...]]:
    """Return the departments with their datasets."""
    grouped: dict[str, list[DatasetContract]] = {}
    for c in contracts().values():
        grouped.setdefault(c.department, []).append(c)
    return {department: tuple(cs) for department, cs in grouped.items()}
