"""All policies of the repository, and which of them is in force on a day."""

from __future__ import annotations

import datetime as dt
from functools import cache
from itertools import pairwise
from pathlib import Path

from tidu.errors import PolicyError
from tidu.settings import PROJECT_ROOT
from tidu.transform.tiers.policy import Policy, read_policy

FOLDER = PROJECT_ROOT / "policies"
OTHERS = ("plans",)
"""Folders of policies/ that hold no rules for a tier."""


@cache
def policies(folder: Path = FOLDER) -> tuple[Policy, ...]:
    """Return every policy, by tier and first day in force.

    Raises PolicyError for a file that cannot be honoured, two policies of one tier in force on one day, and a version
    given twice.
    """
    files = (file for file in folder.glob("*/*.yml") if file.parent.name not in OTHERS)
    found = sorted(map(read_policy, files), key=lambda p: (p.tier, p.valid_from))
    for before, after in pairwise(found):
        if before.tier == after.tier and before.in_force(after.valid_from):
            raise PolicyError(
                f"{after.file}:1: {before.file} is in force on {after.valid_from} too: give it a `valid_to`"
            )
    versions = [p.version for p in found]
    for policy in found:
        if versions.count(policy.version) > 1:
            raise PolicyError(f"{policy.file}:1: the version {policy.version} is given twice")
    return tuple(found)


def every_rule() -> tuple[Policy, ...]:
    """Return all policies of the repository, in force or not: of tiers, re-checks of them, and the white list."""
    tiers = policies(FOLDER)
    return (*tiers, *(policy.renewed() for policy in tiers), *policies(FOLDER / "finance_whitelist"))


def whitelist_in_force(day: dt.date) -> tuple[Policy, ...]:
    """Return the rules of the finance white list in force on a day, one per level."""
    return in_force(day, FOLDER / "finance_whitelist")


def in_force(day: dt.date, folder: Path = FOLDER) -> tuple[Policy, ...]:
    """Return the policies in force on a day, one per tier that has one."""
    return tuple(policy for policy in policies(folder) if policy.in_force(day))
