"""Finds one version of a contract: a file, the present one of a dataset, or the one of a git revision."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tidu.contracts.catalogue import ROOT, contract, contract_path
from tidu.contracts.model import DatasetContract
from tidu.contracts.odcs import parse_text
from tidu.errors import ContractError


def contract_version(reference: str) -> DatasetContract:
    """Return the contract that `reference` names: a path, a dataset, or `<git revision>:<dataset>`.

    Raises ContractError when there is none, or it says what tidu does not understand.
    """
    path = Path(reference)
    if path.is_file():
        return parse_text(path.read_text(encoding="utf-8"), reference, of_the_past=True)
    revision, colon, dataset = reference.rpartition(":")
    if not colon:
        return contract(reference)
    return parse_text(_at_revision(revision, dataset), reference, of_the_past=True)


def _at_revision(revision: str, dataset: str) -> str:
    place = contract_path(contract(dataset)).relative_to(ROOT)
    done = subprocess.run(
        ["git", "-C", str(ROOT), "show", "--end-of-options", f"{revision}:./{place}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ContractError(f"{revision}:{dataset}: {done.stderr.strip()}")
    return done.stdout
