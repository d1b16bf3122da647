"""Who sees what of the cockpit inside Airflow is decided by Airflow's own auth manager."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ASK = """
import json, sys
from airflow.api_fastapi.app import create_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api.security import get_user
from fastapi.testclient import TestClient
from tidu.orchestration.cockpit import build_app

create_auth_manager().init()
app = build_app()
seen = {}
signed_out = TestClient(app).get("/", headers={"Accept": "text/html"})
seen["nobody"] = [signed_out.status_code, "/auth/login?next=" in signed_out.text]
for role in ("VIEWER", "USER", "OP", "ADMIN"):
    app.dependency_overrides[get_user] = lambda role=role: SimpleAuthManagerUser(username=role.lower(), role=role)
    page = TestClient(app).get("/")
    told = json.loads(page.text.split('id="start"')[1].split(">", 1)[1].split("</script>")[0])
    names = TestClient(app).get("/enterprises?place=370200&tier=x&as_of=2026-06-30")
    seen[role] = [told["viewer"], names.status_code]
json.dump(seen, sys.stdout)
"""


@pytest.mark.postgres
@pytest.mark.slow
def test_viewers_see_figures_and_users_names_too(warehouse: str, tmp_path: Path) -> None:
    environment = {
        **os.environ, "TIDU_DSN": warehouse, "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(tmp_path / "passwords.json"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["nobody"] == [401, True]
    # nothing is published and nothing assessed here: who may ask for names is told that there are none yet
    assert seen["VIEWER"] == [{"name": "viewer", "may_list": False}, 403]
    for role in ("USER", "OP", "ADMIN"):
        assert seen[role] == [{"name": role.lower(), "may_list": True}, 404]
