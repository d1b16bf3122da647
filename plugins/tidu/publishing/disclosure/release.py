"""Before a release: does what it shows hold against a reader who knows every release so far?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from psycopg import Connection

from tidu.errors import ReleaseBlocked
from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.publishing.disclosure.attack import too_close
from tidu.publishing.disclosure.control import Decided
from tidu.publishing.disclosure.measure import KEY, measured
from tidu.publishing.disclosure.parameters import parameters
from tidu.publishing.disclosure.past import kept_hidden, known, marked
from tidu.publishing.disclosure.problem import Bools, Problem, problem
from tidu.publishing.registry import indicators

OPEN = """
select indicator_code, period, scope, breakdown, breakdown_value, '370200' as place from publish.city_monthly
where release_id = %(release)s and cell_status not like %(but)s and indicator_code = any(%(codes)s)
union all
select indicator_code, period, scope, breakdown, breakdown_value, district_code from publish.district_monthly
where release_id = %(release)s and cell_status not like %(but)s and indicator_code = any(%(codes)s)
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
    opened = _opened(connection, release_id)
    subtracted = decided.keep.join(opened, on=KEY, how="semi").rows()[:SHOWN]
    _refuse(release_id, subtracted, "told by the difference to an earlier release")
    given_away = connection.execute(GIVEN_AWAY, {"release": release_id, "codes": protected_codes()}).fetchall()
    _refuse(release_id, given_away, "tell of a hidden month by a ratio or a year to date")
    for solved in decided.solved:
        if solved.is_known or not indicators()[solved.indicator_code].additive:
            continue
        close = too_close(solved.problem, _is_open(solved.problem, opened), parameters().margin)
        cells = solved.problem.frame.select(KEY)[close.tolist()].rows()[:SHOWN]
        _refuse(release_id, cells, "can be worked out too closely")


@dataclass(frozen=True)
class Attack:
    """What an attack on all months of a release found."""

    months: int
    """Indicators times months attacked."""
    secret: int
    """Cells that nobody may work out, with those that follow from released ones."""
    recovered: pl.DataFrame
    """KEY of the secret cells that can be worked out within the margin."""


@acting_as(Role.PUBLISH)
def attack(release_id: int, *, with_secondary: bool = True) -> Attack:
    """Attack a release made from the figures at hand, every month of it.

    `with_secondary=False`: as if only cells were hidden that tell too much by themselves, which shows what the attack
    is able to find.
    """
    rules = parameters()
    cells = measured(rules)
    with connect() as connection:
        told = known(connection).filter(pl.col("since_release") < release_id)
        cells = marked(cells, kept_hidden(told, cells, rules))
        opened = _opened(connection, release_id, but="suppressed%" if with_secondary else "suppressed_primary")
    months, secret, recovered = 0, 0, [pl.DataFrame(schema=dict.fromkeys(KEY, pl.String))]
    for (code, _), group in cells.group_by("indicator_code", "period", maintain_order=True):
        if indicators()[str(code)].additive:
            asked = problem(group, frozenset())
            close = too_close(asked, _is_open(asked, opened), rules.margin)
            months, secret = months + 1, secret + int(asked.secret.sum())
            recovered.append(asked.frame.select(KEY)[close.tolist()])
    return Attack(months, secret, pl.concat(recovered))


def protected_codes() -> list[str]:
    """Return the codes of the indicators under disclosure control."""
    return [i.code for i in indicators().values() if i.disclosure == "protected"]


def _opened(connection: Connection[Any], release_id: int, but: str = "suppressed%") -> pl.DataFrame:
    """Return KEY of the cells of a release that are open, read from its rows."""
    found = connection.execute(OPEN, {"release": release_id, "codes": protected_codes(), "but": but}).fetchall()
    return pl.DataFrame(found, schema=dict.fromkeys(KEY, pl.String), orient="row").with_columns(is_open=pl.lit(True))


def _is_open(asked: Problem, opened: pl.DataFrame) -> Bools:
    found = asked.frame.join(opened, on=KEY, how="left", maintain_order="left")["is_open"]
    return np.asarray(found.fill_null(False).to_numpy(), dtype=np.bool_)


def _refuse(release_id: int, cells: list[tuple[Any, ...]], why: str) -> None:
    if cells:
        named = "; ".join(" ".join(str(part) for part in cell if part) for cell in cells)
        raise ReleaseBlocked(f"release {release_id}: figures that {why}: {named}")
