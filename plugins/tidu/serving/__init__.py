"""What people and systems open. Today these are Airflow's pages and the Data Docs inside it (see orchestration)."""
