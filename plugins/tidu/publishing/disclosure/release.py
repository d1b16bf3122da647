"""Before a release: does what it shows hold against a reader who knows every release so far?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from psycopg import Connection

from tidu.errors import ReleaseBlocked, TiduError
from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.publishing.disclosure.attack import too_close
from tidu.publishing.disclosure.beside import side_by_side
from tidu.publishing.disclosure.control import Decided
from tidu.publishing.disclosure.families import families
from tidu.publishing.disclosure.insiders import learned
from tidu.publishing.disclosure.measure import KEY, measured
from tidu.publishing.disclosure.parameters import parameters
from tidu.publishing.disclosure.past import kept_hidden, known, known_open, marked
from tidu.publishing.disclosure.problem import Bools, Problem, problem
from tidu.publishing.manifest import digest, inputs
from tidu.publishing.registry import indicators

CELLS = """
select indicator_code, period, scope, breakdown, breakdown_value, '370200' as place from publish.city_monthly
where release_id = %(release)s and (cell_status like %(hidden)s) = %(is_hidden)s and indicator_code = any(%(codes)s)
union all
select indicator_code, period, scope, breakdown, breakdown_value, district_code from publish.district_monthly
where release_id = %(release)s and (cell_status like %(hidden)s) = %(is_hidden)s and indicator_code = any(%(codes)s)
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
    the same way stood this before), to work it out as one who is alone in another cell, to read it off ratios and
    years to date, and to subtract earlier releases.
    """
    opened = _opened(connection, release_id)
    subtracted = decided.keep.join(opened, on=KEY, how="semi").rows()[:SHOWN]
    _refuse(release_id, subtracted, "told by the difference to an earlier release")
    given_away = connection.execute(GIVEN_AWAY, {"release": release_id, "codes": protected_codes()}).fetchall()
    _refuse(release_id, given_away, "tell of a hidden month by a ratio or a year to date")
    margin = parameters().margin

    def attacked(asked: Problem) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        is_open = _is_open(asked, opened)
        return too_close(asked, is_open, margin), learned(asked, is_open)

    new = [solved for solved in decided.solved if not solved.is_known]
    for solved, (close, inside) in zip(new, side_by_side(attacked, [s.problem for s in new]), strict=True):
        _refuse(release_id, _named(solved.problem, close)[:SHOWN], "can be worked out too closely")
        _refuse(release_id, _named(solved.problem, inside)[:SHOWN], "another enterprise with a cell of its own learns")


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
    """Attack a release made from the figures at hand, every month of it. Raises TiduError for any other release.

    Tried is what its own rows tell, and what they tell with earlier releases that those did not.
    `with_secondary=False`: as if only cells were hidden that tell too much by themselves, which shows what the attack
    is able to find.
    """
    rules = parameters()
    cells = measured(rules)
    months, secret, recovered = 0, 0, [pl.DataFrame(schema=dict.fromkeys(KEY, pl.String))]
    with connect() as connection:
        _refuse_other_figures(connection, release_id)
        told = known(connection).filter(pl.col("since_release") < release_id)
        cells = marked(cells, kept_hidden(told, cells, rules))
        before = [known_open(connection, period, protected_codes(), release_id) for period in cells["period"].unique()]
        cells = marked(cells, pl.concat(before), "known") if before else cells
        opened = _opened(connection, release_id, "suppressed%" if with_secondary else "suppressed_primary")
        hidden = _found(connection, release_id, "suppressed%", is_hidden=True)
    for rate, amount in rules.rates.items():
        secret_amounts = cells.filter(pl.col("indicator_code") == amount, pl.col("tells") | pl.col("kept")).select(KEY)
        both = pl.concat([secret_amounts, hidden.filter(pl.col("indicator_code") == amount)])
        cells = marked(cells, both.with_columns(indicator_code=pl.lit(rate)), "linked")
    for family in families(rules):
        own = cells.filter(pl.col("indicator_code").is_in(family.codes))
        for _, group in own.group_by("period", maintain_order=True):
            asked = problem(group, frozenset(), family)
            is_open = _is_open(asked, opened)
            close = too_close(asked, is_open, rules.margin)
            if group["known"].any() or group["kept"].any():
                # by itself, too, however much of it earlier releases had told
                alone = problem(group.with_columns(known=pl.lit(False), kept=pl.lit(False)), frozenset(), family)
                close = np.union1d(close, too_close(alone, is_open, rules.margin))
            close = np.union1d(close, learned(asked, is_open))
            months, secret = months + 1, secret + int(asked.secret.sum())
            recovered.append(asked.frame.select(KEY)[close.tolist()])
    return Attack(months, secret, pl.concat(recovered))


def _named(asked: Problem, cells: NDArray[np.intp]) -> list[tuple[Any, ...]]:
    named: list[tuple[Any, ...]] = asked.frame.select(KEY)[cells.tolist()].rows()
    return named


def _refuse_other_figures(connection: Connection[Any], release_id: int) -> None:
    """Raise TiduError when the figures at hand are not those of the release."""
    row = connection.execute(
        "select r.manifest ->> 'inputs_sha256', m.first, m.last from ops.release as r,"
        " (select min(period) as first, max(period) as last from intermediate.int_monitoring__month) as m"
        " where r.release_id = %s",
        [release_id],
    ).fetchone()
    if row is None:
        raise TiduError(f"there is no release {release_id}; see `tidu release list`")
    sha256, first, last = row
    if digest(inputs(connection, first, last)) != sha256:
        raise TiduError(
            f"release {release_id} was made of other deliveries, decisions or rules than the figures at hand, so what"
            " it hides is not known here. Attack the newest release (`tidu release list`), after a run of DAG"
            " publish_monitoring where rules or deliveries are newer; every release was attacked when it was made"
        )


def protected_codes() -> list[str]:
    """Return the codes of the indicators under disclosure control."""
    return [i.code for i in indicators().values() if i.disclosure == "protected"]


def _opened(connection: Connection[Any], release_id: int, hidden: str = "suppressed%") -> pl.DataFrame:
    """Return KEY of the cells of a release that are open, or whose status is not like `hidden`, read from its rows."""
    return _found(connection, release_id, hidden, is_hidden=False).with_columns(is_open=pl.lit(True))


def _found(connection: Connection[Any], release_id: int, hidden: str, *, is_hidden: bool) -> pl.DataFrame:
    asked = {"release": release_id, "codes": protected_codes(), "hidden": hidden, "is_hidden": is_hidden}
    return pl.DataFrame(connection.execute(CELLS, asked).fetchall(), schema=dict.fromkeys(KEY, pl.String), orient="row")


def _is_open(asked: Problem, opened: pl.DataFrame) -> Bools:
    found = asked.frame.join(opened, on=KEY, how="left", maintain_order="left")["is_open"]
    is_open = np.asarray(found.fill_null(False).to_numpy(), dtype=np.bool_)
    # who sees a rate is held to know what it is made of
    return is_open | is_open[asked.twin]


def _refuse(release_id: int, cells: list[tuple[Any, ...]], why: str) -> None:
    if cells:
        named = "; ".join(" ".join(str(part) for part in cell if part) for cell in cells)
        raise ReleaseBlocked(
            f"release {release_id}: figures that {why}: {named}; what to do: docs/runbooks/release-blocked.md"
        )
