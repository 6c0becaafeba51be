"""The thin layer over HiGHS: aims that change over conditions that stay."""

import numpy as np
import pytest

from surveys.errors import HuiyinError
from surveys.linear_program import Condition, LinearProgram


def test_one_program_answers_aim_after_aim() -> None:
    """A diet of two foods: the corners of the plane are found from any side."""
    program = LinearProgram([6, 6], [Condition([0, 1], [1, 1], 0, 8), Condition([0, 1], [1, -1], -2, 4)])
    corners = {(1.0, 0.0): 6.0, (0.0, 1.0): 5.0, (1.0, 1.0): 8.0, (-1.0, 0.0): 0.0, (-1.0, 1.0): 2.0}
    for aim, best in corners.items():
        point = program.greatest(np.array(aim))
        assert float(point @ np.array(aim)) == pytest.approx(best)
        assert all(0 <= value <= 6 for value in point)


def test_conditions_that_nothing_satisfies_are_told() -> None:
    program = LinearProgram([3, 3], [Condition([0, 1], [1, 1], 7, 7)])
    with pytest.raises(HuiyinError, match="contradict each other"):
        program.greatest(np.array([1.0, 0.0]))
