"""The report page of a month: Markdown with its tables as HTML, in one language, in an order that never changes."""

from collections.abc import Iterator, Sequence

from scripts.account import Account
from scripts.account_tables import account_texts
from scripts.codebook import CODEBOOK
from scripts.history import History, month_before
from scripts.ratings import SurveyMonth
from scripts.report_cards import CardParts
from scripts.report_cases import CaseParts
from scripts.report_counts import CountParts
from scripts.report_frame import Frame, front_matter, plain, web_only
from scripts.report_ratings import PRINTED_ROWS, RatingParts
from scripts.report_tables import Tables
from scripts.report_text import Words
from scripts.workbook import workbook_name
from surveys.definition import Question
from surveys.indicators import INTERVAL_FROM, PERCENT_FROM, Counted, half_up, newcombe, percent, percent_interval

__all__ = ["ANSWERS", "RATINGS", "ReportPage", "front_matter", "plain"]

RATINGS = ("ratings.csv", "ratings-bom.csv")
ANSWERS = ("answers.csv", "answers-bom.csv")
DIGITS = 16
"""How much of a fingerprint the page shows: all 64 digits of six surveys would fill the screen of a phone."""


class ReportPage(Frame):
    """One month's page in one language; `history` holds what is published of the months before."""

    def __init__(self, language: str, account: Account, history: History | None = None) -> None:
        words = Words(language, account.period)
        super().__init__(words, Tables(words), account)
        self.history = history
        self.ratings = RatingParts(words, self.tables, account)
        self.ratings.history = history
        self.cards = CardParts(words, self.tables, account)
        self.cards.history = history
        self.cases = CaseParts(words, self.tables, account)
        self.counts = CountParts(words, self.tables, account)

    @property
    def answered(self) -> list[SurveyMonth]:
        """The surveys that anybody answered."""
        return [month for month in self.account.months if month.received]

    def text(self) -> str:
        """The whole page."""
        words, n = self.words, self.account.received
        summary = words("summary", n=f"{n:,}") if n else words("summary_none")
        blocks = (block for part in self._parts() for block in part if block)
        return front_matter(words("title"), summary) + "\n" + "\n\n".join(blocks) + "\n"

    def _parts(self) -> Iterator[Iterator[str]]:
        """The parts of every report, in their fixed order."""
        yield self._first()
        yield self._rules()
        yield self.counts.answered()
        yield self.cards.parts()
        yield self._surveys()
        yield self._dissatisfied()
        yield self.cases.parts()
        yield self.cases.adopted()
        yield self.counts.declared()
        yield self._excluded_and_extended()
        yield self.counts.corrections()
        yield self._method()

    def _first(self) -> Iterator[str]:
        """Three sentences: what changed, how satisfied people are, and whether cases were answered on time.

        Where nothing can be compared, what was found stands first.
        """
        headlines = [self._headline(month, question) for month in self._by_size() for question in self._first_of(month)]
        found, pairs = headlines[0] if headlines else self.words("lead_none"), self._pairs()
        first = [self._change(pairs), found] if pairs else [found, self._no_change()]
        yield "\n".join(f"- {sentence}" for sentence in (*first, self.cases.lead()))
        yield self.words("interval_why")

    def _by_size(self) -> list[SurveyMonth]:
        return sorted(self.answered, key=lambda month: -sum(month.received.values()))

    def _first_of(self, month: SurveyMonth) -> Sequence[Question]:
        return list(month.of_kind("scale"))[:1]

    def _pairs(self) -> list[tuple[Question, tuple[Counted, Counted]]]:
        """The first questions that can be compared with the month before."""
        asked = [(month, question) for month in self.answered for question in self._first_of(month)]
        return [(question, pair) for month, question in asked if (pair := self._pair(month, question))]

    def _change(self, pairs: Sequence[tuple[Question, tuple[Counted, Counted]]]) -> str:
        """What changed for the whole city since the month before, where the interval says so."""
        told = [sentence for question, pair in pairs if (sentence := self._changed(question, *pair))]
        return self.joined(told) or self.words("change_none")

    def _no_change(self) -> str:
        """Why nothing can be compared: no share of this month, or none of the month before that fits it."""
        rates = [month.ratings(question)[0].rates for month in self.answered for question in self._first_of(month)]
        has_share = any(one is not None and one.n >= PERCENT_FROM for one in rates)
        return self.words("change_unknown" if has_share else "change_few")

    def _pair(self, month: SurveyMonth, question: Question) -> tuple[Counted, Counted] | None:
        """Satisfied of rated now and in the month before; None unless both shares are published, of the same bases."""
        rates = month.ratings(question)[0].rates
        published = self.history.months if self.history else ()
        before = next((one for one in published if one.name == month_before(month.month)), None)
        row = before.headline(month.key, "all") if before and before.headlines.get(month.key) == question.code else None
        earlier = row.rates if row else None
        if before and before.bases.get(month.key, month.bases) != month.bases:
            return None
        if rates is None or earlier is None or min(rates.n, earlier.n) < PERCENT_FROM:
            return None
        return Counted(rates.satisfied_count, rates.n), Counted(earlier.satisfied_count, earlier.n)

    def _changed(self, question: Question, after: Counted, before: Counted) -> str:
        change = newcombe(after, before)
        if change is None or not change.is_change:
            return ""
        low, high = sorted(abs(bound) for bound in (change.low, change.high))
        said = {"low": f"{half_up(low * 100, 1)}", "high": f"{half_up(high * 100, 1)}"}
        said |= {"before": percent(*before), "after": percent(*after)}
        return self.words("change_up" if change.low > 0 else "change_down", **said, **self.asked(question))

    def _headline(self, month: SurveyMonth, question: Question) -> str:
        """What is known of the first question, in a sentence."""
        found = month.ratings(question)[0]
        said = self.asked(question) | {"n": f"{found.n or 0:,}"}
        if found.rates is None:
            return self.words("headline_hidden", **said)
        n, satisfied = found.rates.n, found.rates.satisfied_count
        interval = percent_interval(found.rates.interval, n)
        if n >= PERCENT_FROM:
            said |= {"satisfied": f"{satisfied:,}", "percent": percent(satisfied, n)}
            return self.words("headline", interval=interval, **said)
        return self.words("headline_interval" if n >= INTERVAL_FROM else "headline_none", interval=interval, **said)

    def _rules(self) -> Iterator[str]:
        """Every version of a survey that was in force, with the beginning of its fingerprint."""
        yield f"## {self.words('rules_head')} {{#rules}}"
        versions = [survey for month in self.account.months for survey in month.versions]
        lines = [
            self.words(
                "rules",
                title=plain(survey.title[self.language]),
                key=survey.key,
                version=survey.version,
                digest=self.known.digest(survey)[:DIGITS],
            )
            for survey in versions
        ]
        yield "\n".join(f"- {line}" for line in lines) or self.words("rules_none")
        if lines:
            yield self.words("rules_digest", digits=DIGITS)

    def _surveys(self) -> Iterator[str]:
        yield f"## {self.words('ratings_head')} {{#ratings}}"
        if not self.answered:
            yield self.words("none")
        printed = max(1, PRINTED_ROWS // max(1, len(self.answered)))
        for month in self.answered:
            yield from self.ratings.survey(month, printed)

    def _dissatisfied(self) -> Iterator[str]:
        """How many are dissatisfied and why; then the cases of those who wanted an answer, linked to no rating."""
        yield f"## {self.words('dissatisfied_head')} {{#dissatisfied}}"
        told = [self._low(month, question) for month in self.answered for question in self._first_of(month)]
        yield from [one for one in told if one] or [self.words("dissatisfied_none")]
        yield from self.cases.follow_ups()

    def _low(self, month: SurveyMonth, question: Question) -> str:
        rates = month.ratings(question)[0].rates
        if rates is None or not rates.n:
            return ""
        low = rates.levels[0] + rates.levels[1]
        said = {"n": f"{rates.n:,}", "k": f"{low:,}", "percent": percent(low, rates.n), **self.asked(question)}
        asked = [one for one in month.of_kind("single", "multiple") if question.code in one.show_if]
        told = any(any(month.options(one)[0].counts or ()) for one in asked)
        reasons = self.words("reasons", anchor=f"{month.key}-options") if told else ""
        return self.joined([self.words("dissatisfied" if said["percent"] else "dissatisfied_few", **said), reasons])

    def _excluded_and_extended(self) -> Iterator[str]:
        yield f"## {self.words('excluded_head')} {{#excluded}}"
        yield from self.counts.excluded()
        yield from self.counts.out_of_line()
        yield from self.cases.extended()

    def _method(self) -> Iterator[str]:
        """How the figures are made, the audit's head right after the month closed, and the tables as files."""
        words, head = self.words, self.account.head
        yield f"## {words('method_head')} {{#method}}"
        yield words("how")
        if head:
            yield words("audited", n=f"{head.count:,}", head=head)
        yield web_only([f"### {words('downloads')} {{#data}}", "\n".join(self._downloads())])

    def _downloads(self) -> Iterator[str]:
        """The files lie in a folder named as the page."""
        words, comma = self.words, self.words("separator")
        kinds = (words("for_programs"), words("for_spreadsheets"))
        for what in ("ratings", "answers", *account_texts(self.account)):
            for name, kind in zip((f"{what}.csv", f"{what}-bom.csv"), kinds, strict=True):
                yield f"- [{name}]({self.account.period}/{name}): {words(f'file_{what}')}{comma}{kind}"
        for name, key in ((workbook_name(self.account.period), "file_workbook"), (CODEBOOK, "file_codebook")):
            yield f"- [{name}]({self.account.period}/{name}): {words(key)}"
        yield f"- {words('to_codebook')}"
