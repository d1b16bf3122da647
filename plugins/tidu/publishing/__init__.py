"""Figures into releases: the registry of indicators, the identities a release must keep, its approval, its files.

The figures themselves are made by the dbt models `int_monitoring__*`; nothing is computed here.
"""

from tidu.publishing.publication import is_released, publish
from tidu.publishing.registry import Breakdown, Indicator, breakdowns, indicators
from tidu.publishing.standing import (
    Release,
    approve,
    made_by,
    reject,
    release,
    releases,
    republish,
    roll_back,
    withdraw,
)

__all__ = [
    "Breakdown",
    "Indicator",
    "Release",
    "approve",
    "breakdowns",
    "indicators",
    "is_released",
    "made_by",
    "publish",
    "reject",
    "release",
    "releases",
    "republish",
    "roll_back",
    "withdraw",
]
