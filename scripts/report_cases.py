"""The part of a report's page that tells of cases: on time, outcomes, callbacks, durations, what is overdue."""

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape

from scripts.account import CaseAccount
from scripts.account_figures import (
    ADOPTED,
    BALANCE,
    CALLBACKS,
    CAME,
    CLAIMED,
    CONFIRMED,
    ON_TIME,
    OUTCOMES,
    TIMES,
    CaseRow,
    CaseTable,
)
from scripts.codebook_words import CASE_FIGURES, EXTENSION_REASONS
from scripts.report_frame import Frame, paper_only, plain, side_by_side, web_only
from scripts.report_tables import DASH, head_cell, number_cell, row, table
from scripts.report_text import Words
from scripts.said_text import Words as SaidWords
from surveys.codes import grouped
from surveys.indicators import WITHIN_WORKDAYS, percent, wilson
from surveys.released import ALL

UNIT_RATES = (*ON_TIME[:3], CLAIMED, CONFIRMED)
OVERDUE_PRINTED = 5


class CaseParts(Frame):
    """What the month tells of cases; nothing but one line where there were none."""

    @property
    def table(self) -> CaseTable | None:
        """The figures, None where there were no cases."""
        return CaseTable(self.account.cases, tuple(self.known.units)) if self.account.cases else None

    def lead(self) -> str:
        """The most important figure, in a sentence."""
        figures = self.table.city if self.table else None
        if figures is None or not figures.reply_due:
            return self.words("cases_on_time_none")
        k, n = figures.replied_in_time, figures.reply_due
        said = percent(k, n)
        return self.words("cases_on_time" if said else "cases_on_time_few", n=f"{n:,}", k=f"{k:,}", percent=said)

    def follow_ups(self) -> Iterator[str]:
        """Cases of residents who had rated and wanted an answer: counts, linked to no rating."""
        found = self.table
        if found is None or not any(one.whole for one in found.follow_ups()):
            yield self.words("follow_ups_none")
            return
        received, called, claimed, confirmed = found.follow_ups()
        k = confirmed.part
        word = self.words("follow_ups_hidden") if k is None else self.words("follow_ups_confirmed", k=f"{k:,}")
        counts = {"received": received.whole, "due": called.whole, "called": called.part}
        counts |= {"closed": claimed.whole, "claimed": claimed.part}
        told = {name: f"{n or 0:,}" for name, n in counts.items()}
        yield self.joined([self.words("follow_ups", **told, confirmed=word), self.words("follow_ups_why")])

    def parts(self) -> Iterator[str]:
        """The whole section."""
        yield f"## {self.words('cases_head')} {{#cases}}"
        found, account = self.table, self.account.cases
        if found is None or account is None:
            yield self.words("cases_none")
            return
        yield self._balance(account)
        yield side_by_side(
            [
                self._rates("on_time_caption", [found.rate(rate)[0] for rate in ON_TIME]),
                self._outcomes(found),
                self._callbacks(found),
            ]
        )
        yield self.joined([*self._gap(found), *self._others(found)])
        yield from self._reopened(account)
        yield from self._durations(found)
        yield web_only(self._by_unit(found))
        yield from self._overdue(account)
        yield from self.notes()

    def _balance(self, account: CaseAccount) -> str:
        sums = account.balance
        counts = {name: f"{getattr(sums, name):,}" for name in BALANCE}
        return self.words("balance", came=f"{sum(getattr(sums, name) for name in CAME):,}", **counts)

    def _outcomes(self, found: CaseTable) -> str:
        period, outcomes = self.account.period, found.city.outcomes
        whole = sum(outcomes.values())
        rows = [CaseRow(period, ALL, name, outcomes[name], whole) for name in OUTCOMES if whole]
        return self._rates("outcome_caption", [*rows, *self._resolved(found)])

    def _resolved(self, found: CaseTable) -> Sequence[CaseRow]:
        """What the units claim and what the residents confirmed, side by side."""
        return [one for rate in (CLAIMED, CONFIRMED) if (one := found.rate(rate)[0]).whole]

    def _gap(self, found: CaseTable) -> Iterator[str]:
        parts = [one.part for one in self._resolved(found) if one.part is not None]
        if len(parts) == 2 and parts[0] > parts[1]:
            yield self.words("gap", n=f"{parts[0] - parts[1]:,}")

    def _callbacks(self, found: CaseTable) -> str:
        return self._rates("callback_caption", [one for rate in CALLBACKS if (one := found.rate(rate)[0]).whole])

    def _others(self, found: CaseTable) -> Iterator[str]:
        figures = found.city
        if figures.no_contact or figures.answered_herself:
            counts = {"none": f"{figures.no_contact:,}", "herself": f"{figures.answered_herself:,}"}
            yield self.words("callback_others", **counts)

    def _rates(self, caption: str, rows: Sequence[CaseRow]) -> str:
        words = self.words
        if not rows:
            return ""
        head = [head_cell(words("figure"))]
        head += [head_cell(words(name), number=True) for name in ("share", "interval", "part", "whole")]
        return table(words(caption), head, [self._rate(one) for one in rows], words("swipe"))

    def _rate(self, one: CaseRow) -> str:
        name, whole = CASE_FIGURES[one.figure][self.language], one.whole or 0
        if one.part is None:
            self.tables.signs.add(one.status)
            return row(escape(name), [f'<td colspan="3">{self.words(one.status)}</td>', number_cell(f"{whole:,}")])
        cells = (*self._share(one.part, whole), f"{one.part:,}", f"{whole:,}")
        return row(escape(name) + self.tables.share_of(name, one.part, whole), map(number_cell, cells))

    def _share(self, part: int, whole: int) -> tuple[str, str]:
        if part > whole:
            return DASH, DASH
        found = percent(part, whole), self.tables.interval(wilson(part, whole), whole)
        if "" in found:
            self.tables.signs.add("dash")
        return found[0] or DASH, found[1] or DASH

    def _reopened(self, account: CaseAccount) -> Iterator[str]:
        told = []
        for month, by_unit in account.reopened.items():
            closed, again = (sum(getattr(one, name) for one in by_unit.values()) for name in ("closed", "reopened"))
            name = Words(self.language, month)("this_month")
            told.append(self.words("reopened", month=name, n=f"{closed:,}", k=f"{again:,}"))
        yield self.joined([*told, self.words("reopened_wait")])

    def _durations(self, found: CaseTable) -> Iterator[str]:
        words, times = self.words, {name: take(found.city) for name, take in TIMES.items()}
        if not times["reply"].n:
            return
        head = [head_cell(words("figure")), head_cell(words("n_cases"), number=True)]
        head += [head_cell(words("within", days=days), number=True) for days in WITHIN_WORKDAYS]
        head += [head_cell(words(name), number=True) for name in ("not_ended", "median", "ninetieth")]
        rows = []
        for name, time in times.items():
            counts = [time.n, *(time.within[days] for days in WITHIN_WORKDAYS), time.not_ended]
            ends = [words("not_reached_yet") if day is None else f"{day:,}" for day in (time.median, time.ninetieth)]
            rows.append(row(words(f"duration_{name}"), map(number_cell, (*(f"{n:,}" for n in counts), *ends))))
        yield table(words("durations_caption"), head, rows, words("swipe"))
        yield words("durations_why")

    def _by_unit(self, found: CaseTable) -> Iterator[str]:
        words, rates = self.words, [found.rate(rate) for rate in UNIT_RATES]
        columns = [{one.unit: one for one in rows} for rows in rates]
        late = [one.unit or "" for one in self.account.cases.overdue] if self.account.cases else []
        units = [unit or "" for unit in found.units if any(self._has(column, unit) for column in columns)]
        units += [unit for unit in dict.fromkeys(late) if unit not in units]
        head = [head_cell(words("unit_name"))]
        head += [head_cell(escape(CASE_FIGURES[rate.code][self.language]), number=True) for rate in UNIT_RATES]
        head.append(head_cell(words("overdue"), number=True))
        rows = [
            row(
                escape(self.unit_name(unit)),
                map(number_cell, [*(self._part_of(column.get(unit)) for column in columns), f"{late.count(unit):,}"]),
            )
            for unit in [*units, *(["other"] if "other" in columns[-1] else [])]
        ]
        if rows:
            yield table(words("by_unit_caption"), head, rows, words("swipe"))
            yield words("by_unit_note")

    def _has(self, column: dict[str, CaseRow], unit: str | None) -> bool:
        one = column.get(unit or "")
        return one is not None and bool(one.whole)

    def _part_of(self, one: CaseRow | None) -> str:
        if one is None or not one.whole:
            return DASH
        if one.part is None:
            self.tables.signs.add(one.status)
            return f"{self.words(one.status)} / {one.whole:,}"
        return f"{one.part:,} / {one.whole:,}"

    def _overdue(self, account: CaseAccount) -> Iterator[str]:
        """By number, the longest first; a printed sheet counts them where they are many."""
        if not account.overdue:
            yield self.words("overdue_none")
            return
        yield self.words("overdue_n", n=f"{len(account.overdue):,}")
        words = SaidWords(self.language)
        head = [head_cell(words(name), number=name == "days") for name in ("number", "days", "unit", "limit")]
        rows = []
        for one in account.overdue:
            limit = words(f"limit_{one.kind}" if one.kind in ("first_reply", "outcome") else one.kind)
            cells = [
                number_cell(f"{one.days:,}"),
                *(f"<td>{escape(text)}</td>" for text in (self.unit_name(one.unit), limit)),
            ]
            rows.append(row(grouped(one.number, 5), cells))
        shown = table(words("by_number"), head, rows, words("swipe"))
        if len(rows) > OVERDUE_PRINTED:
            yield paper_only(self.words("overdue_list"))
            yield web_only([shown])
        else:
            yield shown

    def adopted(self) -> Iterator[str]:
        """Suggestions that were taken up, with a dated link to what shows it."""
        yield f"## {self.words('adopted_head')} {{#adopted}}"
        account, figures = self.account.cases, self.table.city if self.table else None
        if account is None or figures is None or not account.adopted:
            yield self.words("adopted_none")
            return
        k, n = ADOPTED.counts(figures)
        yield self.words("adopted_n", n=f"{n:,}", k=f"{k:,}")
        yield "\n".join(f"- {self._taken_up(one.category, one.unit, one.on, one.link)}" for one in account.adopted)

    def _taken_up(self, category: str, unit: str | None, on: str, link: str) -> str:
        known = self.known.categories.get(category)
        name = known.text[self.language] if known else category
        address = escape(link)
        said = {"category": plain(name), "unit": plain(self.unit_name(unit)), "on": on}
        return self.words("adopted_item", link=f'<a href="{address}">{address}</a>', **said)

    def extended(self) -> Iterator[str]:
        """How many limits were extended, by how much and why."""
        account = self.account.cases
        if account is None or not account.extensions:
            yield self.words("extended_none")
            return
        by_days: Counter[int] = Counter()
        for (days, _), n in account.extensions.items():
            by_days[days] += n
        items = [self.words("extended_item", days=days, n=f"{n:,}") for days, n in sorted(by_days.items())]
        yield self.words("extended_n", n=f"{by_days.total():,}", list=self.listed(items))
        head = [head_cell(self.words("reason")), head_cell(self.words("part"), number=True)]
        rows = [
            row(escape(text[self.language]), [number_cell(f"{n:,}")])
            for reason, text in EXTENSION_REASONS.items()
            if (n := account.extended_for(reason))
        ]
        yield table(self.words("extended_caption"), head, rows)
