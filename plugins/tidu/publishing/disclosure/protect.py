"""Which cells are hidden besides those that tell too much: as few and as small as will keep everybody uncertain.

Conditions for every secret cell:

- Nobody inside learns it: whatever sum of hidden cells the open ones give away must itself not tell too much, or one
  of two contributors would subtract his own (`_cover_sums`).
- Nobody who is alone in another hidden cell, and so knows it, works it out exactly (insiders.py).
- Nobody outside bounds it: there must be a way to shift amounts between parts, up and down, that no open cell
  notices and that moves it by its margin. Such a shift is looked for by linear programmes whose cost is what has
  to be hidden for it (Kelly, Golden and Assad 1992); a shift proves the bounds wide, whatever a reader does.
"""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import block_array, diags_array, eye_array

from tidu.errors import TiduError
from tidu.publishing.disclosure.attack import TOLERANCE, room, told_anyway
from tidu.publishing.disclosure.insiders import insiders
from tidu.publishing.disclosure.linear import REACH, Programme, by_size
from tidu.publishing.disclosure.parameters import Parameters
from tidu.publishing.disclosure.problem import CITY, UNIT, Bools, Floats, Problem

REWARD = 1e5
"""What it is worth to move a cell, beside what it costs to hide others."""
PASSES, SPARSE = 3, 0.02
ROUNDS = 5
"""How often what is hidden for insiders is looked at again; what is left then blocks the release."""
MORE, UNNOTICED = 1.05, 1e-4
"""Cells are moved by a little more than they need, for what of a shift goes unnoticed because it is tiny."""
CITY_OF_ALL, CITY_TOTAL, CITY_PART, DISTRICT_TOTAL, SCOPE_TOTAL = 500.0, 50.0, 10.0, 20.0, 5.0


def protect(problem: Problem, parameters: Parameters) -> Bools:
    """Return which released cells are hidden: the secret ones and those that these need.

    The city's total of all is left open, because such totals are known from elsewhere, unless it is secret itself or
    next to nothing in the city is besides a secret cell.
    """
    hidden = np.zeros(len(problem.released), dtype=np.bool_)
    _hide(problem, hidden, np.flatnonzero(problem.released & problem.secret))
    _cover_sums(problem, parameters, hidden)
    wanted = np.flatnonzero(problem.secret & ~problem.given)
    nothing = problem.column("magnitude") == 0
    doubtful = wanted if problem.given.any() else wanted[nothing[wanted]]
    wanted = np.setdiff1d(wanted, told_anyway(problem, doubtful, parameters.margin))
    for targets in (wanted[~nothing[wanted]], wanted[nothing[wanted]]):
        if len(targets):
            stuck = _shift(problem, parameters, hidden, targets)
            if len(stuck):
                _give_up(problem, hidden, stuck)
            _cover_sums(problem, parameters, hidden)
    _keep_from_insiders(problem, parameters, hidden)
    return hidden


def _keep_from_insiders(problem: Problem, parameters: Parameters, hidden: Bools) -> None:
    """Hide what it takes to move a cell of one enterprise while that of another, who knows his own, stands still."""
    for _ in range(ROUNDS):
        found = insiders(problem, problem.released & ~hidden)
        if not found:
            return
        for insider in found:
            known = problem.known
            known[insider.own] = True
            as_he_sees = replace(problem, frame=problem.frame.with_columns(known=pl.Series(known)))
            _shift(as_he_sees, parameters, hidden, insider.learned)
        _cover_sums(problem, parameters, hidden)
    _give_up(problem, hidden, np.concatenate([insider.learned for insider in found]))


def _give_up(problem: Problem, hidden: Bools, stuck: NDArray[np.intp]) -> None:
    """Hide all that can be for cells that no single shift moves up and, taken back, down; two may, then.

    Raises TiduError where nothing stands in the way that is known from earlier releases.
    """
    if not problem.given.any():
        raise TiduError(
            f"disclosure control: no shift moves the cell {problem.frame.row(int(stuck[0]))[:6]}; what to do:"
            " docs/runbooks/release-blocked.md"
        )
    _hide(problem, hidden, np.flatnonzero(problem.released & ~problem.given))


def _hide(problem: Problem, hidden: Bools, cells: NDArray[np.intp]) -> None:
    hidden[cells] = True
    hidden[problem.twin[cells]] = True


def _cover_sums(problem: Problem, parameters: Parameters, hidden: Bools) -> None:
    """Hide more cells of a line until what is hidden of it does not tell too much as a whole."""
    sizes = {name: problem.column(name) for name in ("contributors", "magnitude", "first", "second")}
    known = problem.given
    seen, changed = known | (problem.released & ~hidden), True
    while changed:
        changed = False
        for line in problem.lines:
            while seen[line.total]:
                unseen = line.cells[~seen[line.cells]]
                if not len(unseen) or not _tells(sizes, unseen, parameters):
                    break
                may = line.cells[seen[line.cells] & ~known[line.cells]]
                if not len(may) and known[line.total]:
                    break
                # where every cell that could join is known, the total goes
                joined = [_tells(sizes, np.append(unseen, c), parameters) for c in may]
                rank = np.lexsort((sizes["magnitude"][may], np.array(joined)))
                _hide(problem, hidden, may[rank[:1]] if len(may) else np.array([line.total]))
                seen, changed = known | (problem.released & ~hidden), True


