"""The closed list of DAG tags; a test refuses any other."""

from __future__ import annotations

from enum import StrEnum


class Tag(StrEnum):
    """What an operator may filter by: the layer a DAG fills, its department, whom a failure hurts."""

    INGEST = "layer:ingest"
    MASTER = "layer:master"
    TIER = "layer:tier"
    PUBLISH = "layer:publish"
    MAINTAIN = "layer:maintain"
    MARKET_SUPERVISION = "department:market_supervision"
    TAX = "department:tax"
    HR = "department:hr"
    FINANCE = "department:finance"
    INDUSTRY = "department:industry"
    STATISTICS = "department:statistics"
    IMPACT_DEPARTMENT = "impact:department"
    IMPACT_CITY = "impact:city"

    @classmethod
    def department(cls, name: str) -> Tag:
        """Return a department's tag. Raises ValueError for a department the list does not know."""
        return cls(f"department:{name}")
