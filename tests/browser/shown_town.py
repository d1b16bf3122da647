"""What the cockpit is looked at with: releases made on the real path, one of them with cells that must not be shown.

1  published, from deliveries: figures of 17 months, some without their deliveries, some in 未分配
2  published, without any figure
3  as 1, but with cells suppressed, and with early signs: the newest that is published
4  as 1, a draft
The seed pool has real candidates, one of them with a name that would like to be markup, and 120 made-up ones.
"""

from __future__ import annotations

import datetime as dt

import psycopg
import pytest

from tests.dbt import monitored_town
from tests.serving import reported_town
from tidu.publishing import approve, publish
from tidu.transform import build

AS_OF = reported_town.AS_OF
SERIES_START = "2025-01-01"
LAST, COMPLETE = "2026-05", "2026-02"
"""The last month, and the last one for which the monthly deliveries came."""
HOSTILE = "<img src=x onerror=\"document.title='owned'\">{{7*7}}</script>有限公司"
HOSTILE_TIER, CROWDED_TIER = "专精特新中小企业", "瞪羚企业"
CROWD = 120
FIRST, EMPTY, NEWEST, DRAFT = 1, 2, 3, 4
TABLES = ("indicator", "city_monthly", "district_monthly", "stock_movement", "plan_target")

SUPPRESS = {
    "district_monthly": (
        ("insured_headcount", COMPLETE, "", "district_code = '370203'", "suppressed_primary"),
        ("insured_headcount", COMPLETE, "", "district_code = '370202'", "suppressed_secondary"),
        ("market_entities", LAST, "industry_section", "breakdown_value = 'C'", "suppressed_secondary"),
    ),
    "city_monthly": (("market_entities", LAST, "industry_section", "breakdown_value = 'C'", "suppressed_primary"),),
}
TARGET = """
update publish.plan_target set period = '2025-12', target = 2000, actual = %(actual)s, progress = %(actual)s / 2000.0,
    pace_needed = null, status = 'missed', reason = null
where release_id = %(release)s and target_code = 'innovative_2025'
"""
SIGNS = """
insert into publish.early_sign (release_id, district_code, indicator_code, period, kind, score, note_zh, note_en) values
    (3, '370203', 'market_entities', '2026-05', 'level_shift', -4, '本月较趋势明显回落', 'Well below its trend'),
    (3, '370211', 'market_entities', '2026-05', 'outlier', 5, '连续三月上升', 'Third month of growth');
"""
CROWD_ENTERPRISES = """
insert into mart.enterprise (enterprise_id, name, former_names, is_private, status, district_code, is_branch,
    sources, industry_section, size_class)
select 'Ecrowd' || lpad(n::text, 4, '0'), '青岛第' || n || '瞪羚有限公司', '{}', true, '存续', '370211', false,
    '{}', 'C', '小型'
from generate_series(1, %(crowd)s) as n
"""
CROWD_POOL = """
insert into mart.tier_pool (tier, enterprise_id, readiness, district_code, gap_count, score, reasons, since)
select %(tier)s, 'Ecrowd' || lpad(n::text, 4, '0'), case when n %% 3 = 0 then 'ready' else 'near' end, '370211', n / 40,
    null, '{}', %(as_of)s
from generate_series(1, %(crowd)s) as n
"""


def build_shown_town(dsn: str) -> None:
    """Deliver, build, assess and publish; then make the other releases from the first."""
    for deliver in ("market_supervision", "tax", "hr", "finance", "bureau", "statistics"):
        getattr(monitored_town, deliver)(dsn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(reported_town.NAMES, reported_town.UNSAID, HOSTILE)
        reported_town.build_town(dsn)
    build("monitor", "town", {"as_of": AS_OF, "series_start": SERIES_START})
    assert publish(dt.date.fromisoformat(AS_OF), "town", "李四") == FIRST
    with psycopg.connect(dsn) as connection:
        _copy(connection, EMPTY, ())
    approve(EMPTY, "王五", "合计数已核对")
    with psycopg.connect(dsn) as connection:
        _copy(connection, NEWEST, TABLES)
        _suppress(connection)
        connection.execute(SIGNS)
        assert connection.execute(TARGET.encode(), {"release": NEWEST, "actual": 1500}).rowcount == 1
        told = {"crowd": CROWD, "tier": CROWDED_TIER, "as_of": AS_OF}
        for statement in (CROWD_ENTERPRISES, CROWD_POOL):
            assert connection.execute(statement.encode(), told).rowcount == CROWD
    approve(NEWEST, "王五", "合计数已核对")
    with psycopg.connect(dsn) as connection:
        _copy(connection, DRAFT, TABLES)
        assert connection.execute(TARGET.encode(), {"release": DRAFT, "actual": 9999}).rowcount == 1


def _copy(connection: psycopg.Connection, number: int, tables: tuple[str, ...]) -> None:
    made = connection.execute(
        "insert into ops.release (period, as_of, state, manifest_sha256, manifest)"
        " select period, as_of, 'draft', md5(%s::text), manifest from ops.release where release_id = 1"
        " returning release_id",
        [number],
    ).fetchone()
    assert made == (number,)
    for table in tables:
        (columns,) = connection.execute(
            "select string_agg(column_name, ', ' order by ordinal_position) from information_schema.columns"
            " where table_schema = 'publish' and table_name = %s and column_name <> 'release_id'",
            [table],
        ).fetchone() or ("",)
        copy = f"insert into publish.{table} (release_id, {columns}) select %s, {columns} from publish.{table}"
        connection.execute(f"{copy} where release_id = 1".encode(), [number])


def _suppress(connection: psycopg.Connection) -> None:
    for table, cells in SUPPRESS.items():
        for indicator, period, breakdown, which, status in cells:
            done = connection.execute(
                f"update publish.{table} set value = null, yoy = null, mom = null, ytd = null, cell_status = %s"
                " where release_id = %s and indicator_code = %s and period = %s and breakdown = %s"
                f" and {which}".encode(),
                [status, NEWEST, indicator, period, breakdown],
            )
            assert done.rowcount > 0, (table, indicator)
