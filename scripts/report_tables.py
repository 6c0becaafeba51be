"""The tables of a report page: HTML with a chart beside each row's figures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import count

from scripts.charts import Caption, Reach, diverging_bar, interval_line, reach, share_bar, swatch
from scripts.ratings import OptionRow, RatingRow
from scripts.report_text import Words
from surveys.definition import Question, Scale
from surveys.indicators import INTERVAL_FROM, PERCENT_FROM, Rates, percent, percent_interval, share, wilson

DASH = "—"
LEVELS_SHOWN = (5, 4, 3, 2, 1)
SIGNS = ("hidden", "merged", "sealed", "indicative", "dash")


def table(caption: str, head: Iterable[str], rows: Iterable[str], hint: str = "", kind: str = "") -> str:
    """A table in a box that scrolls by itself; head and rows are HTML already, the hint is for small screens.

    `kind` is one more class of the box.
    """
    label, classes = escape(caption), f"table-box {kind}".rstrip()
    swipe = f'<span class="swipe" aria-hidden="true">{escape(hint)}</span>' if hint else ""
    return (
        f'<div class="{classes}" role="group" tabindex="0" aria-label="{label}">\n<table>\n'
        f"<caption><span>{label}</span>{swipe}</caption>\n"
        f"<thead><tr>{''.join(head)}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n</table>\n</div>\n"
    )


def head_cell(text: str, number: bool = False) -> str:
    """The head of a column."""
    return f'<th scope="col"{_NUMBER if number else ""}>{text}</th>'


def number_cell(text: str) -> str:
    """A cell with a figure."""
    return f"<td{_NUMBER}>{text}</td>"


def row(name: str, cells: Iterable[str], kind: str = "") -> str:
    """A row with its name, HTML already, and its cells; `kind` is a class."""
    marked = f' class="{kind}"' if kind else ""
    return f'<tr{marked}><th scope="row">{name}</th>{"".join(cells)}</tr>'


_NUMBER = ' class="number"'


@dataclass(frozen=True)
class Named:
    """A row of ratings, what it is called, and where its own page stands if it has one."""

    name: str
    ratings: RatingRow
    page: str = ""


def _linked(named: Named) -> str:
    return f'<a href="{escape(named.page)}">{escape(named.name)}</a>' if named.page else escape(named.name)


class Tables:
    """Tables in one language; it remembers which signs were used, so that the page explains those and no other."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.signs: set[str] = set()
        self._numbers = count(1)

    def notes(self) -> list[str]:
        """What the signs in the tables mean."""
        return [
            self.words(f"why_{sign}")
            for sign in ("hidden", "merged", "sealed", "indicative", "dash")
            if sign in self.signs
        ]

    def caption(self, what: str, label: str, **values: object) -> Caption:
        """A chart's title and description."""
        words = self.words
        title, said = words(f"{what.partition('_')[0]}_title", label=label), words(what, **values)
        return Caption(f"chart-{next(self._numbers)}", title, said)

    def by_question(self, caption: str, scale: Scale, rows: Sequence[Named], printed: int | None = None) -> str:
        """Ratings of several questions of one scale, each with its levels as a bar; paper has the first rows only."""
        shown = [named.ratings.rates.levels for named in rows if named.ratings.rates]
        within = reach(shown, not scale.wide)
        body = [
            row(
                escape(named.name) + self._bar(named, scale, within),
                self._cells(named.ratings, scale),
                "web" if printed is not None and place >= printed else "",
            )
            for place, named in enumerate(rows)
        ]
        kind = "web" if printed is not None and printed <= 0 else ""
        return self._ratings(caption, "question", scale, body, kind)

    def by_month(self, caption: str, scale: Scale, rows: Sequence[Named]) -> str:
        """Ratings of one question, a row a month: the table behind a trend."""
        return self._ratings(
            caption, "month", scale, [row(escape(named.name), self._cells(named.ratings, scale)) for named in rows]
        )

    def by_unit(self, caption: str, scale: Scale, rows: Sequence[Named]) -> str:
        """Ratings of one question by unit, each with its interval."""
        first = rows[0].ratings.rates
        reference = first.satisfied if first and first.n >= PERCENT_FROM else None
        body = [row(_linked(named) + self._line(named, reference), self._cells(named.ratings, scale)) for named in rows]
        return self._ratings(caption, "unit", scale, body)

    def _ratings(self, caption: str, first: str, scale: Scale, body: Iterable[str], kind: str = "") -> str:
        words, texts = self.words, self._texts(scale)
        rates = ["satisfied", "interval", *(["wide"] if scale.wide else []), "n"]
        head = [
            head_cell(words(first)),
            *(head_cell(words(name), number=True) for name in rates),
            *(head_cell(f"{swatch(level)} {escape(texts[level])}", number=True) for level in LEVELS_SHOWN),
            head_cell(words("dont_know"), number=True),
        ]
        return table(caption, head, body, words("swipe"), kind)

    def level_names(self, scale: Scale) -> dict[str, str]:
        """The texts of a scale's levels by their standing, to be put into sentences."""
        texts = self._texts(scale)
        return {name: texts[level] for level, name in enumerate(("worst", "bad", "middle", "good", "best"), 1)}

    def _texts(self, scale: Scale) -> dict[int, str]:
        return {level.value: level.text[self.words.language] for level in scale.levels}

    def _cells(self, ratings: RatingRow, scale: Scale) -> list[str]:
        beside = number_cell(self._count(ratings.dont_know))
        n = number_cell(self._count(ratings.n))
        if ratings.rates is None:
            sign = "sealed" if ratings.n is None else ratings.status
            self.signs.add(sign)
            none = [number_cell(DASH)] * (3 if scale.wide else 2)
            return [*none, n, f'<td colspan="5">{self.words(sign)}</td>', beside]
        levels = [number_cell(f"{ratings.rates.levels[level - 1]:,}") for level in LEVELS_SHOWN]
        return [*(number_cell(text) for text in self._rates(ratings.rates, scale)), n, *levels, beside]

    def _count(self, value: int | None) -> str:
        return DASH if value is None else f"{value:,}"

    def _rates(self, rates: Rates, scale: Scale) -> list[str]:
        wide = [percent(rates.satisfied_count + rates.levels[2], rates.n)] if scale.wide else []
        texts = [percent(rates.satisfied_count, rates.n), self.interval(rates.interval, rates.n), *wide]
        if "" in texts:
            self.signs.add("dash")
        return [text or DASH for text in texts]

    def interval(self, interval: tuple[float, float] | None, n: int) -> str:
        """An interval in percent as HTML, marked where it stands alone; '' where n bears none."""
        text = percent_interval(interval, n)
        if text and n < PERCENT_FROM:
            self.signs.add("indicative")
            return f'{text} <span class="sign">{self.words("indicative")}</span>'
        return text

    def _bar(self, named: Named, scale: Scale, within: Reach) -> str:
        rates = named.ratings.rates
        if rates is None or rates.n == 0:
            return ""
        texts = self._texts(scale)
        said = self.words("separator").join(f"{texts[level]} {rates.levels[level - 1]:,}" for level in LEVELS_SHOWN)
        caption = self.caption("bar_desc", named.name, levels=said)
        return diverging_bar(rates.levels, not scale.wide, within, caption)

    def _line(self, named: Named, reference: float | None) -> str:
        rates = named.ratings.rates
        if rates is None or rates.interval is None or rates.n < INTERVAL_FROM:
            return ""
        interval = percent_interval(rates.interval, rates.n)
        if rates.n < PERCENT_FROM:
            caption = self.caption("interval_desc", named.name, interval=interval)
            return interval_line(rates.interval, None, reference, caption)
        said = percent(rates.satisfied_count, rates.n)
        caption = self.caption("interval_desc_point", named.name, percent=said, interval=interval)
        return interval_line(rates.interval, rates.satisfied, reference, caption)

    def options(self, question: Question, found: OptionRow) -> str:
        """How many chose each option, with bars; '' where that may not be shown or nobody answered."""
        if not found.n or found.counts is None:
            return ""
        words = self.words
        texts: dict[str, str] = {option.code: option.text[words.language] for option in question.options}
        rows = [
            row(
                escape(texts.get(code, code)) + self.share_of(texts.get(code, code), number, found.n),
                [
                    number_cell(percent(number, found.n) or DASH),
                    number_cell(self.interval(wilson(number, found.n), found.n) or DASH),
                    number_cell(f"{number:,}"),
                ],
            )
            for code, number in zip(found.codes, found.counts, strict=True)
        ]
        name = words({"number": "value", "text": "theme"}.get(question.kind, "option"))
        columns = [head_cell(words(key), number=True) for key in ("share", "interval", "people")]
        return table(question.text[words.language], [head_cell(name), *columns], rows)

    def share_of(self, label: str, number: int, n: int) -> str:
        """A bar of a share, '' where the share is no percentage."""
        said = percent(number, n)
        if not said or number > n:
            return ""
        return share_bar(share(number, n) or 0, self.caption("share_desc", label, percent=said))
