#!/bin/sh
# Brings a new or older installation to this version; every step may be repeated. Other services wait for it.
set -eu

airflow db migrate
tidu migrate
airflow pools import docker/pools.json

# Airflow's simple auth manager reads its users' passwords from a file, never from the environment.
umask 077
python - <<'PYTHON'
import json
import os
from pathlib import Path

password_file = Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
password_file.write_text(json.dumps({"admin": os.environ["AIRFLOW_ADMIN_PASSWORD"]}), encoding="utf-8")
PYTHON
