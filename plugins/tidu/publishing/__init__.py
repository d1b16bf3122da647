"""Figures into releases: the registry of indicators, the identities a release must keep, its approval.

The figures themselves are made by the dbt models `int_monitoring__*`; nothing is computed here.
"""

from tidu.publishing.publication import Release, approve, is_released, publish, release, releases
from tidu.publishing.registry import Breakdown, Indicator, breakdowns, indicators

__all__ = [
    "Breakdown",
    "Indicator",
    "Release",
    "approve",
    "breakdowns",
    "indicators",
    "is_released",
    "publish",
    "release",
    "releases",
]
