#!/bin/sh
# Lets the simulated departments deliver a sample world and starts the ingest DAGs once; may be repeated.
# The other DAGs follow by themselves when the ingest DAGs announce new rows.
set -eu

simulated=$TIDU_HOME/simulators
world=$TIDU_HOME/world
umask 077
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [ ! -f "$world/world.yaml" ]; then
    tidu world make --enterprises "$DEMO_ENTERPRISES" --seed "$DEMO_SEED" --out "$world"
fi
python -m simulators publish --home "$simulated" --world "$world"

python -m simulators connections --home "$simulated" --host "$DEMO_HOST" > "$scratch/connections.json"
airflow connections import --overwrite "$scratch/connections.json"

python - "$world/world.yaml" > "$scratch/variables.json" <<'PYTHON'
import json
import sys
from pathlib import Path

import yaml

world = yaml.safe_load(Path(sys.argv[1]).read_text(encoding="utf-8"))
as_of = str(world.get("as_of") or world["end"])
print(json.dumps({"tidu_business_date": as_of, "tidu_series_start": str(world["start"])[:7] + "-01"}))
PYTHON
airflow variables import "$scratch/variables.json"

airflow dags reserialize
for department in market_supervision tax hr finance industry statistics; do
    airflow dags trigger "ingest_$department"
done
