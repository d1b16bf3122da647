"""Before a release: does what it shows hold against a reader who knows every release so far?"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from psycopg import Connection

from tidu.errors import ReleaseBlocked
from tidu.publishing.disclosure.attack import too_close
from tidu.publishing.disclosure.control import Decided
from tidu.publishing.disclosure.measure import KEY
from tidu.publishing.disclosure.parameters import parameters
from tidu.publishing.registry import indicators

OPEN = """
select indicator_code, period, scope, breakdown, breakdown_value, '370200' as place from publish.city_monthly
where release_id = %(release)s and cell_status not like 'suppressed%%' and indicator_code = any(%(codes)s)
union all
select indicator_code, period, scope, breakdown, breakdown_value, district_code from publish.district_monthly
where release_id = %(release)s and cell_status not like 'suppressed%%' and indicator_code = any(%(codes)s)
"""
GIVEN_AWAY = """
with cell as (
    select indicator_code, period, scope, breakdown, breakdown_value, '370200' as place, yoy, mom, ytd, cell_status
    from publish.city_monthly where release_id = %(release)s and indicator_code = any(%(codes)s)
    union all
    select indicator_code, period, scope, breakdown, breakdown_value, district_code, yoy, mom, ytd, cell_status
    from publish.district_monthly where release_id = %(release)s and indicator_code = any(%(codes)s)
),
hidden as (
    select *, to_date(period, 'YYYY-MM') as month from cell where cell_status like 'suppressed%%'
)
select c.indicator_code, c.period, c.scope, c.breakdown, c.breakdown_value, c.place
from hidden as h join cell as c using (indicator_code, scope, breakdown, breakdown_value, place)
where (c.mom is not null and c.period = to_char(h.month + interval '1 month', 'YYYY-MM'))
    or (c.yoy is not null and c.period = to_char(h.month + interval '1 year', 'YYYY-MM'))
    or (c.ytd is not null and c.period >= h.period and left(c.period, 4) = left(h.period, 4))
limit 5
"""
SHOWN = 5


def assert_it_holds(connection: Connection[Any], release_id: int, decided: Decided) -> None:
    """Attack a draft as its readers could. Raises ReleaseBlocked naming the first cells that can be worked out.

    Tried: to bound every hidden figure by all that is open (linear programmes; months that an earlier release told in
    the same way stood this before), to read it off ratios and years to date, and to subtract earlier releases.
    """
    codes = [i.code for i in indicators().values() if i.disclosure == "protected"]
    found = connection.execute(OPEN, {"release": release_id, "codes": codes}).fetchall()
    opened = pl.DataFrame(found, schema=dict.fromkeys(KEY, pl.String), orient="row").with_columns(is_open=pl.lit(True))
    subtracted = decided.keep.join(opened, on=KEY, how="semi").rows()[:SHOWN]
    _refuse(release_id, subtracted, "told by the difference to an earlier release")
    given_away = connection.execute(GIVEN_AWAY, {"release": release_id, "codes": codes}).fetchall()
    _refuse(release_id, given_away, "tell of a hidden month by a ratio or a year to date")
    for solved in decided.solved:
        if solved.is_known or not indicators()[solved.indicator_code].additive:
            continue
        frame = solved.problem.frame
        is_open = frame.join(opened, on=KEY, how="left", maintain_order="left")["is_open"].fill_null(False).to_numpy()
        close = too_close(solved.problem, np.asarray(is_open), parameters().margin)
        _refuse(release_id, frame.select(KEY)[close.tolist()].rows()[:SHOWN], "can be worked out too closely")


def _refuse(release_id: int, cells: list[tuple[Any, ...]], why: str) -> None:
    if cells:
        named = "; ".join(" ".join(str(part) for part in cell if part) for cell in cells)
        raise ReleaseBlocked(f"release {release_id}: figures that {why}: {named}")
