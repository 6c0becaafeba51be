"""How the calls of a month about a survey ended: staff read it out, and not everybody answered or wished to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from surveys.indicators import PERCENT_FROM, half_up, share
from surveys.store.calls import CallTotal


@dataclass(frozen=True)
class Calls:
    """The calls of a month, all units together: they are about the work, and nothing in them is a rating."""

    answered: int = 0
    refused: int = 0
    not_reached: int = 0

    @classmethod
    def of(cls, totals: Iterable[CallTotal]) -> "Calls":
        """The calls from their counts by outcome."""
        found = {one.outcome: one.n for one in totals}
        return cls(found.get("answered", 0), found.get("refused", 0), found.get("not-reached", 0))

    @property
    def made(self) -> int:
        """All calls."""
        return self.answered + self.refused + self.not_reached

    @property
    def share(self) -> float | None:
        """Answered out of all, from 30 calls on."""
        return share(self.answered, self.made) if self.made >= PERCENT_FROM else None

    def cells(self) -> Sequence[str]:
        """The figures as a table writes them."""
        rate = "" if self.share is None else str(half_up(self.share, 6))
        return (str(self.answered), str(self.refused), str(self.not_reached), rate)
