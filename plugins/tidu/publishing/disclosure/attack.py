"""What a reader can work out of a release: how closely the sums of what is open bound what is hidden.

The attacker knows every open cell, that money, heads and loans are not negative (unless a part really holds negative
contributions), and which parts have no contributor at all, and combines all of it. It knows nothing of how cells were
chosen to be hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import vstack

from tidu.publishing.disclosure.linear import REACH, Programme, by_size
from tidu.publishing.disclosure.problem import Bools, Floats, Problem

SWEEPS = 6
"""Programmes that push many cells at once, before those that are still bounded closely are pushed one by one."""
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Bounds:
    """How far below and above the true value of each target a reader has to search."""

    targets: NDArray[np.intp]
    """Numbers of the cells."""
    below: Floats
    above: Floats


def room(problem: Problem, margin: float) -> Floats:
    """Return how far below and above its value each cell must stay uncertain: a share of what is in it.

    Nothing but zeros can only be more than it is.
    """
    return margin * problem.weight


def bounds(problem: Problem, is_open: Bools, targets: NDArray[np.intp], margin: float) -> Bounds:
    """Return how closely the targets can be bounded; pushing a cell ends when it is uncertain enough."""
    below, above = np.zeros(len(problem.released)), np.zeros(len(problem.released))
    need = room(problem, margin)
    for group in by_size(targets, need):
        below[group], above[group] = _pushed(problem, is_open, group, need[group], _wanted(problem, group, margin))
    return Bounds(targets, below[targets], above[targets])


def _wanted(problem: Problem, targets: NDArray[np.intp], margin: float) -> tuple[Floats, Floats]:
    """Return how far below and above each target a reader has to be kept from."""
    above = room(problem, margin)[targets] * (1 - TOLERANCE)
    return np.where(problem.column("magnitude")[targets] == 0, 0.0, above), above


def _pushed(
    problem: Problem, is_open: Bools, targets: NDArray[np.intp], need: Floats, wanted: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Return how far down and up each target of about one size can be pushed."""
    reach = REACH * float(need.max())
    parts = np.minimum(problem.magnitude, reach)
    rows = vstack([problem.made_of[is_open], problem.ties], format="csr")
    zeros = np.zeros(rows.shape[0])
    # unknowns in units of the reach; a part may grow by as much, and shrink to nothing
    programme = Programme(rows, (zeros, zeros), (-parts / reach, np.ones(len(parts))))
    least, most = wanted
    below, above = np.zeros(len(targets)), np.zeros(len(targets))
    made_of = problem.made_of[targets]

    def push(direction: Floats) -> None:
        moved = made_of @ programme.minimise(-(made_of.T @ (direction / need)) * reach) * reach
        np.maximum(above, moved, out=above)
        np.maximum(below, -moved, out=below)

    random = np.random.default_rng(len(targets))
    for _ in range(SWEEPS):
        close = (below < least) | (above < most)
        if not close.any():
            break
        signs = np.where(above < most, 1.0, -1.0) * np.where(random.random(len(targets)) < 0.8, 1.0, -1.0)
        push(np.where(close, signs * random.uniform(0.5, 1.5, len(targets)), 0.0))
    for sign, reached, enough in ((1.0, above, most), (-1.0, below, least)):
        for n in np.flatnonzero(reached < enough):
            if reached[n] < enough[n]:
                push(np.where(np.arange(len(targets)) == n, sign, 0.0))
    return below, above


def too_close(problem: Problem, is_open: Bools, margin: float) -> NDArray[np.intp]:
    """Return the secret cells that a reader can work out within the margin; empty: the release holds.

    `is_open`: the cells with a value in the release. Looked at is every secret cell, released or not: what is left of
    all without a scope, too. A reader has kept earlier releases, and knows from them what has not changed since; cells
    that those tell by themselves are not this release's doing.
    """
    opened = np.flatnonzero(problem.secret & is_open & ~problem.known)
    seen = is_open | problem.known
    close = _close(problem, seen, np.flatnonzero(problem.secret & ~seen), margin)
    return np.union1d(opened, np.setdiff1d(close, told_anyway(problem, close, margin)))


def told_anyway(problem: Problem, targets: NDArray[np.intp], margin: float) -> NDArray[np.intp]:
    """Return the targets that a reader could work out even if the release showed nothing but what it cannot hide."""
    return _close(problem, problem.given, targets, margin)


def _close(problem: Problem, seen: Bools, targets: NDArray[np.intp], margin: float) -> NDArray[np.intp]:
    if not len(targets):
        return targets
    found = bounds(problem, seen, targets, margin)
    below, above = _wanted(problem, targets, margin)
    return targets[(found.below < below) | (found.above < above)]
