"""What came of a survey's reply cards by the end of a month, and whether its headline holds cards alone."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from surveys.indicators import PERCENT_FROM, half_up, share
from surveys.released import ALL
from surveys.store.cards import CardCount


@dataclass(frozen=True)
class CardBatch:
    """One batch as it stood at the end of a month; `batch` and `unit` are `all` for all of a survey together."""

    batch: str
    unit: str
    day: str
    issued: int
    used: int
    void: int

    @property
    def offered(self) -> int:
        """The cards that could answer: all but those made void."""
        return self.issued - self.void

    @property
    def share(self) -> float | None:
        """The response rate, from 30 cards on."""
        return share(self.used, self.offered) if self.offered >= PERCENT_FROM else None

    def cells(self) -> Sequence[str]:
        """Unit, batch, day and figures as a table writes them."""
        rate = "" if self.share is None else str(half_up(self.share, 6))
        return (self.unit, self.batch, self.day, str(self.issued), str(self.used), str(self.void), rate)


def batches_of(counts: Iterable[CardCount]) -> tuple[CardBatch, ...]:
    """The batches in the order of their numbers."""
    found: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for count in counts:
        found[count.batch, count.unit, count.day][count.figure] = count.n
    return tuple(
        CardBatch(*key, *(figures.get(name, 0) for name in ("issued", "used", "void")))
        for key, figures in sorted(found.items())
    )


def together(batches: Sequence[CardBatch]) -> CardBatch:
    """All batches of a survey in one, dated by the first."""
    first = min(batch.day for batch in batches)
    sums = (sum(getattr(batch, name) for batch in batches) for name in ("issued", "used", "void"))
    return CardBatch(ALL, ALL, first, *sums)
