"""The parts of a report's page that are counts: who answered, what units declare, exclusions, corrections."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from scripts.account import Denominator
from scripts.account_tables import with_sums
from scripts.ratings import SurveyMonth
from scripts.report_frame import Frame, paper_only, plain, web_only
from scripts.report_tables import DASH, Named, head_cell, number_cell, row, table
from surveys.declared import Declaration
from surveys.definition import CHANNELS, Question
from surveys.exclusions import REASONS
from surveys.indicators import percent
from surveys.office import ALWAYS_DECLARED
from surveys.released import ALL
from surveys.surges import ByStaff, Surge

MOST_SURGES = 12
RATES = ("rate_offered", "rate_served")


class CountParts(Frame):
    """Figures that need no sample."""

    def answered(self) -> Iterator[str]:
        """Served, offered and received by channel, a row for each survey."""
        words, account = self.words, self.account
        yield f"## {words('answered_head')} {{#answered}}"
        told = [month for month in account.months if month.received or account.offered(month).whole]
        if told:
            yield self._answered(told)
        yield from self._reasons(told)
        silent = (month.survey.title[self.language] for month in account.months if not month.received)
        yield from self.named("silent", silent)
        late = [
            words("late_item", survey=plain(month.survey.title[self.language]), n=f"{month.late:,}")
            for month in told
            if month.late
        ]
        if late:
            yield words("late_named", list=self.listed(late))
        yield from self._called()

    def _called(self) -> Iterator[str]:
        """How calls ended, where any was made."""
        words, told = self.words, [month for month in self.account.months if month.calls.made]
        if not told:
            return
        yield f"### {words('calls_head')} {{#calls}}"
        names = ("calls_made", "calls_answered", "calls_refused", "calls_not_reached", "calls_share")
        head = [head_cell(words("survey")), *(head_cell(words(name), number=True) for name in names)]
        rows = []
        for month in told:
            calls = month.calls
            counts = (calls.made, calls.answered, calls.refused, calls.not_reached)
            rate = percent(calls.answered, calls.made) if calls.share is not None else ""
            cells = [*(f"{n:,}" for n in counts), rate or DASH]
            rows.append(row(escape(month.survey.title[self.language]), map(number_cell, cells)))
        yield table(words("calls_caption"), head, rows, words("swipe"))
        yield words("calls_why")

    def _answered(self, told: Sequence[SurveyMonth]) -> str:
        words, account = self.words, self.account
        channels = [channel for channel in CHANNELS if any(month.channels[channel] for month in told)]
        names = ("served_n", "offered_n", "received_n", *RATES, *(f"channel_{channel}" for channel in channels))
        head = [head_cell(words("survey")), *(head_cell(words(name), number=True) for name in names)]
        rows = []
        for month in told:
            received, served, offered = sum(month.received.values()), account.served(month), account.offered(month)
            cells = [self._known(served), self._known(offered), f"{received:,}"]
            cells += [self._rate(received, one) for one in (offered, served)]
            cells += [f"{month.channels[channel]:,}" for channel in channels]
            rows.append(row(escape(month.survey.title[self.language]), map(number_cell, cells)))
        return table(words("answered_caption"), head, rows, words("swipe"))

    def _known(self, one: Denominator) -> str:
        return self.words("unknown") if one.known is None else f"{one.known:,}"

    def _rate(self, received: int, one: Denominator) -> str:
        if one.known is None:
            return self.words("unknown")
        return (percent(received, one.known) if received <= one.known else "") or DASH

    def _reasons(self, told: Sequence[SurveyMonth]) -> Iterator[str]:
        """Why a denominator is unknown, or bears no rate."""
        account, notes = self.account, []
        both = {month: (account.offered(month), account.served(month)) for month in told}
        if any(one.known is None for pair in both.values() for one in pair):
            notes.append(self.words("unknown_why"))
        if any(one.whole is not None for pair in both.values() for one in pair):
            notes.append(self.words("declared_by_units"))
        beyond = [
            month.survey.title[self.language]
            for month, pair in both.items()
            if any(one.known is not None and one.known < sum(month.received.values()) for one in pair)
        ]
        yield self.joined([*notes, *self.named("too_many", beyond)])

    def declared(self) -> Iterator[str]:
        """What units declare of themselves, marked as such: the sum of each figure, then the units."""
        words = self.words
        yield f"## {words('declared_head')} {{#declared}}"
        if not self.account.declared:
            yield words("declared_none")
            return
        yield words("declared_why")
        columns = ("declared_whole", "declared_part", "share")
        head = [head_cell(words("declared_figure")), *(head_cell(words(name), number=True) for name in columns)]
        found = list(with_sums(self.account.declared))
        rows = [self._declared(one) for one in found]
        yield table(words("declared_caption"), head, rows, words("swipe"))

    def _declared(self, one: Declaration) -> str:
        part = DASH if one.part is None else f"{one.part:,}"
        rate = DASH if one.part is None else percent(one.part, one.whole) or DASH
        name = self._figure_name(one) if one.unit == ALL else self.unit_name(one.unit)
        cells = map(number_cell, (f"{one.whole:,}", part, rate))
        return row(escape(name), cells, "" if one.unit == ALL else "web below")

    def _figure_name(self, one: Declaration) -> str:
        words, figure = self.words, self.known.figures.get(one.figure)
        text = figure.text if figure else ALWAYS_DECLARED.get(one.figure)
        name = text[self.language] if text else one.figure
        if figure and figure.part and one.part is not None:
            name = words("part_of_figure", figure=name, part=figure.part[self.language])
        versions = self.known.versions(one.survey) if one.survey else ()
        title = versions[-1].title[self.language] if versions else one.survey
        return words("figure_of_survey", figure=name, survey=title) if one.survey else name

    def excluded(self) -> Iterator[str]:
        """What two roles excluded, by reason, and the headline with and without it where both may stand."""
        told = [month for month in self.account.months if month.excluded("reason")]
        if not told:
            yield self.words("excluded_none")
        for month in told:
            yield from self._excluded(month, list(month.of_kind("scale")))

    def out_of_line(self) -> Iterator[str]:
        """Days on which far more came than around them, and units whose answers mostly came through staff."""
        words, told = self.words, [month for month in self.account.months if month.received]
        found = [(month, one) for month in told for one in month.surges]
        if not found:
            yield words("surges_none")
        else:
            days = [words("surge", **self._surge(*pair)) for pair in found[:MOST_SURGES]]
            more = [words("surges_more", n=f"{len(found) - MOST_SURGES:,}")] if len(found) > MOST_SURGES else []
            yield words("surges_note")
            yield web_only(["\n".join(f"- {plain(one)}" for one in [*days, *more])])
            yield paper_only(words("surges_on_web", n=len(found)))
        staff = [self._by_staff(month, one) for month in told for one in month.by_staff]
        if staff:
            yield words("by_staff", list=plain(self.listed(staff)))

    def _surge(self, month: SurveyMonth, one: Surge) -> Mapping[str, str]:
        title, way = month.survey.title[self.language], self.words(f"channel_{one.channel}")
        told = {"survey": title, "unit": self.unit_name(one.unit), "way": way, "day": one.day}
        return {**told, "n": f"{one.n:,}", "usual": f"{one.usual:,}"}

    def _by_staff(self, month: SurveyMonth, one: ByStaff) -> str:
        title, unit = month.survey.title[self.language], self.unit_name(one.unit)
        return self.words("by_staff_item", survey=title, unit=unit, n=f"{one.n:,}", whole=f"{one.whole:,}")

    def _excluded(self, month: SurveyMonth, scales: Sequence[Question]) -> Iterator[str]:
        reasons, words = month.excluded("reason"), self.words
        received, gone = sum(month.received.values()), sum(reasons.values())
        yield f"### {plain(month.survey.title[self.language])} {{#{month.key}-excluded}}"
        named = {words(f"reason_{reason}"): reasons[reason] for reason in REASONS if reasons[reason]}
        yield self._by_reason(named, received)
        units = [f"{self.unit_name(unit)} {n:,}" for unit, n in sorted(month.excluded("unit").items())]
        listed = plain(self.listed(units))
        yield words("excluded_note", received=f"{received:,}", excluded=f"{gone:,}", units=listed)
        yield web_only([*self._before_and_after(month, scales), *self.notes()])

    def _by_reason(self, reasons: Mapping[str, int], received: int) -> str:
        words = self.words
        rows = [
            row(escape(name), [number_cell(f"{n:,}"), number_cell(percent(n, received) or DASH)])
            for name, n in ({**reasons, words("excluded_all"): sum(reasons.values())}).items()
        ]
        columns = [head_cell(words(key), number=True) for key in ("sets", "share_of_received")]
        return table(words("excluded_caption"), [head_cell(words("reason")), *columns], rows)

    def _before_and_after(self, month: SurveyMonth, scales: Sequence[Question]) -> Iterator[str]:
        words, found = self.words, [(question, month.before_exclusion(question)) for question in scales]
        shown = [(question, before) for question, before in found if before]
        for name in dict.fromkeys(question.scale for question, _ in shown):
            rows = [
                Named(words(key, question=question.text[self.language]), found_row)
                for question, before in shown
                if question.scale == name
                for key, found_row in (("before_exclusion", before), ("after_exclusion", month.ratings(question)[0]))
            ]
            scale = self.known.scales[name or ""]
            yield self.tables.by_question(words("exclusion_caption"), scale, rows)
        if len(shown) < sum(month.ratings(question)[0].n != 0 for question in scales):
            yield words("exclusion_hidden")

    def corrections(self) -> Iterator[str]:
        """What was put right of months that had been published."""
        words, found = self.words, self.account.corrections
        yield f"## {words('corrections_head')} {{#corrections}}"
        if not found:
            yield words("corrections_none")
            return
        lines = (
            words("correction", day=one.day, period=one.period, reason=plain(one.reason), before=one.before)
            for one in found
        )
        yield "\n".join(f"- {line}" for line in lines)
