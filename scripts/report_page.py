"""The report page of a month: Markdown with its tables as HTML, in one language."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from html import escape

from scripts.ratings import OPTION_KINDS, OptionRow, SurveyMonth, ThemeRow
from scripts.report_tables import Named, Tables
from scripts.report_text import Words
from surveys.audit import Head
from surveys.definition import CHANNELS, Definitions, Option, Question, Text
from surveys.exclusions import REASONS
from surveys.indicators import INTERVAL_FROM, PERCENT_FROM, percent, percent_interval
from surveys.office import NO_THEME
from surveys.yaml_reading import Code

_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>])")
RATINGS = ("ratings.csv", "ratings-bom.csv")
ANSWERS = ("answers.csv", "answers-bom.csv")


def plain(text: str) -> str:
    """Words that Markdown and HTML leave as they are."""
    return _MARKS.sub(r"\\\1", escape(" ".join(text.split()), quote=False))


def _was_rated(named: Named) -> bool:
    """Whether there is anything to show; a count that is kept back is something."""
    return named.ratings.n != 0 or named.ratings.dont_know != 0


def front_matter(title: str, summary: str) -> str:
    """The head of a page."""
    quoted = [json.dumps(text, ensure_ascii=False) for text in (title, summary)]
    return f"---\ntitle: {quoted[0]}\nsummary: {quoted[1]}\n---\n"


class ReportPage:
    """One month's page in one language."""

    def __init__(
        self,
        language: str,
        period: str,
        months: Sequence[SurveyMonth],
        definitions: Definitions,
        audit_head: Head | None = None,
    ) -> None:
        self.audit_head = audit_head
        self.language = language
        self.period = period
        self.months = months
        self.definitions = definitions
        self.words = Words(language, period)
        self.tables = Tables(self.words)

    @property
    def received(self) -> int:
        """Answer sets of all surveys."""
        return sum(sum(month.received.values()) for month in self.months)

    def text(self) -> str:
        """The whole page."""
        words, n = self.words, self.received
        summary = words("summary", n=f"{n:,}") if n else words("summary_none")
        blocks = [] if n else [words("none")]
        for month in self.months:
            if month.received:
                blocks += list(self._survey(month))
        blocks += [*self._silent(), words("how"), *self._downloads(), *self._audited()]
        return front_matter(words("title"), summary) + "\n" + "\n\n".join(block for block in blocks if block) + "\n"

    def _survey(self, month: SurveyMonth) -> Iterator[str]:
        words, received = self.words, sum(month.received.values())
        yield f"## {plain(month.survey.title[self.language])} {{#{month.key}}}"
        scales = list(month.of_kind("scale"))
        yield self._space.join([words("received", n=f"{received:,}"), *(self._headline(month, q) for q in scales[:1])])
        late = [words("late", n=f"{month.late:,}")] if month.late else []
        yield self._space.join([self._channels(month), *late])
        yield self._space.join([words("response_rate"), words("silence")])
        if not month.excluded("reason"):
            yield words("excluded_none")
        yield from self._ratings(month, scales)
        yield from self._options(month)
        yield from self._themes(month)
        yield from self._other_bases(month, scales)
        yield from self._excluded(month, scales)
        yield from self._notes()
        for survey in month.versions:
            yield words("rules", key=survey.key, version=survey.version, digest=self.definitions.digest(survey))

    def _silent(self) -> Iterator[str]:
        names = [plain(month.survey.title[self.language]) for month in self.months if not month.received]
        if names:
            yield self.words("silent", list=self.words("enumeration").join(names))

    @property
    def _space(self) -> str:
        return "" if self.language == "zh" else " "

    def _headline(self, month: SurveyMonth, question: Question) -> str:
        """What is known of the first question, in a sentence."""
        found = month.ratings(question)[0]
        names = self.tables.level_names(self.definitions.scale_of(question))
        said = {"question": plain(question.text[self.language]), "n": f"{found.n or 0:,}"}
        said |= {key: plain(name) for key, name in names.items()}
        if found.rates is None:
            return self.words("headline_hidden", **said)
        n, satisfied = found.rates.n, found.rates.satisfied_count
        interval = percent_interval(found.rates.interval, n)
        if n >= PERCENT_FROM:
            said |= {"satisfied": f"{satisfied:,}", "percent": percent(satisfied, n)}
            return self.words("headline", interval=interval, **said)
        return self.words("headline_interval" if n >= INTERVAL_FROM else "headline_none", interval=interval, **said)

    def _channels(self, month: SurveyMonth) -> str:
        words = self.words
        found = {channel: month.channels[channel] for channel in CHANNELS if month.channels[channel]}
        parts = [words("channel_item", name=words(f"channel_{name}"), n=f"{n:,}") for name, n in found.items()]
        return words("channels", list=words("separator").join(parts))

    def _ratings(self, month: SurveyMonth, scales: Sequence[Question]) -> Iterator[str]:
        """All scale questions for everybody, grouped by scale, then the first one by unit."""
        if not scales:
            return
        yield f"### {self.words('ratings')} {{#{month.key}-ratings}}"
        for name in dict.fromkeys(question.scale for question in scales):
            group = [question for question in scales if question.scale == name]
            scale = self.definitions.scale_of(group[0])
            keys = ("top_two", "top_three", "bars_note_wide") if scale.wide else ("top_two", "bars_note")
            notes = [self.words(key, **self.tables.level_names(scale)) for key in keys]
            rows = [Named(question.text[self.language], month.ratings(question)[0]) for question in group]
            if rated := [named for named in rows if _was_rated(named)]:
                yield self.tables.by_question(self.words("ratings_caption"), scale, rated)
                yield plain(self._space.join(notes))
            yield from self._unrated(rows)
        yield from self._units(month, scales[0])

    def _units(self, month: SurveyMonth, question: Question) -> Iterator[str]:
        scale = self.definitions.scale_of(question)
        everything, *units = [Named(self._unit_name(found.unit), found) for found in month.ratings(question)]
        if not _was_rated(everything):
            return
        rated = [named for named in units if _was_rated(named)]
        is_everything = bool(rated) and rated[-1].ratings == replace(everything.ratings, unit="other")
        shown = [everything, *(rated[:-1] if is_everything else rated)]
        yield f"### {self.words('units')} {{#{month.key}-units}}"
        yield self.tables.by_unit(self.words("units_caption", question=question.text[self.language]), scale, shown)
        if is_everything:
            yield self.words("other_is_all")
        yield plain(self.words("units_note", **self.tables.level_names(scale)))
        yield from self._unrated(units)

    def _unrated(self, rows: Sequence[Named]) -> Iterator[str]:
        """Who or what nobody rated, in one line instead of rows of zeros."""
        yield from self._named("unrated", (named.name for named in rows if not _was_rated(named)))

    def _named(self, key: str, names: Iterable[str]) -> Iterator[str]:
        """A sentence that lists the names; nothing if there are none."""
        quoted = [self.words("quoted", name=plain(name)) for name in names]
        if quoted:
            yield self.words(key, list=self.words("enumeration").join(quoted))

    def _unit_name(self, code: str) -> str:
        if code in ("all", "other"):
            return self.words(code)
        unit = self.definitions.units.get(code)
        return unit.name[self.language] if unit else code

    def _options(self, month: SurveyMonth) -> Iterator[str]:
        """Single, multiple and number questions for everybody."""
        questions = list(month.of_kind(*OPTION_KINDS))
        if not questions:
            return
        yield f"### {self.words('options')} {{#{month.key}-options}}"
        found_first = [(question, month.options(question)[0]) for question in questions]
        for question, found in found_first:
            if found.n == 0:
                continue
            shown = self.tables.options(question, found)
            name = "" if shown else f"**{plain(question.text[self.language])}** "
            yield shown
            yield name + self._answered(question, found)
        yield from self._named("unanswered", (q.text[self.language] for q, found in found_first if found.n == 0))

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
        yield f"### {words('unverified')} {{#{month.key}-other}}"
        yield plain(words("unverified_note", bases=bases))
        for name in dict.fromkeys(question.scale for question in scales):
            group = [question for question in scales if question.scale == name]
            rows = [Named(question.text[self.language], month.other_ratings(question)) for question in group]
            if rated := [named for named in rows if _was_rated(named)]:
                yield self.tables.by_question(words("unverified_caption"), self.definitions.scale_of(group[0]), rated)
            yield from self._unrated(rows)

    def _themes(self, month: SurveyMonth) -> Iterator[str]:
        """What the free texts are about, for everybody; the texts themselves are never published."""
        if not self.definitions.themes:
            return
        found = [(question, month.themes(question)) for question in month.of_kind("text")]
        told = [(question, row) for question, row in found if row.written != 0]
        if told:
            yield f"### {self.words('themes')} {{#{month.key}-themes}}"
        for question, row in told:
            shown = self.tables.options(replace(question, options=self._theme_options(row)), row.themes)
            name = "" if shown else f"**{plain(question.text[self.language])}** "
            yield shown
            yield name + self._coded(row)

    def _theme_options(self, row: ThemeRow) -> tuple[Option, ...]:
        known = {code: theme.text for code, theme in self.definitions.themes.items()}
        none = {NO_THEME: Text({self.language: self.words("no_theme")})}
        return tuple(Option(Code(code), text) for code, text in {**known, **none}.items() if code in row.themes.codes)

    def _coded(self, row: ThemeRow) -> str:
        if row.written is None:
            return self.words("themes_sealed")
        key = "themes_none" if not row.coded else "themes_hidden" if row.themes.counts is None else "themes_coded"
        return self.words(key, written=f"{row.written:,}", coded=f"{row.coded:,}")

    def _excluded(self, month: SurveyMonth, scales: Sequence[Question]) -> Iterator[str]:
        """What two roles excluded, by reason, and the headline with and without it where both may stand."""
        reasons, words = month.excluded("reason"), self.words
        if not reasons:
            return
        received, gone = sum(month.received.values()), sum(reasons.values())
        yield f"### {words('excluded')} {{#{month.key}-excluded}}"
        named = {words(f"reason_{reason}"): reasons[reason] for reason in REASONS if reasons[reason]}
        yield self.tables.excluded(named, received)
        units = [f"{self._unit_name(unit)} {n:,}" for unit, n in sorted(month.excluded("unit").items())]
        listed = plain(words("enumeration").join(units))
        yield words("excluded_note", received=f"{received:,}", excluded=f"{gone:,}", units=listed)
        yield from self._before_and_after(month, scales)

    def _before_and_after(self, month: SurveyMonth, scales: Sequence[Question]) -> Iterator[str]:
        words, found = self.words, [(question, month.before_exclusion(question)) for question in scales]
        shown = [(question, before) for question, before in found if before]
        for name in dict.fromkeys(question.scale for question, _ in shown):
            rows = [
                Named(words(key, question=question.text[self.language]), row)
                for question, before in shown
                if question.scale == name
                for key, row in (("before_exclusion", before), ("after_exclusion", month.ratings(question)[0]))
            ]
            scale = self.definitions.scales[name or ""]
            yield self.tables.by_question(words("exclusion_caption"), scale, rows)
        if len(shown) < sum(month.ratings(question)[0].n != 0 for question in scales):
            yield words("exclusion_hidden")

    def _notes(self) -> Iterator[str]:
        notes = self.tables.notes()
        self.tables.signs.clear()
        if notes:
            yield "\n".join(f"- {plain(note)}" for note in notes)

    def _downloads(self) -> Iterator[str]:
        """The tables as files; they lie in a folder named as the page."""
        words = self.words
        yield f"## {words('downloads')} {{#data}}"
        kinds = (words("for_programs"), words("for_spreadsheets"))
        lines = [
            f"- [{name}]({self.period}/{name}): {words(f'file_{what}')}{'，' if self.language == 'zh' else ', '}{kind}"
            for what, names in (("ratings", RATINGS), ("answers", ANSWERS))
            for name, kind in zip(names, kinds, strict=True)
        ]
        yield "\n".join(lines)

    def _audited(self) -> Iterator[str]:
        """The audit's head right after the month closed, as it is compared with what was kept elsewhere."""
        if self.audit_head:
            yield f"## {self.words('audit')} {{#audit}}"
            yield self.words("audited", n=f"{self.audit_head.count:,}", head=self.audit_head)
