#!/bin/sh
# Runs once, when the data volume is empty: a role and a database each for the warehouse, Airflow and the tax simulator.
# The passwords reach psql through its environment, not its arguments.
set -eu

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv warehouse_password WAREHOUSE_PASSWORD
\getenv airflow_password AIRFLOW_DB_PASSWORD
\getenv tax_front_password TAX_FRONT_PASSWORD
create role tidu login createrole password :'warehouse_password';
create role airflow login password :'airflow_password';
create role tax_front login createrole password :'tax_front_password';
create database tidu owner tidu;
create database airflow owner airflow;
create database tax_front owner tax_front;
SQL
