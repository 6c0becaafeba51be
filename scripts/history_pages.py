"""A page for each unit and each survey with all published months, in one language."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from scripts.codebook_words import CASE_FIGURES
from scripts.history import Cells, Options, Period, Rating
from scripts.history_names import Names, front_matter, page_name, page_of
from scripts.history_tables import HistoryTables, Line, point
from scripts.report_page import plain
from scripts.report_tables import DASH
from scripts.trend_charts import MONTHS_SHOWN
from surveys.definition import Survey, Unit
from surveys.indicators import newcombe, percent
from surveys.office import ALWAYS_DECLARED
from surveys.released import ALL

MOST_VALUES = 12
"""A question with more different answers than this is told by month, and not by answer."""


class _MonthsPage:
    """What both kinds of page share: links to the months, charts and notes."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.words = names.words
        self.history = names.history
        self.tables = HistoryTables(names.words)

    def _link(self, period: Period) -> str:
        return f'<a class="period" href="../../{period.name}/">{period.name}</a>'

    def _notes(self, *more: str) -> str:
        return "\n".join(f"- {plain(note)}" for note in (*self.tables.notes(), *more))

    def _trend(self, name: str, survey: str, question: str, rows: Sequence[tuple[Period, Rating]], unit: str) -> str:
        held = [period.headline(survey, ALL) if unit != ALL else None for period, _ in rows]
        points = [point(period, rating, city) for (period, rating), city in zip(rows, held, strict=True)]
        few = self.words("chart_few", n=MONTHS_SHOWN) if len(rows) > MONTHS_SHOWN else ""
        key = "chart_note" if unit == ALL else "chart_note_unit"
        note = self.words(key, few=few, **self.names.best(survey, question))
        return self.tables.trend(name, points, note)

    def _city(self, period: Period, survey: str) -> str:
        row = period.headline(survey, ALL)
        rates = row.rates if row else None
        return (percent(rates.satisfied_count, rates.n) if rates else "") or DASH


