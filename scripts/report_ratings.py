"""The part of a report's page that tells what people said: ratings, options and themes of each survey."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape

from scripts.history import History, Period, Rating
from scripts.history_names import page_name
from scripts.ratings import OPTION_KINDS, OptionRow, RatingRow, SurveyMonth, ThemeRow
from scripts.report_frame import Frame, paper_only, plain, was_rated, web_only
from scripts.report_tables import Named
from scripts.trend_charts import TrendPoint, trend
from surveys.definition import Option, Question, Text
from surveys.errors import HuiyinError
from surveys.indicators import INTERVAL_FROM, PERCENT_FROM, half_up, interval, percent, percent_interval, silent_bounds
from surveys.office import NO_THEME
from surveys.released import ALL, OTHER
from surveys.yaml_reading import Code

TREND_MONTHS = 12
_OTHERS = ("unverified", "unverified_note", "unverified_caption")
_UNVERIFIED = ("unverified_open", "unverified_open_note", "unverified_open_caption")
PRINTED_ROWS = 6
"""How many rows of ratings a printed sheet holds, over all surveys."""


class RatingParts(Frame):
    """The surveys of the month, one after the other."""

    history: History | None = None

    def survey(self, month: SurveyMonth, printed: int) -> Iterator[str]:
        """Everything of one survey; a printed sheet shows the first questions and leaves out the rest."""
        yield f"### {plain(month.survey.title[self.language])} {{#{month.key}}}"
        scales = list(month.of_kind("scale"))
        yield from self._ratings(month, scales, printed)
        yield from self._bounds(month, scales[:1])
        signs = list(self.notes())
        if left := sum(1 for _ in month.of_kind("scale", *OPTION_KINDS)) - printed:
            yield paper_only(self.words("more_on_web", n=f"{left:,}")) if left > 0 else ""
        yield web_only(signs)
        yield web_only(self._rest(month, scales))

    def _rest(self, month: SurveyMonth, scales: Sequence[Question]) -> Iterator[str]:
        """What only the web page shows."""
        yield from self._trend(month, scales[:1])
        if scales:
            yield from self._units(month, scales[0])
        yield from self._options(month)
        yield from self._themes(month)
        yield from self._other_bases(month, scales)
        yield from self.notes()
        yield self.words("links", page=page_name(month.key))

    def _ratings(self, month: SurveyMonth, scales: Sequence[Question], printed: int) -> Iterator[str]:
        """All scale questions for everybody, grouped by scale."""
        for name in dict.fromkeys(question.scale for question in scales):
            group = [question for question in scales if question.scale == name]
            scale = self.known.scale_of(group[0])
            keys = ("top_two", "top_three", "bars_note_wide") if scale.wide else ("top_two", "bars_note")
            notes = [self.words(key, **self.tables.level_names(scale)) for key in keys]
            rows = [Named(question.text[self.language], month.ratings(question)[0]) for question in group]
            if rated := [named for named in rows if was_rated(named)]:
                yield self.tables.by_question(self.words("ratings_caption"), scale, rated, printed)
                yield plain(self.joined(notes))
                printed = max(printed - len(rated), 0)
            yield from self.named("unrated", (named.name for named in rows if not was_rated(named)))

    def _bounds(self, month: SurveyMonth, first: Sequence[Question]) -> Iterator[str]:
        """Between which two shares the truth lies, whatever those think who did not rate."""
        offered = self.account.offered(month).known
        for question in first:
            rates = month.ratings(question)[0].rates
            if rates is None or offered is None or not rates.n or offered < sum(month.received.values()):
                continue
            if rates.n >= PERCENT_FROM and (found := silent_bounds(rates.satisfied_count, rates.n, offered)):
                low, high = (f"{half_up(bound * 100, 1)}%" for bound in found)
                counts = {"offered": f"{offered:,}", "n": f"{rates.n:,}", "silent": f"{offered - rates.n:,}"}
                finite = interval(rates.satisfied_count, rates.n, offered, rates.n)
                told = [self.words("bounds", low=low, high=high, **counts, **self.asked(question))]
                if finite and finite != rates.interval:
                    said = {"answered": percent(rates.n, offered), "interval": percent_interval(finite, rates.n)}
                    told.append(self.words("bounds_finite", **said, **counts, **self.asked(question)))
                yield self.joined(told)

    def _trend(self, month: SurveyMonth, first: Sequence[Question]) -> Iterator[str]:
        """The headline question over the last months, as a chart and the table behind it."""
        for question in first:
            earlier = self._earlier(month, question)
            rows = [*earlier, (self.words("this_month"), month.month, month.ratings(question)[0])]
            points = [_point(name, row) for _, name, row in rows]
            said = {"first": points[0].month, "last": points[-1].month, "n": len(points)}
            asked = question.text[self.language]
            drawn = trend(points, self.tables.caption("trend_desc", asked, **said)) if earlier else ""
            if drawn:
                note = self.words("trend_note", **self.tables.level_names(self.known.scale_of(question)))
                yield f"#### {self.words('trend_head')} {{#{month.key}-trend}}"
                yield f'<figure class="trend">\n{drawn}\n<figcaption>{escape(note)}</figcaption>\n</figure>'
                named = [Named(name, row) for name, _, row in rows]
                caption = self.words("trend_caption", question=asked)
                shown = self.tables.by_month(caption, self.known.scale_of(question), named)
                yield f"<details>\n<summary>{self.words('trend_table')}</summary>\n{shown}</details>"

    def _earlier(self, month: SurveyMonth, question: Question) -> list[tuple[str, str, RatingRow]]:
        found = []
        for period in self.history.months if self.history else ():
            row = period.headline(month.key, "all")
            if row and period.name < month.month and period.headlines[month.key] == question.code:
                found.append((self._month_name(period), period.name, as_row(question, row)))
        return found[1 - TREND_MONTHS :]

    def _month_name(self, period: Period) -> str:
        return type(self.words)(self.language, period.name)("this_month")

    def _units(self, month: SurveyMonth, question: Question) -> Iterator[str]:
        scale = self.known.scale_of(question)
        everything, *units = [
            Named(self.unit_name(found.unit), found, self._unit_page(found.unit)) for found in month.ratings(question)
        ]
        if not was_rated(everything):
            return
        rated = [named for named in units if was_rated(named)]
        is_everything = bool(rated) and rated[-1].ratings == replace(everything.ratings, unit="other")
        shown = [everything, *(rated[:-1] if is_everything else rated)]
        yield f"#### {self.words('units')} {{#{month.key}-units}}"
        yield self.tables.by_unit(self.words("units_caption", question=question.text[self.language]), scale, shown)
        if is_everything:
            yield self.words("other_is_all")
        yield plain(self.words("units_note", **self.tables.level_names(scale)))
        yield from self.named("unrated", (named.name for named in units if not was_rated(named)))

    def _unit_page(self, code: str) -> str:
        """Where all months of a unit stand, seen from the page of a month; '' for what is no unit."""
        return "" if code in (ALL, OTHER) else f"../units/{page_name(code)}/"

    def _options(self, month: SurveyMonth) -> Iterator[str]:
        """Single, multiple and number questions for everybody."""
        questions = list(month.of_kind(*OPTION_KINDS))
        if not questions:
            return
        yield f"#### {self.words('options')} {{#{month.key}-options}}"
        found_first = [(question, month.options(question)[0]) for question in questions]
        for question, found in found_first:
            if found.n == 0:
                continue
            shown = self.tables.options(question, found)
            name = "" if shown else f"**{plain(question.text[self.language])}** "
            yield shown
            yield name + self._answered(question, found)
        yield from self.named("unanswered", (q.text[self.language] for q, found in found_first if found.n == 0))

    def _answered(self, question: Question, found: OptionRow) -> str:
        if found.n is None:
            return self.words("answered_sealed")
        key = "answered_multiple" if question.kind == "multiple" else "answered"
        return self.words(key if found.counts is not None else "answered_hidden", n=f"{found.n:,}")

    def _other_bases(self, month: SurveyMonth, scales: Sequence[Question]) -> Iterator[str]:
        """Ratings that the survey keeps out of its headline, for everybody, under the same rules."""
        if not month.other_bases or not scales:
            return
        words = self.words
        bases = words("separator").join(
            f"{words(f'basis_{basis}')} {month.by_basis[basis]:,}" for basis in month.other_bases
        )
        head, note, caption = _UNVERIFIED if month.batches and "open" in month.other_bases else _OTHERS
        yield f"#### {words(head)} {{#{month.key}-other}}"
        yield plain(words(note, bases=bases))
        for name in dict.fromkeys(question.scale for question in scales):
            group = [question for question in scales if question.scale == name]
            rows = [Named(question.text[self.language], month.other_ratings(question)) for question in group]
            if rated := [named for named in rows if was_rated(named)]:
                yield self.tables.by_question(words(caption), self.known.scale_of(group[0]), rated)
            yield from self.named("unrated", (named.name for named in rows if not was_rated(named)))

    def _themes(self, month: SurveyMonth) -> Iterator[str]:
        """What the free texts are about, for everybody; the texts themselves are never published."""
        if not self.known.themes:
            return
        found = [(question, month.themes(question)) for question in month.of_kind("text")]
        told = [(question, row) for question, row in found if row.written != 0]
        if told:
            yield f"#### {self.words('themes')} {{#{month.key}-themes}}"
        for question, row in told:
            shown = self.tables.options(replace(question, options=self._theme_options(row)), row.themes)
            name = "" if shown else f"**{plain(question.text[self.language])}** "
            yield shown
            yield name + self._coded(row)

    def _theme_options(self, row: ThemeRow) -> tuple[Option, ...]:
        known = {code: theme.text for code, theme in self.known.themes.items()}
        none: Mapping[str, Text] = {NO_THEME: Text({self.language: self.words("no_theme")})}
        return tuple(Option(Code(code), text) for code, text in {**known, **none}.items() if code in row.themes.codes)

    def _coded(self, row: ThemeRow) -> str:
        if row.written is None:
            return self.words("themes_sealed")
        key = "themes_none" if not row.coded else "themes_hidden" if row.themes.counts is None else "themes_coded"
        return self.words(key, written=f"{row.written:,}", coded=f"{row.coded:,}")


def as_row(question: Question, found: Rating) -> RatingRow:
    """A published row as the month's own tables hold theirs; HuiyinError if its status is none of theirs."""
    if found.status not in ("shown", "merged", "hidden", "sealed"):
        raise HuiyinError(f"a published row of '{question.code}' has the status '{found.status}': put the file back")
    return RatingRow(question.code, found.unit, found.n, found.dont_know, found.rates, found.status)  # type: ignore[arg-type]


def _point(name: str, row: RatingRow) -> TrendPoint:
    rates = row.rates
    if rates is None or rates.n < INTERVAL_FROM:
        return TrendPoint(name)
    return TrendPoint(name, rates.interval, rates.satisfied if rates.n >= PERCENT_FROM else None)
