"""The page of a quarter or year: the published tables of the sum, in one language."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from scripts.history import History, Key, Options, Period, Rating, months_in
from scripts.history_names import Names, front_matter, page_name, page_of
from scripts.history_tables import HistoryTables, Line
from scripts.report_page import ANSWERS, RATINGS, plain
from surveys.indicators import PERCENT_FROM
from surveys.released import ALL, OTHER


class SumPage:
    """One quarter or year."""

    def __init__(self, names: Names, period: Period) -> None:
        self.names = names
        self.words = names.words
        self.period = period
        self.months = months_of(names.history, period)
        self.tables = HistoryTables(names.words)

    def text(self) -> str:
        """The whole page."""
        return page_of(self._blocks())

    def _blocks(self) -> Iterator[str]:
        words, name = self.words, self.words.period(self.period.name)
        first, last = (words.period(month.name) for month in (self.months[0], self.months[-1]))
        yield front_matter(words("report_of", name=name), words("sum_summary", first=first, last=last))
        links = [f"[{month.name}]({month.name}.md)" for month in self.months]
        yield words("sum_months", list=words.list(links)) + self._space + words("sum_rules")
        if not self.period.surveys:
            yield words("sum_nothing")
        for survey in self.period.surveys:
            yield from self._survey(survey)
        if missing := left_out(self.period, self.months):
            asked = [words("quoted", name=plain(self.names.asked(*key))) for key in missing]
            yield words("sum_left_out", list=words.list(asked))
        yield from self._downloads()

    @property
    def _space(self) -> str:
        return "" if self.names.language == "zh" else " "

    def _survey(self, survey: str) -> Iterator[str]:
        yield f"## {plain(self.names.survey(survey))} {{#{survey}}}"
        yield self.words("to_survey", page=page_name(survey))
        rated = {code: rows for (key, code), rows in self.period.ratings.items() if key == survey}
        asked = {code: rows[ALL] for code, rows in rated.items() if rows[ALL].n != 0}
        groups: dict[tuple[str, ...], list[str]] = {}
        for code in asked:
            groups.setdefault(tuple(self.names.levels(survey, code).values()), []).append(code)
        for codes in groups.values():
            yield from self._by_question(survey, codes, asked)
        if headline := next(iter(asked), None):
            yield from self._by_unit(survey, headline, rated[headline])
        yield from self._options(survey)
        yield "\n".join(f"- {plain(note)}" for note in (*self.tables.notes(), self.words("silence")))

    def _by_question(self, survey: str, codes: Sequence[str], rows: Mapping[str, Rating]) -> Iterator[str]:
        lines = [self._line(self.names.asked(survey, code), rows[code], None) for code in codes]
        yield self.tables.ratings(self.words("sum_ratings"), "question", self.names.levels(survey, codes[0]), lines)
        yield self.words("top_two", **self._best(survey, codes[0]))

    def _by_unit(self, survey: str, code: str, rows: Mapping[str, Rating]) -> Iterator[str]:
        rates = rows[ALL].rates
        city = rates.satisfied if rates and rates.n >= PERCENT_FROM else None
        rated = [row for row in rows.values() if row.n != 0 or row.dont_know != 0]
        lines = [self._line(self.names.unit(row.unit), row, city) for row in rated]
        caption = self.words("sum_units", question=self.names.asked(survey, code))
        yield self.tables.ratings(caption, "unit", self.names.levels(survey, code), lines)
        yield self.words("units_note", **self._best(survey, code))

    def _best(self, survey: str, code: str) -> dict[str, str]:
        return {key: plain(text) for key, text in self.names.best(survey, code).items()}

    def _line(self, name: str, row: Rating, city: float | None) -> Line:
        """A row with its interval under its name; units lead to their own pages."""
        chart = self.tables.line_chart(name, row.rates, city)
        known = row.unit not in (ALL, OTHER)
        shown = f'<a href="../units/{page_name(row.unit)}/">{escape(name)}</a>' if known else escape(name)
        return Line(shown + chart, row)

    def _options(self, survey: str) -> Iterator[str]:
        for (key, code), rows in self.period.options.items():
            if key == survey and rows[ALL].n != 0:
                asked = self.names.asked(survey, code)
                yield self.tables.shares(asked, self.names.options(survey, code), rows[ALL])
                yield self._answered(asked, rows[ALL])

    def _answered(self, asked: str, row: Options) -> str:
        if row.counts is not None:
            return self.words("answered_sum", n=f"{row.n or 0:,}")
        key = "answered_sealed" if row.n is None else "answered_hidden"
        return f"**{plain(asked)}** " + self.words(key, n=f"{row.n or 0:,}")

    def _downloads(self) -> Iterator[str]:
        yield f"## {self.words('downloads')} {{#data}}"
        kinds = (self.words("for_programs"), self.words("for_spreadsheets"))
        yield "\n".join(
            f"- [{name}]({self.period.name}/{name}): {self.words(f'file_{what}')}{self.words('from_parts')}{kind}"
            for what, names in (("ratings", RATINGS), ("answers", ANSWERS))
            for name, kind in zip(names, kinds, strict=True)
        )


def months_of(history: History, period: Period) -> list[Period]:
    """The published months of a quarter or year."""
    inside = months_in(period.name)
    return [month for month in history.months if month.name in inside]


def left_out(period: Period, months: Sequence[Period]) -> list[Key]:
    """Questions that months have a table of and the sum has not."""
    asked = dict.fromkeys(key for month in months for key in _told(month))
    return [key for key in asked if key not in period.ratings and key not in period.options]


def _told(month: Period) -> Iterator[Key]:
    yield from (key for key, rows in month.ratings.items() if rows[ALL].n != 0)
    yield from (key for key, rows in month.options.items() if rows[ALL].n != 0)
