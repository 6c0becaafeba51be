"""The part of a report's page on reply cards: issued, used and void, the response rate, and bounds for the silent."""

from collections.abc import Iterator, Sequence
from html import escape

from scripts.card_counts import CardBatch, together
from scripts.history import History
from scripts.ratings import SurveyMonth
from scripts.report_frame import Frame, plain, web_only
from scripts.report_tables import DASH, head_cell, number_cell, row, table
from surveys.definition import Question
from surveys.indicators import PERCENT_FROM, Rates, half_up, interval, percent, percent_interval, silent_bounds
from surveys.released import ALL

_FIGURES = ("cards_issued", "cards_void", "cards_used", "cards_rate")


class CardParts(Frame):
    """What came of the cards, for each survey that has issued some."""

    history: History | None = None

    def parts(self) -> Iterator[str]:
        """A table by survey, the bounds, then on the web the batches that the month changed."""
        told = [month for month in self.account.months if month.batches]
        if not told:
            return
        words = self.words
        yield f"### {words('cards_head')} {{#cards}}"
        rows = [self._row(month.survey.title[self.language], together(month.batches)) for month in told]
        yield self._table("cards_caption", "cards_survey", rows)
        yield self.joined([words("cards_why"), *(self._since(month) for month in told)])
        for month in told:
            yield from self._bounds(month)
        yield web_only([self._batches(told)])

    def _table(self, caption: str, first: str, rows: Sequence[str]) -> str:
        head = [head_cell(self.words(first)), *(head_cell(self.words(name), number=True) for name in _FIGURES)]
        return table(self.words(caption), head, rows, self.words("swipe"))

    def _row(self, name: str, batch: CardBatch) -> str:
        rate = percent(batch.used, batch.offered) if batch.share is not None else ""
        cells = (f"{batch.issued:,}", f"{batch.void:,}", f"{batch.used:,}", rate or DASH)
        return row(escape(name), map(number_cell, cells))

    def _since(self, month: SurveyMonth) -> str:
        """From which month on open answers are not in the headline; '' where they never were."""
        if month.bases == month.survey.bases:
            return ""
        bases = self.listed(self.words(f"basis_{basis}") for basis in month.bases)
        title = plain(month.survey.title[self.language])
        return self.words("cards_since", survey=title, day=together(month.batches).day, bases=plain(bases))

    def _batches(self, told: Sequence[SurveyMonth]) -> str:
        rows = [
            self._row(self._batch_name(batch), batch)
            for month in told
            for batch in month.batches
            if batch.batch in self.account.changed_batches
        ]
        if not rows:
            return self.words("cards_batches_none")
        return self._table("cards_batches_caption", "cards_batch", rows)

    def _batch_name(self, batch: CardBatch) -> str:
        return self.words("cards_batch_name", batch=batch.batch, day=batch.day, unit=self.unit_name(batch.unit))

    def _bounds(self, month: SurveyMonth) -> Iterator[str]:
        """Between which two shares the truth of all cards lies, from what is published of every month with cards.

        Only where the headline has held cards alone all the time, and all its rows are shown: nothing new is told.
        """
        question = next(month.of_kind("scale"), None)
        if question is None or month.key not in self.account.cards_alone:
            return
        rated, offered = self._rated(month, question), together(month.batches).offered
        if rated is None or not PERCENT_FROM <= rated.n <= offered:
            return
        found = silent_bounds(rated.satisfied_count, rated.n, offered)
        if found:
            low, high = (f"{half_up(bound * 100, 1)}%" for bound in found)
            counts = {"offered": f"{offered:,}", "n": f"{rated.n:,}", "silent": f"{offered - rated.n:,}"}
            said = self.words("cards_bounds", low=low, high=high, **counts, **self.asked(question))
            yield self.joined([said, self._finite(question, rated, offered)])

    def _finite(self, question: Question, rated: Rates, offered: int) -> str:
        """The interval for these cards alone, where at least half of them rated."""
        if rated.n * 2 < offered or (found := interval(rated.satisfied_count, rated.n, offered, rated.n)) is None:
            return ""
        said = {"answered": percent(rated.n, offered), "interval": percent_interval(found, rated.n)}
        return self.words("cards_finite", offered=f"{offered:,}", **said, **self.asked(question))

    def _rated(self, month: SurveyMonth, question: Question) -> Rates | None:
        """The levels of all months since the first batch, None unless every one of them is published."""
        first = together(month.batches).day[:7]
        rows = [month.ratings(question)[0].rates]
        published = self.history.months if self.history else ()
        for period in published:
            if first <= period.name < month.month:
                found = period.headline(month.key, ALL)
                same = period.headlines.get(month.key) == question.code
                rows.append(found.rates if found and same else None)
        if None in rows or len(rows) != _months_between(first, month.month):
            return None
        levels = zip(*(rates.levels for rates in rows if rates), strict=True)
        return Rates(tuple(map(sum, levels)), 0)


def _months_between(first: str, last: str) -> int:
    """How many months there are from the first to the last, both counted."""
    return (int(last[:4]) - int(first[:4])) * 12 + int(last[5:]) - int(first[5:]) + 1
