"""What readers said of the pages: whether a page was helpful, counted by page and month and by nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass

from surveys.indicators import wilson
from surveys.store import Connection, answers


@dataclass(frozen=True)
class PageVotes:
    """The votes on one page since some month."""

    page: str
    yes: int
    no: int

    @property
    def total(self) -> int:
        """All votes on the page."""
        return self.yes + self.no


def since(connection: Connection, period: str) -> list[PageVotes]:
    """The votes on every page that has any, from the month on; least helpful first."""
    return least_helpful_first(PageVotes(*row) for row in answers.page_votes_since(connection, period))


def least_helpful_first(votes: Iterable[PageVotes]) -> list[PageVotes]:
    """Pages in the order in which an editor should look at them.

    By the upper end of the 95 % Wilson interval of the share of yes, so that three votes of no do not stand before
    three hundred; then by the number of no.
    """
    return sorted(votes, key=lambda one: (_at_best(one), -one.no, one.page))


def _at_best(votes: PageVotes) -> float:
    interval = wilson(votes.yes, votes.total)
    return interval[1] if interval else 1.0
