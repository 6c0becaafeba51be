"""The tables of an account beside ratings and answers, as CSV text: cases, what units declared, exclusions."""

from collections.abc import Iterator, Sequence

from scripts.account import Account
from scripts.account_figures import CaseRow, CaseTable
from scripts.card_counts import together
from scripts.csv_text import csv_text
from scripts.ratings import SurveyMonth
from surveys.declared import Declaration
from surveys.exclusions import REASONS
from surveys.indicators import INTERVAL_FROM, PERCENT_FROM, half_up, share, wilson
from surveys.released import ALL

CASES_HEADER = "period,unit,figure,part,whole,share,low,high,status"
DECLARED_HEADER = "period,unit,figure,survey,part,whole,share"
EXCLUSIONS_HEADER = "period,survey,unit,reason,part,whole,share"
CALLS_HEADER = "period,survey,answered,refused,not_reached,share"
SURGES_HEADER = "period,survey,unit,channel,day,n,usual"
CARDS_HEADER = "period,survey,unit,batch,day,issued,used,void,share"
DURATIONS = ("_median", "_ninetieth")
Line = Sequence[str]


def account_texts(account: Account) -> dict[str, str]:
    """Each table by its name: its header alone if it tells nothing, but no cards, calls or surges without any."""
    cases = CaseTable(account.cases, tuple(account.known.units)).rows() if account.cases else ()
    issued = [line for month in account.months for line in _cards(month)]
    cards = {"cards": csv_text(CARDS_HEADER, issued)} if issued else {}
    called = [(month.month, month.key, *month.calls.cells()) for month in account.months if month.calls.made]
    calls = {"calls": csv_text(CALLS_HEADER, called)} if called else {}
    jumps = [line for month in account.months for line in _surges(month)]
    return (
        cards
        | calls
        | ({"surges": csv_text(SURGES_HEADER, jumps)} if jumps else {})
        | {
            "cases": csv_text(CASES_HEADER, (_case_line(row) for row in cases)),
            "declared": csv_text(DECLARED_HEADER, (_declared_line(one) for one in with_sums(account.declared))),
            "exclusions": csv_text(EXCLUSIONS_HEADER, (line for month in account.months for line in _excluded(month))),
        }
    )


def _surges(month: SurveyMonth) -> Iterator[Line]:
    """The days out of line, in the order of the calendar."""
    for one in sorted(month.surges, key=lambda one: (one.day, one.unit, one.channel)):
        yield (month.month, month.key, one.unit, one.channel, one.day, str(one.n), str(one.usual))


def _case_line(row: CaseRow) -> Line:
    part, whole = ("" if one is None else str(one) for one in (row.part, row.whole))
    return (row.period, row.unit, row.figure, part, whole, *_rates(row.part, row.whole), row.status)


def _rates(part: int | None, whole: int | None) -> Line:
    """Share and 95 % interval as far as the whole bears them; a part that is more than the whole has neither."""
    if part is None or whole is None or whole < INTERVAL_FROM or part > whole:
        return ("", "", "")
    low, high = wilson(part, whole) or (0.0, 1.0)
    return (_share(part, whole), str(half_up(low, 6)), str(half_up(high, 6)))


def _share(part: int | None, whole: int) -> str:
    found = share(part, whole) if part is not None and whole >= PERCENT_FROM else None
    return "" if found is None else str(half_up(found, 6))


def with_sums(declared: Sequence[Declaration]) -> Iterator[Declaration]:
    """Each figure's sum over the units that declared it, then the units one by one."""
    for key in dict.fromkeys((one.figure, one.survey) for one in declared):
        own = [one for one in declared if (one.figure, one.survey) == key]
        parts = [one.part for one in own if one.part is not None]
        part = sum(parts) if len(parts) == len(own) else None
        yield Declaration(own[0].period, ALL, *key, sum(one.whole for one in own), part)
        yield from own


def _declared_line(one: Declaration) -> Line:
    part = "" if one.part is None else str(one.part)
    return (one.period, one.unit, one.figure, one.survey, part, str(one.whole), _share(one.part, one.whole))


def _cards(month: SurveyMonth) -> Iterator[Line]:
    """All batches of a survey together, then each of them."""
    if month.batches:
        for batch in (together(month.batches), *month.batches):
            yield (month.month, month.key, *batch.cells())


def _excluded(month: SurveyMonth) -> Iterator[Line]:
    """Of a survey that was answered: all of it, then by reason, then by unit."""
    received, reasons, units = sum(month.received.values()), month.excluded("reason"), month.excluded("unit")
    if not received:
        return
    found = [(ALL, ALL, sum(reasons.values()), received)]
    found += [(ALL, reason, reasons[reason], received) for reason in REASONS if reasons[reason]]
    found += [(unit, ALL, units[unit], month.received[unit]) for unit in month.units if units[unit]]
    for unit, reason, part, whole in found:
        yield (month.month, month.key, unit, reason, str(part), str(whole), _share(part, whole))
