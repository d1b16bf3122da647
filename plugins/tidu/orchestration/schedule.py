"""How often a department is asked for deliveries, decided by the cadence of its contracts.

Deliveries do not come on the dot, so a department is asked more often than it delivers: every day for daily data and
for data without a fixed rhythm, every Monday for weekly, monthly and yearly data (which may be 10 days late and more).
The fastest dataset decides for its department. Times are Asia/Shanghai, spread over an hour so that the departments
do not start at once. No DAG has a start date and none runs immediately: starting Airflow starts nothing.
"""

from __future__ import annotations

import datetime as dt

from airflow.sdk import CronTriggerTimetable

from tidu.contracts import departments
from tidu.settings import settings

ZONE = "Asia/Shanghai"
NOTHING_PAST = dt.timedelta(0)
"""How late a new DAG may still run: not at all. Airflow takes False for a tenth of the time between two runs."""
UPKEEP_HOURS = 3
"""The upkeep comes so much later, when the builds are through."""
EVERY_DAY, EVERY_MONDAY = "*", "1"
ASKED_ON = {
    "daily": EVERY_DAY,
    "irregular": EVERY_DAY,
    "weekly": EVERY_MONDAY,
    "monthly": EVERY_MONDAY,
    "yearly": EVERY_MONDAY,
}


def cron(department: str) -> str:
    """Return the cron line of a department, minutes spread by its place in the list."""
    days = {ASKED_ON[contract.cadence] for contract in departments()[department]}
    minute = sorted(departments()).index(department) * 10
    return f"{minute} {settings().ask_hour} * * {EVERY_DAY if EVERY_DAY in days else EVERY_MONDAY}"


def after_the_builds() -> CronTriggerTimetable:
    """Return the timetable of the daily upkeep: when the departments were asked and the master has been built."""
    return CronTriggerTimetable(
        f"0 {(settings().ask_hour + UPKEEP_HOURS) % 24} * * *", timezone=ZONE, run_immediately=NOTHING_PAST
    )


def timetable(department: str) -> CronTriggerTimetable:
    """Return the timetable of a department's ingest DAG."""
    return CronTriggerTimetable(cron(department), timezone=ZONE, run_immediately=NOTHING_PAST)
