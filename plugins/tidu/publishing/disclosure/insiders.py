"""What the only contributor of a hidden cell learns of another's: four hidden cells in a rectangle hang together.

Who knows one of them knows all four, though nobody outside can bound any. Looked for is what an insider knows exactly,
which is linear algebra: what can still move once all that is open, and his own cells, stand still.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import vstack

from tidu.publishing.disclosure.problem import Bools, Floats, Problem

FIXED, STIFF = 1e-7, 1e-4
"""What moves by less, where everything else may move by about 1, does not; what is noticed by less is not noticed."""


@dataclass(frozen=True)
class Insider:
    """One enterprise alone in hidden cells, and the cells of other single enterprises it can work out."""

    own: NDArray[np.intp]
    learned: NDArray[np.intp]


def insiders(problem: Problem, is_open: Bools) -> list[Insider]:
    """Return who alone in a hidden cell learns the amount of another who is alone in one; empty: nobody does.

    `is_open`: the cells with a value in the release. What an insider would learn if the release showed nothing but what
    it cannot hide is not counted.
    """
    seen = is_open | problem.known
    single = np.flatnonzero(problem.tells & ~seen & (problem.column("contributors") == 1))
    members = problem.frame["members"].to_list()
    who = np.array([members[n][0] if members[n] else 0 for n in single], dtype=np.int64)
    single, who = single[who != 0], who[who != 0]
    if len(np.unique(who)) < 2:
        return []
    moves = _moves(problem, seen, single)
    told = {enterprise: _fixed(moves, who == enterprise) & (who != enterprise) for enterprise in np.unique(who)}
    if not any(cells.any() for cells in told.values()):
        return []
    moves = _moves(problem, problem.given, single)
    anyway = {enterprise: _fixed(moves, who == enterprise) for enterprise in told}
    return [
        Insider(single[who == enterprise], single[cells & ~anyway[enterprise]])
        for enterprise, cells in told.items()
        if (cells & ~anyway[enterprise]).any()
    ]


def learned(problem: Problem, is_open: Bools) -> NDArray[np.intp]:
    """Return the cells of single enterprises that any other one works out, by number."""
    found = [insider.learned for insider in insiders(problem, is_open)]
    return np.unique(np.concatenate(found)) if found else np.array([], dtype=np.intp)


def _moves(problem: Problem, seen: Bools, cells: NDArray[np.intp]) -> Floats:
    """Return how the cells move in the shifts that nothing seen notices, of each move of a part what is left of it."""
    some = np.flatnonzero(problem.magnitude > 0)
    everything = vstack([problem.made_of[seen], problem.ties], format="csr")
    rows = everything[:, some]
    # a part that is all of something seen stands still; without such parts much of the work is gone
    while len(still := np.unique(rows[np.diff(rows.indptr) == 1].indices)):
        some = np.delete(some, still)
        rows = everything[:, some]
    # whole numbers, so that what is not exactly nothing is far from it
    noticed = np.linalg.svd(rows[np.diff(rows.indptr) > 0].toarray(), full_matrices=False)
    directions = noticed.Vh[noticed.S > STIFF]
    made_of = problem.made_of[cells][:, some].toarray()
    found: Floats = made_of - (made_of @ directions.T) @ directions
    return found


def _fixed(moves: Floats, own: Bools) -> Bools:
    """Return which cells stand still in every shift in which the insider's own do."""
    basis = np.linalg.svd(moves[own], full_matrices=False)
    span = basis.Vh[basis.S > FIXED]
    left = np.linalg.norm(moves - (moves @ span.T) @ span, axis=1)
    return np.asarray(left <= FIXED, dtype=np.bool_)