class UnitPage(_MonthsPage):
    """All published months of one unit."""

    def __init__(self, names: Names, code: str) -> None:
        super().__init__(names)
        self.code = code
        self.name = names.unit(code)

    def text(self) -> str:
        """The whole page."""
        return page_of(self._blocks())

    def _blocks(self) -> Iterator[str]:
        summary = self.words("unit_summary", name=self.name)
        yield front_matter(self.name, summary, search={"exclude": True})
        yield "\n".join(f"- {fact}" for fact in self._facts(self.names.known.units.get(self.code)))
        told = [
            survey
            for survey in self.history.surveys
            if any((survey, self.code) in m.rated for m in self.history.months)
        ]
        for survey in told:
            yield from self._survey(survey)
        if told:
            yield self._notes(self.words("why_change"), self.words("silence"))
        yield from (others := [*self._cases(), *self._declared()])
        if not told and not others:
            yield self.words("nothing")

    def _facts(self, unit: Unit | None) -> Iterator[str]:
        """What the register says of the unit."""
        if unit is None:
            yield self.words("not_listed")
            return
        key = "closed" if unit.closed else "since"
        yield self.words(key, day=unit.opened, last=unit.closed)
        if unit.code in self.names.parents:
            yield self.words("part_of", unit=self._unit_link(self.names.parents[unit.code].code))
        if unit.units:
            yield self.words("holds", list=self.words.list([self._unit_link(below.code) for below in unit.units]))
        if not unit.answers:
            yield self.words("grouping")

    def _unit_link(self, code: str) -> str:
        return f"[{plain(self.names.unit(code))}]({page_name(code)}.md)"

    def _survey(self, survey: str) -> Iterator[str]:
        """A table for each question that ever stood first, that of the newest month before the others."""
        yield f"## {plain(self.names.survey(survey))} {{#{survey}}}"
        first = [period.headlines[survey] for period in reversed(self.history.months) if survey in period.headlines]
        for place, question in enumerate(dict.fromkeys(first)):
            rows = list(self._rows(self.history.months, survey, question))
            if any(rating.n != 0 for _, rating in rows):
                asked, page = plain(self.names.asked(survey, question)), page_name(survey)
                total = [rating.n for _, rating in rows if rating.n]
                said = self.words("headline" if not place else "question_was", question=asked, page=page)
                counted = self.words("total", months=f"{len(total):,}", n=f"{sum(total):,}")
                yield said + ("" if self.names.language == "zh" else " ") + counted
                yield from self._question(survey, question, rows)

    def _rows(self, periods: Sequence[Period], survey: str, question: str) -> Iterator[tuple[Period, Rating]]:
        for period in periods:
            row = period.headline(survey, self.code) if period.headlines.get(survey) == question else None
            if row:
                yield period, row

    def _question(self, survey: str, question: str, rows: Sequence[tuple[Period, Rating]]) -> Iterator[str]:
        asked, levels = self.names.asked(survey, question), self.names.levels(survey, question)
        yield self._trend(self.name, survey, question, rows, self.code)
        lines = [Line(self._link(period), row, self._beside(period, survey, row)) for period, row in reversed(rows)]
        caption = self.words("months_caption", question=asked)
        yield self.tables.ratings(caption, "month", levels, lines, ("change", "city"))
        sums = [
            Line(self._link(period), row, (self._city(period, survey),))
            for period, row in reversed(list(self._rows(self.history.sums, survey, question)))
        ]
        if sums:
            yield self.tables.ratings(self.words("sums_caption", question=asked), "span", levels, sums, ("city",))
            if any(line.rating.status != "shown" for line in sums):
                yield self.words("why_sums")
        yield self.words("top_two", **{key: plain(text) for key, text in self.names.best(survey, question).items()})

    def _beside(self, period: Period, survey: str, row: Rating) -> tuple[str, str]:
        change = self.history.changes.get((period.name, survey, self.code))
        return self.tables.change(change, row.n or 0), self._city(period, survey)

    def _cases(self) -> Iterator[str]:
        """The unit's cases by month, where they are published."""
        rows = [cells for period in self.history.months for cells in period.cases.get(self.code, ())]
        if rows:
            names = {code: text[self.names.language] for code, text in CASE_FIGURES.items()}
            yield f"## {self.words('cases')} {{#cases}}"
            yield self._figures("cases_caption", rows, names)
            yield self.words("cases_note")
            yield self._notes()

    def _declared(self) -> Iterator[str]:
        """What the unit declares of itself, marked as such."""
        rows = [cells for period in self.history.months for cells in period.declared.get(self.code, ())]
        if rows:
            names = {code: text[self.names.language] for code, text in ALWAYS_DECLARED.items()}
            names |= {code: one.text[self.names.language] for code, one in self.names.known.figures.items()}
            yield f"## {self.words('declared')} {{#declared}}"
            yield self._figures("declared_caption", rows, names)
            yield self.words("declared_note")

    def _figures(self, caption: str, rows: Sequence[Cells], names: Mapping[str, str]) -> str:
        """A line for each month that rows are about, a column for each figure in the order of the names."""
        found = {(cells["figure"], cells.get("survey", "")) for cells in rows}
        order = {code: place for place, code in enumerate(names)}
        keys = sorted(found, key=lambda key: (order.get(key[0], len(order)), key))
        lines: dict[str, dict[tuple[str, str], str]] = {}
        for cells in rows:
            figures = lines.setdefault(cells["period"], {})
            figures[cells["figure"], cells.get("survey", "")] = self.tables.figure(cells)
        shown = [(self._month(period), lines[period]) for period in sorted(lines, reverse=True)]
        columns = {key: self._figure_name(names.get(key[0], key[0]), key[1]) for key in keys}
        return self.tables.figures(self.words(caption), columns, shown)

    def _month(self, name: str) -> str:
        known = {period.name: period for period in self.history.months}
        return self._link(known[name]) if name in known else escape(name)

    def _figure_name(self, name: str, survey: str) -> str:
        return self.words("figure_of_survey", figure=name, survey=self.names.survey(survey)) if survey else name


