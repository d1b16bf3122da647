"""What earlier releases told: cells that must stay hidden, and revisions that would tell of one contributor.

Whoever keeps two releases can subtract one from the other. A cell that was hidden once is therefore hidden in every
later release, and a small cell whose value changed is hidden where the change itself tells too much. What stood open
in an earlier release and is the same now is no secret any more: hiding it helps nobody.
"""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl
from psycopg import Connection

from tidu.publishing.disclosure.measure import KEY, tells
from tidu.publishing.disclosure.parameters import Parameters

KNOWN = """
select c.indicator_code, c.period, c.scope, c.breakdown, c.breakdown_value, c.place, c.status, c.since_release,
    c.members, c.amounts
from ops.disclosure_cell as c join ops.release as r on r.release_id = c.since_release
where r.approved_at is not null
"""
OPEN = """
with cell as (
    select indicator_code, period, scope, breakdown, breakdown_value, '370200' as place, value, release_id
    from publish.city_monthly
    where period = %(period)s and indicator_code = any(%(codes)s) and cell_status not like 'suppressed%%'
    union all
    select indicator_code, period, scope, breakdown, breakdown_value, district_code, value, release_id
    from publish.district_monthly
    where period = %(period)s and indicator_code = any(%(codes)s) and cell_status not like 'suppressed%%'
),
told as (
    select distinct on (indicator_code, scope, breakdown, breakdown_value, place) cell.*
    from cell join ops.release as r using (release_id)
    where r.approved_at is not null and cell.value is not null and r.release_id < coalesce(%(before)s, r.release_id + 1)
    order by indicator_code, scope, breakdown, breakdown_value, place, release_id desc
),
now as (
    select indicator_code, scope, breakdown, breakdown_value, '370200' as place, value
    from intermediate.int_monitoring__city_month where period = %(period)s
    union all
    select indicator_code, scope, breakdown, breakdown_value, district_code, value
    from intermediate.int_monitoring__district_month where period = %(period)s
)
select told.indicator_code, told.period, scope, breakdown, breakdown_value, place
from told join now using (indicator_code, scope, breakdown, breakdown_value, place)
where told.value = now.value
"""
CHANGES = """
with pair as (
    -- a cell that was open then, then or now with no more than the crowd, with both lists of contributors
    select told.* exclude (status), measured.members as members_now, measured.amounts as amounts_now
    from told join measured using (indicator_code, period, scope, breakdown, breakdown_value, place)
    where told.status = 'published' and least(len(told.members), len(measured.members)) <= $crowd
        and told.members is not null and measured.members is not null
),
contribution as (
    select * exclude (members, amounts, members_now, amounts_now),
        unnest(members) as contributor, -unnest(amounts) as amount from pair
    union all
    select * exclude (members, amounts, members_now, amounts_now),
        unnest(members_now) as contributor, unnest(amounts_now) as amount from pair
),
changed as (
    select * exclude (amount), sum(amount) as amount from contribution group by all having sum(amount) <> 0
)
select * exclude (contributor, amount), count(*)::integer as contributors, sum(abs(amount)) as magnitude,
    max(abs(amount)) as first, coalesce(max(abs(amount), 2)[2], 0) as second
from changed group by all
"""
SCHEMA: dict[str, Any] = {
    **dict.fromkeys(KEY, pl.String),
    "status": pl.String,
    "since_release": pl.Int64,
    "members": pl.List(pl.Int64),
    "amounts": pl.List(pl.Float64),
}


def known(connection: Connection[Any]) -> pl.DataFrame:
    """Return every state of a hidden or small cell that any approved release told, withdrawn ones included."""
    rows = connection.execute(KNOWN).fetchall()
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def known_open(connection: Connection[Any], period: str, codes: list[str], before: int | None = None) -> pl.DataFrame:
    """Return KEY of the cells of a month whose newest value ever released open is what the figures at hand say.

    `before`: only releases with a smaller number count. Withdrawn ones count: people have read them.
    """
    rows = connection.execute(OPEN, {"period": period, "codes": codes, "before": before}).fetchall()
    return pl.DataFrame(rows, schema=dict.fromkeys(KEY, pl.String), orient="row")


def latest(told: pl.DataFrame) -> pl.DataFrame:
    """Return the newest state of each cell."""
    return told.sort("since_release").group_by(KEY, maintain_order=True).last()


def kept_hidden(told: pl.DataFrame, measured: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """Return KEY of the cells to hide for what was told before."""
    hidden = told.filter(pl.col("status") != "published").select(KEY)
    with duckdb.connect() as engine:
        engine.register("told", told)
        engine.register("measured", measured.select(*KEY, "members", "amounts"))
        changes = pl.DataFrame(engine.sql(CHANGES, params={"crowd": parameters.crowd}).to_arrow_table())
    return pl.concat([hidden, changes.filter(tells(parameters)).select(KEY)]).unique()


def marked(measured: pl.DataFrame, keep: pl.DataFrame, flag: str = "kept") -> pl.DataFrame:
    """Return the measured cells with a flag true for those of `keep`, in the same order."""
    flags = keep.select(KEY).unique().with_columns(pl.lit(True).alias(flag))
    joined = measured.drop(flag).join(flags, on=KEY, how="left", maintain_order="left")
    return joined.with_columns(pl.col(flag).fill_null(False))
