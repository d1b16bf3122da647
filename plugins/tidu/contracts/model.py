"""The typed form of a contract file. Unknown keys, types and rules are refused, not ignored.

Rules are data here; `tidu.validation` gives each kind its SQL predicate and its GX expectation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["snapshot", "delta", "append"]
FieldType = Literal["string", "integer", "decimal", "date", "month", "timestamp", "code", "flag"]
Severity = Literal["stop", "warn", "report"]
RuleKind = Literal[
    "required",
    "type",
    "values",
    "minimum",
    "not_after_delivery",
    "year_not_after_delivery",
    "no_broken_text",
    "not_placeholder_name",
    "uscc",
    "reg_no",
    "column_count",
    "conflict",
]
FIELD_TYPES: tuple[str, ...] = (
    "string", "integer", "decimal", "date", "month", "timestamp", "code", "flag",
)  # fmt: skip
DECLARED_RULES: tuple[str, ...] = (
    "not_after_delivery",
    "year_not_after_delivery",
    "no_broken_text",
    "not_placeholder_name",
    "uscc",
    "reg_no",
)


@dataclass(frozen=True)
class Rule:
    """One promise about every row; breaking it quarantines the row."""

    kind: RuleKind
    column: str | None
    """Field the rule speaks of; None for a rule of the whole row."""
    severity: Severity
    """`warn` quarantines the broken rows and lets the delivery in; `stop` keeps the whole delivery out."""

    @property
    def rule_id(self) -> str:
        """Stable name, `<column>:<kind>`, or `row:<kind>` for a rule of the whole row."""
        return f"{self.column or 'row'}:{self.kind}"


@dataclass(frozen=True)
class Field:
    """One column of a dataset, under its English name."""

    name: str
    heading: str
    """The department's own (Chinese) heading; this is its only home."""
    type: FieldType
    required: bool
    key_position: int | None
    """1-based place in the key, None outside the key."""
    unit: Literal["yuan", "wan"] | None
    values: tuple[str, ...]
    minimum: int | None
    classification: Literal["public", "internal", "restricted"]
    often_empty: bool
    standard: str | None
    description: str
    declared_rules: tuple[RuleKind, ...]
    aliases: tuple[str, ...] = ()
    """Other headings under which the department is known to deliver the field: accepted and reported."""


@dataclass(frozen=True)
class DatasetContract:
    """What one department promises to deliver as one dataset."""

    name: str
    department: str
    heading: str
    """Chinese name of the dataset."""
    description: str
    """What the dataset is for, in Chinese, for the department and its readers."""
    usage: str
    """The same in English, with the grain: one row per what."""
    version: str
    mode: Mode
    cadence: Literal["daily", "weekly", "monthly", "yearly", "irregular"]
    latency_days: int
    """Days after which a missing delivery is late."""
    transport: Literal["rest", "sql", "sftp_zip_csv", "sftp_xlsx", "folder_csv"]
    owner: str
    contact: str
    drift: dict[str, str]
    """What happens when a delivery departs from the contract, by kind; see tidu.contracts.odcs.DRIFT."""
    type_share: float
    """Share of a column's given values that may be unreadable before it counts as having changed its type."""
    correction_days: int
    """Days the department has to correct what a ticket names."""
    row_rule_severity: Severity
    shrink_limit: float | None
    """Share of its rows a snapshot may lose against the one before; beyond it waits for a decision. None elsewhere."""
    fields: tuple[Field, ...]

    @property
    def field_names(self) -> tuple[str, ...]:
        """Names of the fields in the contract's order."""
        return tuple(f.name for f in self.fields)

    @property
    def key(self) -> tuple[str, ...]:
        """All key fields in the contract's order, version included: they make the source_key."""
        keyed = [f for f in self.fields if f.key_position is not None]
        return tuple(f.name for f in sorted(keyed, key=lambda f: f.key_position or 0))

    @property
    def version_field(self) -> str | None:
        """Field that ranks corrections of one key: `version` if in the key, `updated_at` of a delta."""
        if "version" in self.key:
            return "version"
        if self.mode == "delta" and "updated_at" in self.field_names:
            return "updated_at"
        return None

    @property
    def identity_key(self) -> tuple[str, ...]:
        """The key without its version: what the rows of one fact share."""
        return tuple(k for k in self.key if k != "version")

    @property
    def reading(self) -> Literal["plain", "sheet"]:
        """How values are read: `sheet` also knows Excel serials, 2025年7月1日, 1,234.5 and 万元."""
        return "sheet" if self.transport == "sftp_xlsx" else "plain"

    def field(self, name: str) -> Field:
        """Return the field called `name`; KeyError when the contract has none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(f"{self.name} has no field {name}")

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule of a row, in the contract's order: derived ones first, then row rules."""
        found: list[Rule] = []
        for f in self.fields:
            kinds: list[RuleKind] = []
            if f.required:
                kinds.append("required")
            if f.type in ("integer", "decimal", "date", "month", "timestamp"):
                kinds.append("type")
            if f.type == "flag" or f.values:
                kinds.append("values")
            if f.minimum is not None:
                kinds.append("minimum")
            kinds.extend(f.declared_rules)
            found.extend(Rule(kind, f.name, self.row_rule_severity) for kind in kinds)
        found.append(Rule("column_count", None, self.row_rule_severity))
        found.append(Rule("conflict", None, self.row_rule_severity))
        return tuple(found)
