"""Tables of the pages that hold all months: HTML made of published rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import count
from typing import TypeVar

from scripts.charts import Caption, interval_line
from scripts.history import Cells, Options, Period, Rating
from scripts.history_text import Words
from scripts.report_tables import DASH, LEVELS_SHOWN, head_cell, number_cell, row, table
from scripts.trend_charts import TrendPoint, trend
from surveys.indicators import INTERVAL_FROM, PERCENT_FROM, Change, Rates, half_up, percent, percent_interval, wilson

K = TypeVar("K")
SIGNS = ("hidden", "merged", "sealed", "indicative", "dash")


@dataclass(frozen=True)
class Line:
    """One row of a table of ratings: its name as HTML, the published row, and cells that stand before the counts."""

    name: str
    rating: Rating
    beside: tuple[str, ...] = ()


class HistoryTables:
    """Tables and charts of one page; it remembers which signs they used, so that the page explains those alone."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.signs: set[str] = set()
        self._numbers = count(1)

    def notes(self) -> list[str]:
        """What the signs in the tables so far mean."""
        found = [self.words(f"why_{sign}") for sign in SIGNS if sign in self.signs]
        self.signs.clear()
        return found

    def caption(self, title: str, description: str) -> Caption:
        """A chart's title and description under an id of its own."""
        return Caption(f"chart-{next(self._numbers)}", title, description)

    def ratings(
        self, caption: str, first: str, levels: Mapping[int, str], lines: Sequence[Line], beside: Sequence[str] = ()
    ) -> str:
        """Published rows under one another: the rates, what stands beside them, then all counts."""
        words = self.words
        head = [
            head_cell(words(first)),
            *(head_cell(words(name), number=True) for name in ("satisfied", "interval", *beside, "n")),
            *(head_cell(escape(levels.get(level, str(level))), number=True) for level in LEVELS_SHOWN),
            head_cell(words("dont_know"), number=True),
        ]
        return table(caption, head, [row(line.name, self._cells(line)) for line in lines], words("swipe"))

    def _cells(self, line: Line) -> list[str]:
        rating, rates = line.rating, line.rating.rates
        beside, n = [number_cell(text) for text in line.beside], number_cell(_count(rating.n))
        unsure = number_cell(_count(rating.dont_know))
        if rates is None:
            sign = "sealed" if rating.n is None else rating.status
            self.signs.add(sign)
            return [*[number_cell(DASH)] * 2, *beside, n, f'<td colspan="5">{self.words(sign)}</td>', unsure]
        levels = [number_cell(f"{rates.levels[level - 1]:,}") for level in LEVELS_SHOWN]
        shown = [percent(rates.satisfied_count, rates.n), self.interval(rates.interval, rates.n)]
        return [*(number_cell(self._or_dash(text)) for text in shown), *beside, n, *levels, unsure]

    def _or_dash(self, text: str) -> str:
        if not text:
            self.signs.add("dash")
        return text or DASH

    def interval(self, interval: tuple[float, float] | None, n: int) -> str:
        """An interval in percent as HTML, marked where it stands alone; '' where n bears none."""
        text = percent_interval(interval, n)
        if text and n < PERCENT_FROM:
            self.signs.add("indicative")
            return f'{text} <span class="sign">{self.words("indicative")}</span>'
        return text

    def change(self, change: Change | None, n: int) -> str:
        """A difference to the month before, called a change only where it is one."""
        if change is None:
            return DASH
        if not change.is_change:
            return self.words("no_change")
        digits = 0 if n < 100 else 1
        bounds = sorted((abs(change.low), abs(change.high)))
        size, low, high = (half_up(value * 100, digits) for value in (abs(change.difference), *bounds))
        way = self.words("rise" if change.difference > 0 else "fall")
        return f'{way} <span class="sign">{self.words("points", size=size, low=low, high=high)}</span>'

    def line_chart(self, name: str, rates: Rates | None, reference: float | None) -> str:
        """The interval of one row between 0 and 100 percent; '' where it has none."""
        if rates is None or rates.interval is None or rates.n < INTERVAL_FROM:
            return ""
        said, interval = percent(rates.satisfied_count, rates.n), percent_interval(rates.interval, rates.n)
        key = "interval_desc_point" if said else "interval_desc"
        words = self.words
        caption = self.caption(words("interval_title", label=name), words(key, percent=said, interval=interval))
        return interval_line(rates.interval, rates.satisfied if said else None, reference, caption)

    def trend(self, name: str, points: Sequence[TrendPoint], note: str) -> str:
        """A chart of some months with a note under it; '' where it would hold nothing."""
        known = [point.month for point in points if point.interval]
        if len(points) < 2 or not known:
            return ""
        said = self.words("chart_desc", first=points[0].month, last=points[-1].month, n=len(known))
        drawn = trend(points, self.caption(self.words("chart_title", name=name), said))
        return drawn and f'<figure class="trend">\n{drawn}\n<figcaption>{escape(note.strip())}</figcaption>\n</figure>'

    def options(self, caption: str, texts: Mapping[str, str], lines: Sequence[tuple[str, Options]]) -> str:
        """People by option, a line for each month; what is not shown is one cell over all options."""
        words, codes = self.words, list(texts)
        head = [head_cell(words("month")), head_cell(words("answered"), number=True)]
        head += [head_cell(escape(text), number=True) for text in texts.values()]
        rows = [row(name, [number_cell(_count(one.n)), *self._option_cells(one, codes)]) for name, one in lines]
        return table(caption, head, rows, words("swipe"))

    def _option_cells(self, one: Options, codes: Sequence[str]) -> list[str]:
        if not codes:
            return []
        if one.counts is None or one.n is None:
            sign = "sealed" if one.n is None else one.status
            self.signs.add(sign)
            return [f'<td colspan="{len(codes)}">{self.words(sign)}</td>']
        counts = dict(zip(one.codes, one.counts, strict=True))
        return [number_cell(_with_share(counts[code], one.n) if code in counts else DASH) for code in codes]

    def shares(self, caption: str, texts: Mapping[str, str], one: Options) -> str:
        """Each option of one question with its share, interval and number of people; '' where that is not shown."""
        if one.counts is None or not one.n:
            return ""
        words, n = self.words, one.n
        rows = [
            row(escape(texts.get(code, code)), map(number_cell, self._share_cells(number, n)))
            for code, number in zip(one.codes, one.counts, strict=True)
        ]
        columns = [head_cell(words(key), number=True) for key in ("share", "interval", "people")]
        return table(caption, [head_cell(words("option")), *columns], rows)

    def _share_cells(self, number: int, n: int) -> Iterable[str]:
        interval = self.interval(wilson(number, n), n)
        return (self._or_dash(percent(number, n)), self._or_dash(interval), f"{number:,}")

    def figures(self, caption: str, names: Mapping[K, str], lines: Sequence[tuple[str, Mapping[K, str]]]) -> str:
        """Any figures by month: a column for each name, a dash where a month has none; the cells are HTML."""
        head = [head_cell(self.words("month")), *(head_cell(escape(name), number=True) for name in names.values())]
        rows = [row(name, [number_cell(cells.get(key) or DASH) for key in names]) for name, cells in lines]
        return table(caption, head, rows, self.words("swipe"))

    def figure(self, cells: Cells) -> str:
        """A published figure: a number, or a part of a whole with its share from 30 on, or why there is no part."""
        whole, part = cells["whole"], cells["part"]
        sign = cells.get("status", "shown")
        if sign != "shown":
            self.signs.add(sign)
            return f'{self.words(sign)} <span class="sign">{self.words("of_whole", n=f"{int(whole):,}")}</span>'
        if not part:
            return f"{int(whole):,}" if whole else ""
        said = percent(int(part), int(whole))
        share = f' <span class="sign">{said}</span>' if said else ""
        return f"{int(part):,} / {int(whole):,}{share}"


def point(period: Period, rating: Rating, reference: Rating | None = None) -> TrendPoint:
    """What a chart shows of a published row: as far as its n bears it."""
    rates = rating.rates
    interval = rates.interval if rates and rates.n >= INTERVAL_FROM else None
    share = rates.satisfied if rates and rates.n >= PERCENT_FROM else None
    held = reference.rates if reference else None
    return TrendPoint(period.name, interval, share, held.satisfied if held and held.n >= PERCENT_FROM else None)


def _count(value: int | None) -> str:
    return DASH if value is None else f"{value:,}"


def _with_share(number: int, n: int) -> str:
    said = percent(number, n)
    return f"{number:,} ({said})" if said else f"{number:,}"
