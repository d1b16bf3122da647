"""What the scheduler loads for its tasks must survive the fork: no thread of Python, and work goes on in the child."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import os, sys, threading
from tidu.orchestration import preload
preload.load()
assert threading.active_count() == 1, threading.enumerate()
pid = os.fork()
if pid == 0:
    import numpy, pandas, polars, pyarrow, pyarrow.compute
    frame = polars.DataFrame({"x": range(20_000)}).with_columns(y=polars.col("x") % 97)
    assert frame.lazy().group_by("y").agg(polars.col("x").sum()).collect().height == 97
    assert frame.join(frame, on="x").height == 20_000
    column = pyarrow.array(range(200_000))
    assert pyarrow.compute.sum(column).as_py() == 19_999_900_000
    assert pandas.DataFrame({"x": column.to_numpy()}).x.sum() == 19_999_900_000
    assert (numpy.ones((300, 300)) @ numpy.ones((300, 300)))[0, 0] == 300
    from tidu.identity.linkage import link
    alike = {"name": "青岛海天机械有限公司", "district_code": "370203", "industry_code": "C3511"}
    sides = [polars.DataFrame([{key: "A", **alike}]).to_arrow() for key in ("party_id", "enterprise_id")]
    assert link(*sides, size=100_000).links.num_rows == 1
    os._exit(0)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.timeout(120)
def test_a_forked_task_works_with_what_was_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_only_the_scheduler_loads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from tidu.orchestration import preload

    loaded: list[str] = []
    monkeypatch.setattr(preload, "load", lambda: loaded.append(sys.argv[1]))
    for command in ("api-server", "triggerer", "dag-processor", "scheduler"):
        monkeypatch.setattr(sys, "argv", ["airflow", command])
        preload.on_starting(component=object())
    assert loaded == ["scheduler"]
