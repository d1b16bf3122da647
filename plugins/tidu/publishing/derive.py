"""Indicators and industry systems as dbt seeds: generated here, kept in the tree, tested current.

dbt reads no YAML of ours, and transform may not import publishing; files are the bridge.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from tidu.publishing.registry import breakdowns, indicators
from tidu.settings import PROJECT_ROOT
from tidu.transform.industry_systems import systems

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds" / "monitoring"
INDUSTRY_TAG = PROJECT_ROOT / "dbt_project" / "seeds" / "seed_industry_tag.csv"


def seed_files() -> dict[Path, str]:
    """Return the text of each generated seed by its path. Lists are joined by a bar."""
    return {
        SEEDS / "seed_indicator.csv": _table(
            [
                {
                    "code": i.code,
                    "name": i.name_zh,
                    "unit": i.unit,
                    "kind": i.kind,
                    "basis": i.basis,
                    "additive": str(i.additive).lower(),
                    "scopes": "|".join(i.scopes),
                    "breakdowns": "|".join(i.breakdowns),
                    "breakdown_scopes": "|".join(i.breakdown_scopes),
                    "disclosure": i.disclosure,
                    "datasets": "|".join(i.datasets),
                    "monthly_datasets": "|".join(i.monthly_datasets),
                }
                for i in indicators().values()
            ]
        ),
        SEEDS / "seed_breakdown_value.csv": _table(
            [
                {"breakdown": b.code, "value": value, "name": name}
                for b in breakdowns().values()
                for value, name in b.values.items()
            ]
        ),
        INDUSTRY_TAG: _table(
            [
                {
                    "system": s.file.parent.name,
                    "valid_from": s.valid_from.isoformat(),
                    "valid_to": s.valid_to.isoformat() if s.valid_to else "",
                    "tag": tag.code,
                    "tag_name": tag.name,
                    "code_prefix": c.prefix,
                    "certainty": c.certainty,
                }
                for s in systems()
                for tag in s.tags
                for c in tag.classes
            ]
        ),
    }


def derive() -> list[Path]:
    """Write the seeds that are not current; return their paths. Idempotent."""
    written = []
    for path, text in seed_files().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written


def _table(rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
