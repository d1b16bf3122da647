#!/bin/sh
# Lets the simulated departments deliver a sample world and starts the ingest DAGs once; may be repeated.
set -eu

simulated=/var/lib/tidu/simulators
world=/var/lib/tidu/world

if [ ! -f "$world/world.yaml" ]; then
    tidu world make --enterprises "$DEMO_ENTERPRISES" --seed "$DEMO_SEED" --out "$world"
fi
python -m simulators publish --home "$simulated" --world "$world"

umask 077
accounts=$(mktemp --suffix=.json)
trap 'rm -f "$accounts"' EXIT
python -m simulators connections --home "$simulated" --host simulators > "$accounts"
airflow connections import --overwrite "$accounts"

as_of=$(python -c 'import sys, yaml; w = yaml.safe_load(open(sys.argv[1])); print(w.get("as_of") or w["end"])' "$world/world.yaml")
airflow variables set tidu_business_date "$as_of"
airflow dags reserialize
for department in market_supervision tax hr finance industry statistics; do
    airflow dags trigger "ingest_$department" --conf "{\"as_of\": \"$as_of\"}"
done
