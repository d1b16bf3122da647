"""The departments' own headings for the fields of a delivery."""

from __future__ import annotations

from collections.abc import Sequence

from tidu.contracts.model import DatasetContract


def chinese(contract: DatasetContract, columns: Sequence[str]) -> list[str]:
    """Return the contract's headings; a column the contract does not know keeps its name."""
    known = {f.name: f.heading for f in contract.fields}
    return [known.get(column, column) for column in columns]
