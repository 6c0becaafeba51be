"""One measured figure: the median of several rounds beside the median of what it is compared with."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

RESULTS = Path("build/bench.jsonl")


@dataclass(frozen=True)
class Figure:
    """What was measured; `ratio` is value / baseline, `spread` the range of the rounds' ratios."""

    name: str
    value: float
    unit: str
    baseline: float
    ratio: float
    spread: tuple[float, float]
    rounds: int

    def report(self) -> None:
        """Print the figure as a JSON line and append it to the results."""
        line = json.dumps(asdict(self), ensure_ascii=False)
        print(line, flush=True)
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def in_turn(name: str, unit: str, candidate: Callable[[], float], baseline: Callable[[], float], rounds: int) -> Figure:
    """Measure both in turn, `rounds` times, after one round that only warms up; a single round is no measurement."""
    if rounds > 1:
        candidate(), baseline()
    pairs = [(candidate(), baseline()) for _ in range(rounds)]
    ratios = [ours / theirs for ours, theirs in pairs]
    return Figure(
        name=name,
        value=round(median(ours for ours, _ in pairs), 3),
        unit=unit,
        baseline=round(median(theirs for _, theirs in pairs), 3),
        ratio=round(median(ratios), 3),
        spread=(round(min(ratios), 3), round(max(ratios), 3)),
        rounds=rounds,
    )
