"""Linear programmes, solved by HiGHS."""

from __future__ import annotations

from collections.abc import Iterator

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tidu.errors import TiduError

Floats = NDArray[np.float64]


REACH = 10_000.0
"""How many times what it needs a target may move anything: enough for many at once, little enough to be exact."""


def by_size(targets: NDArray[np.intp], need: Floats) -> Iterator[NDArray[np.intp]]:
    """Split targets into groups whose needs lie within a factor of ten.

    Of a city's billions the last digit of a double is more than what a small cell needs; so a programme looks only at
    targets of about one size, and at moves that are not much larger.
    """
    decades = np.floor(np.log10(need[targets]))
    for decade in np.unique(decades):
        yield targets[decades == decade]


class Programme:
    """Minimise cost x subject to lower <= rows x <= upper and bounds of x; the cost may be changed and solved again."""

    def __init__(self, rows: csr_array, row_bounds: tuple[Floats, Floats], bounds: tuple[Floats, Floats]) -> None:
        """Hand the programme over; costs are 0."""
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = rows.shape
        lp.col_cost_ = np.zeros(rows.shape[1])
        lp.col_lower_, lp.col_upper_ = bounds
        lp.row_lower_, lp.row_upper_ = row_bounds
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = rows.indptr.astype(np.int32)
        lp.a_matrix_.index_ = rows.indices.astype(np.int32)
        lp.a_matrix_.value_ = rows.data.astype(np.float64)
        self._solver = highspy.Highs()
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)
        self._solver.setOptionValue("primal_feasibility_tolerance", 1e-9)
        self._solver.passModel(lp)
        self._columns = np.arange(rows.shape[1], dtype=np.int32)

    def minimise(self, cost: Floats) -> Floats:
        """Return the x of the least cost. Raises TiduError when there is none: the zero vector always is one here."""
        self._solver.changeColsCost(len(self._columns), self._columns, cost)
        self._solver.run()
        status = self._solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise TiduError(
                f"disclosure control: a linear programme ended as {status}; what to do:"
                " docs/runbooks/release-blocked.md"
            )
        return np.asarray(self._solver.getSolution().col_value)
