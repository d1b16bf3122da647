"""Typed records, links, marts and indicators: runs dbt in this process and records every model's state.

Stages in order: `stage` (typed rows), `link` (who is who), `mart` (the enterprise master and its
years and months), `monitor` (the published indicators, not yet released).
"""

from tidu.transform.builds import begin_build, finish_build, is_unfinished, nothing_new
from tidu.transform.runner import STAGES, build, read_project
from tidu.transform.wholeness import figures_are_lost

__all__ = [
    "STAGES", "begin_build", "build", "figures_are_lost", "finish_build", "is_unfinished", "nothing_new", "read_project"
]  # fmt: skip