def _tells(sizes: dict[str, Floats], cells: NDArray[np.intp], parameters: Parameters) -> bool:
    """Whether the cells as a whole tell too much. Contributors of one line are different in each of its cells."""
    contributors, magnitude = sizes["contributors"][cells].sum(), sizes["magnitude"][cells].sum()
    largest = np.sort(np.concatenate([sizes["first"][cells], sizes["second"][cells]]))[::-1]
    first, second = largest[0], largest[1]
    return bool(
        contributors < parameters.fewest_contributors
        or first > parameters.largest_share * magnitude
        or first + second > parameters.two_largest_share * magnitude
        or magnitude - first - second < parameters.margin * first
    )


def _shift(problem: Problem, parameters: Parameters, hidden: Bools, wanted: NDArray[np.intp]) -> NDArray[np.intp]:
    """Hide what it takes to move every wanted cell by its margin: many at once, then one by one what is in the way.

    Return the cells that nothing moves.
    """
    unmoved: list[int] = []
    need = room(problem, parameters.margin) * MORE
    random = np.random.default_rng(zlib.crc32("|".join(problem.frame.row(0)[:2]).encode()))
    for group in by_size(wanted, need):
        left, stuck = group, False
        while len(left):
            chosen = left[:1] if stuck else left
            moved = np.abs(_move(problem, hidden, chosen, need, random, spare_the_city=not stuck))
            still = left[moved[left] < need[left] * (1 - TOLERANCE)]
            if stuck and len(still) == len(left):
                unmoved, left, stuck = [*unmoved, int(chosen[0])], left[1:], False
                continue
            stuck, left = len(still) == len(left), still
    return np.array(unmoved, dtype=np.intp)


def _move(
    problem: Problem,
    hidden: Bools,
    chosen: NDArray[np.intp],
    need: Floats,
    random: np.random.Generator,
    *,
    spare_the_city: bool,
) -> Floats:
    """Move as many of the chosen cells as one shift can, hide what it takes, and return how far each cell moved.

    `spare_the_city`: the city's total of all stays open whatever it takes.
    The shift taken back must be possible too, so no part moves by more than it holds; not where the chosen cells hold
    nothing but zeros, which can only grow. What is known from earlier releases does not move. Unknowns: the parts'
    moves, how far each open cell is moved up and down (its cost), and the share of its need that each chosen cell is
    moved by.
    """
    reach = REACH / 10 * float(need[chosen].max())
    open_cells = np.flatnonzero(problem.given | (problem.released & ~hidden))
    size = np.minimum(problem.magnitude, reach)
    downward = np.ones(len(size))
    from_nothing = bool(problem.column("magnitude")[chosen[0]] == 0)
    if from_nothing:
        downward[size == 0] = 0.0
        size[size == 0] = min(UNIT, reach)
    worth = np.minimum(problem.weight[open_cells], reach)
    parts = diags_array(size)
    noticed = diags_array(1 / worth) @ problem.made_of[open_cells] @ parts
    tied = problem.ties @ parts / size.max()
    signs = np.ones(len(chosen)) if from_nothing else random.choice([-1.0, 1.0], len(chosen))
    pushed = diags_array(signs / need[chosen]) @ problem.made_of[chosen] @ parts
    opens, targets = len(open_cells), len(chosen)
    rows = block_array(
        [
            [noticed, -eye_array(opens), eye_array(opens), None],
            [tied, None, None, None],
            [pushed, None, None, -eye_array(targets)],
        ],
        format="csr",
    )
    lower, upper = np.zeros(rows.shape[0]), np.zeros(rows.shape[0])
    upper[-targets:] = np.inf
    cost, moves = _weights(problem)[open_cells], np.ones(len(size))
    spared = ((cost == CITY_OF_ALL) & spare_the_city) | problem.given[open_cells]
    may = np.where(spared, 0.0, np.inf)
    bounds = (
        np.concatenate([-downward, np.zeros(2 * opens + targets)]),
        np.concatenate([moves, may, may, np.ones(targets)]),
    )
    programme = Programme(rows, (lower, upper), bounds)
    spent = np.ones(opens)
    for _ in range(PASSES):
        # a cell is hidden or not, however far it is moved: what is hardly moved is made dear, so that few are
        price = cost / (spent + SPARSE)
        found = programme.minimise(np.concatenate([0 * moves, price, price, np.full(targets, -REWARD)]))
        shift, up, down = np.split(found[: len(moves) + 2 * opens], [len(moves), len(moves) + opens])
        spent = up + down
    noticed_at = (spent * worth > UNNOTICED * need[chosen].min()) & ~problem.given[open_cells]
    _hide(problem, hidden, open_cells[noticed_at])
    return np.asarray(problem.made_of @ (shift * size))


def _weights(problem: Problem) -> Floats:
    """What it costs to hide a cell."""
    frame = problem.frame
    city = (frame["place"] == CITY).to_numpy()
    total = (frame["breakdown"] == "").to_numpy()
    everything = (frame["scope"] == "all").to_numpy()
    weight = np.where(city, CITY_PART, 1.0)
    weight = np.where(total & everything, DISTRICT_TOTAL, np.where(total, SCOPE_TOTAL, weight))
    weight = np.where(city & total, CITY_TOTAL, weight)
    return np.where(city & total & everything, CITY_OF_ALL, weight)