class SurveyPage(_MonthsPage):
    """All published months of one survey, for all units together."""

    def __init__(self, names: Names, key: str) -> None:
        super().__init__(names)
        self.key = key

    def text(self) -> str:
        """The whole page."""
        return page_of(self._blocks())

    def _blocks(self) -> Iterator[str]:
        words, title = self.words, self.names.survey(self.key)
        yield front_matter(title, words("survey_summary", name=title), search={"exclude": True})
        rated = list(self._rated())
        chosen = list(self._chosen())
        if not rated and not chosen:
            yield words("survey_nothing")
        if rated:
            yield f"## {words('rated_questions')} {{#rated}}"
        for code, rows in rated:
            yield from self._question(code, rows)
        if rated:
            yield self._notes(words("why_change_all"), words("silence"))
        if chosen:
            yield f"## {words('option_questions')} {{#options}}"
        for code, options in chosen:
            yield from self._options(code, options)
        if chosen:
            yield self._notes(words("options_note"))
        yield from self._versions()

    def _codes(self, rated: bool) -> list[str]:
        """The questions in the order of the newest month, then those of older ones."""
        tables = [period.ratings if rated else period.options for period in reversed(self.history.months)]
        return list(dict.fromkeys(code for table in tables for survey, code in table if survey == self.key))

    def _rated(self) -> Iterator[tuple[str, list[tuple[Period, Rating]]]]:
        for code in self._codes(True):
            found = [(period, period.ratings.get((self.key, code), {}).get(ALL)) for period in self.history.months]
            rows = [(period, row) for period, row in found if row]
            if any(row.n != 0 for _, row in rows):
                yield code, rows

    def _chosen(self) -> Iterator[tuple[str, list[tuple[Period, Options]]]]:
        for code in self._codes(False):
            found = [(period, period.options.get((self.key, code), {}).get(ALL)) for period in self.history.months]
            rows = [(period, row) for period, row in found if row]
            if any(row.n != 0 for _, row in rows):
                yield code, rows

    def _question(self, code: str, rows: Sequence[tuple[Period, Rating]]) -> Iterator[str]:
        names, asked = self.names, self.names.asked(self.key, code)
        yield f"### {plain(asked)} {{#q-{code}}}"
        yield self._trend(asked, self.key, code, rows, ALL)
        newest = {period.name for period, _ in rows if period.headlines.get(self.key) == code}
        lines = [
            Line(self._link(period), row, self._change(period, row) if newest else ()) for period, row in reversed(rows)
        ]
        caption = self.words("months_caption", question=asked)
        yield self.tables.ratings(caption, "month", names.levels(self.key, code), lines, ("change",) if newest else ())
        found = [(period, period.ratings.get((self.key, code), {}).get(ALL)) for period in reversed(self.history.sums)]
        sums = [Line(self._link(period), row) for period, row in found if row]
        if sums:
            caption = self.words("sums_caption", question=asked)
            yield self.tables.ratings(caption, "span", names.levels(self.key, code), sums)
        yield self.words("top_two", **{key: plain(text) for key, text in names.best(self.key, code).items()})

    def _change(self, period: Period, row: Rating) -> tuple[str]:
        """The headline alone is compared, so one comparison a month needs no correction."""
        pair = self.history.pair(period, self.key, ALL)
        is_headline = period.ratings[self.key, period.headlines[self.key]].get(ALL) is row
        return (self.tables.change(newcombe(*pair) if pair and is_headline else None, row.n or 0),)

    def _options(self, code: str, rows: Sequence[tuple[Period, Options]]) -> Iterator[str]:
        asked, known = self.names.asked(self.key, code), self.names.options(self.key, code)
        given = {one for _, row in rows for one in row.codes}
        texts = {one: text for one, text in known.items() if one in given}
        texts |= {one: one for one in sorted(given - set(texts), key=lambda one: (len(one), one))}
        yield f"### {plain(asked)} {{#q-{code}}}"
        if len(texts) > MOST_VALUES and not known:
            yield self.words("many_values", n=len(texts))
            texts = {}
        lines = [(self._link(period), row) for period, row in reversed(rows)]
        yield self.tables.options(self.words("options_caption", question=asked), texts, lines)

    def _versions(self) -> Iterator[str]:
        versions = self.names.versions(self.key)
        if versions:
            yield f"## {self.words('versions')} {{#versions}}"
            yield "\n".join(f"- {self._version(survey)}" for survey in reversed(versions))

    def _version(self, survey: Survey) -> str:
        key = "version_until" if survey.closed else "version"
        digest = self.names.known.digest(survey)
        return self.words(key, version=survey.version, day=survey.opened, last=survey.closed, digest=digest)
