"""A linear program whose aim changes and whose conditions stay, solved by HiGHS."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from surveys.errors import HuiyinError

Vector = NDArray[np.float64]
_WARM: Mapping[str, int | str] = {"simplex_strategy": 4, "presolve": "off"}
"""Primal: where only the aim changes, the last point satisfies the conditions still."""
_COLD: Mapping[str, int | str] = {"simplex_strategy": 1, "presolve": "choose"}


class Condition(NamedTuple):
    """low <= the sum of the variables with their factors <= high."""

    places: Sequence[int]
    factors: Sequence[float]
    low: float
    high: float


class LinearProgram:
    """Variables between 0 and an upper bound each, under conditions; HuiyinError if nothing satisfies them."""

    def __init__(self, upper: Sequence[float], conditions: Sequence[Condition]) -> None:
        self.size = len(upper)
        self._solver = highspy.Highs()  # type: ignore[no-untyped-call]
        self._set({"output_flag": False, "threads": 1, "solver": "simplex", **_WARM})
        self._solver.passModel(_model(upper, conditions))
        self._places = np.arange(self.size, dtype=np.int32)

    def greatest(self, weights: Vector) -> Vector:
        """A point where the weighted sum is greatest; the work of the last aim is built upon."""
        self._solver.changeColsCost(self.size, self._places, -weights)
        if not (self._solves() or self._solves_anew()):
            raise HuiyinError(
                "the published tables contradict each other: run '.venv/bin/python -m scripts.recount --period' for "
                "each of their months, and put back what was changed by hand"
            )
        return np.asarray(self._solver.getSolution().col_value, dtype=np.float64)

    def _solves(self) -> bool:
        self._solver.run()
        return bool(self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    def _solves_anew(self) -> bool:
        """Once more from the start by the other method, where rounding led the first one astray."""
        self._solver.clearSolver()
        self._set(_COLD)
        solved = self._solves()
        self._set(_WARM)
        return solved

    def _set(self, options: Mapping[str, bool | int | str]) -> None:
        for option, value in options.items():
            self._solver.setOptionValue(option, value)


def _model(upper: Sequence[float], conditions: Sequence[Condition]) -> highspy.HighsLp:
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(upper), len(conditions)
    model.col_cost_ = np.zeros(len(upper))
    model.col_lower_, model.col_upper_ = np.zeros(len(upper)), np.array(upper, dtype=np.float64)
    model.row_lower_ = np.array([condition.low for condition in conditions], dtype=np.float64)
    model.row_upper_ = np.array([condition.high for condition in conditions], dtype=np.float64)
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.num_col_, matrix.num_row_ = len(upper), len(conditions)
    lengths = [0, *(len(condition.places) for condition in conditions)]
    matrix.start_ = np.cumsum(lengths).astype(np.int32)
    matrix.index_ = np.array([place for one in conditions for place in one.places], dtype=np.int32)
    matrix.value_ = np.array([factor for one in conditions for factor in one.factors], dtype=np.float64)
    return model
