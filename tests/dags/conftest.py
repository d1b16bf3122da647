"""Airflow for tests of DAGs: a home of its own without a database, and no network."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tidu.settings import PROJECT_ROOT

DESCRIBE = Path(__file__).parent / "describe_dags.py"


@pytest.fixture(scope="session")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Airflow makes of dags/ and plugins/, read in a process that can reach neither network nor database."""
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "TIDU_"))},
        "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")),
        "TIDU_HOME": str(tmp_path_factory.mktemp("nothing_runs_here")),
        # so that departments were due minutes ago
        "TIDU_ASK_HOUR": str(dt.datetime.now(ZoneInfo("Asia/Shanghai")).hour),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_ROOT / "plugins"),
    }
    done = subprocess.run(
        [sys.executable, str(DESCRIBE)], env=env, check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
