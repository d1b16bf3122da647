"""What people and systems open: reports on paper, and the cockpit, which Airflow mounts (see orchestration)."""
