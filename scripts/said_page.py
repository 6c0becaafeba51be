"""The pages "you said, we did": an index, a page a month, the overdue list and a feed, in one language."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from scripts.report_page import front_matter
from scripts.report_tables import head_cell, number_cell, row, table
from scripts.said_text import HTML_LANGUAGE, Words, escaped, shown
from scripts.site_feed import FEED, Feed, FeedEntry, atom
from surveys.case_publication import Echo
from surveys.codes import grouped
from surveys.definition import Definitions

FOLDER = "said-and-done"
FEED_LENGTH = 100
Photos = tuple[bytes, ...]
"""The photos of a case that its resident let be public, as JPEG."""
NAMES = {"zh": "回音", "en": "Huiyin"}


@dataclass(frozen=True)
class Overdue:
    """A case that is late: its number, who has it, the kind of limit, and by how many days."""

    number: str
    unit: str | None
    limit: str
    days: int


@dataclass(frozen=True)
class OverdueList:
    """What is late in the morning of a day."""

    day: date
    cases: tuple[Overdue, ...]


class SaidPages:
    """All files of one language; without a list of what is overdue its page says that there was none yet."""

    def __init__(
        self,
        language: str,
        echoes: Mapping[Echo, Photos],
        overdue: OverdueList | None,
        definitions: Definitions | None,
    ) -> None:
        self.language = language
        self.echoes = echoes
        self.overdue = overdue
        self.definitions = definitions
        self.words = Words(language)
        self.months = sorted({echo.batch for echo in echoes}, reverse=True)

    def files(self) -> dict[str, bytes]:
        """Every file by its name in the folder; the same cases give the same bytes."""
        pages = {"index.md": self._index(), "overdue.md": self._overdue()}
        pages |= {f"{month}.md": self._month(month) for month in self.months}
        photos = {
            f"{echo.batch}/{name}": image
            for echo, images in self.echoes.items()
            for name, image in zip(_photo_names(echo, images), images, strict=True)
        }
        return {name: text.encode() for name, text in pages.items()} | {FEED: atom(self._feed())} | photos

    def _of(self, month: str) -> list[Echo]:
        """Newest first by what is shown of the closing, then by an id that says nothing."""
        found = [echo for echo in self.echoes if echo.batch == month]
        return sorted(sorted(found, key=lambda echo: echo.id), key=lambda echo: echo.closed, reverse=True)

    def _index(self) -> str:
        words = self.words
        blocks = [front_matter(words("title"), words("summary")), words("about"), words("to_overdue")]
        for year in dict.fromkeys(month[:4] for month in self.months):
            lines = [self._item(month) for month in self.months if month.startswith(year)]
            blocks += [f"## {words('year', year=year)}", "\n".join(lines)]
        return _page([*blocks, *([] if self.months else [words("none")]), words("feed")])

    def _item(self, month: str) -> str:
        count = self.words("items", n=len(self._of(month)))
        mark = f"（{count}）" if self.language == "zh" else f" ({count})"
        return f"- [{self.words.of_month('month_item', month)}]({month}.md){mark}"

    def _month(self, month: str) -> str:
        echoes = self._of(month)
        title = self.words.of_month("month_title", month)
        summary = self.words.of_month("month_summary", month, n=len(echoes))
        return _page([front_matter(title, summary), *(self._section(echo) for echo in echoes)])

    def _section(self, echo: Echo) -> str:
        parts = [f'<div class="said" id="s-{echo.id}">']
        parts += [f"<h2>{escaped(self.heading(echo))}</h2>", self._summary(echo)]
        parts += self._photos(echo)
        facts = (f"<div><dt>{escaped(name)}</dt><dd>{value}</dd></div>" for name, value in self._facts(echo))
        return "".join([*parts, '<dl class="said__facts">', *facts, "</dl></div>"])

    def heading(self, echo: Echo) -> str:
        """The kind of case and the unit that handled it."""
        category = self.definitions.categories.get(echo.category) if self.definitions else None
        name = category.text[self.language] if category else echo.category
        return self.words("heading", category=name, unit=self._unit(echo.unit, "no_unit"))

    def _unit(self, code: str | None, otherwise: str) -> str:
        unit = self.definitions.units.get(code or "") if self.definitions else None
        return unit.name[self.language] if unit else code or self.words(otherwise)

    def _summary(self, echo: Echo) -> str:
        """In the page's language where it was written in it, else in its own."""
        own = self.language if self.language in echo.texts else next(iter(echo.texts))
        named = "" if own == self.language else f' lang="{HTML_LANGUAGE[own]}"'
        return f'<div class="said__words"{named}>{shown(echo.texts[own])}</div>'

    def _photos(self, echo: Echo) -> Iterator[str]:
        """Each with the place in the row in its description: what is to be seen, nobody has put in words."""
        names = _photo_names(echo, self.echoes[echo])
        for place, name in enumerate(names, 1):
            told = self.words("photo", heading=self.heading(echo), place=place, n=len(names))
            yield f'<p class="said__photo"><img src="{name}" alt="{escaped(told)}" loading="lazy" decoding="async"></p>'

    def _facts(self, echo: Echo) -> Iterator[tuple[str, str]]:
        words = self.words
        ground = words(echo.ground) if echo.ground else ""
        yield words("outcome"), words(echo.outcome, day=f"<time>{echo.outcome_day}</time>", ground=ground)
        yield words("word"), escaped(words("confirmed" if echo.confirmed else "unconfirmed"))
        if echo.adoption:
            address = escape(echo.adoption.link)
            link = f'<a href="{address}">{address}</a>'
            yield words("adopted"), words("adopted_since", day=f"<time>{echo.adoption.on}</time>", link=link)
        for name, day in (("received", echo.received), ("first_reply", echo.first_reply), ("closed", echo.closed)):
            if day:
                yield words(name), f"<time>{day}</time>"
        if echo.was_late:
            yield words("late"), escaped(words("was_late"))

    def _overdue(self) -> str:
        words, found = self.words, self.overdue
        blocks = [front_matter(words("overdue_title"), words("overdue_summary"))]
        if found is None:
            blocks.append(words("overdue_never"))
        elif found.cases:
            blocks += [words("overdue_n", day=found.day, n=f"{len(found.cases):,}"), words("overdue_about")]
            blocks += [self._by_unit(found.cases), self._by_number(found.cases)]
        else:
            blocks.append(words("overdue_none", day=found.day))
        return _page([*blocks, words("overdue_how")])

    def _by_unit(self, cases: Sequence[Overdue]) -> str:
        """Units in the order of the register: this is no ranking."""
        register = list(self.definitions.units) if self.definitions else []
        counts = Counter(case.unit for case in cases)
        units = sorted(counts, key=lambda code: (register.index(code) if code in register else -1, code or ""))
        rows = [(self._unit(unit, "unassigned"), f"{counts[unit]:,}") for unit in units]
        return self._table("by_unit", ("unit", "cases"), rows)

    def _by_number(self, cases: Sequence[Overdue]) -> str:
        rows = [
            (grouped(case.number, 5), f"{case.days:,}", self._unit(case.unit, "unassigned"), self._limit(case.limit))
            for case in sorted(cases, key=lambda case: (-case.days, case.number))
        ]
        return self._table("by_number", ("number", "days", "unit", "limit"), rows)

    def _limit(self, kind: str) -> str:
        return self.words(f"limit_{kind}" if kind in ("first_reply", "outcome") else kind)

    def _table(self, caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        """The second column holds a number; a table of two columns needs no swiping."""
        hint = self.words("swipe") if len(heads) > 2 else ""
        head = (head_cell(self.words(name), number=place == 1) for place, name in enumerate(heads))
        return table(self.words(caption), head, map(_row, rows), hint)

    def _feed(self) -> Feed:
        words = self.words
        entries = [
            FeedEntry(f"{echo.id}/{self.language}", self.heading(echo), f"{month}/#s-{echo.id}", echo.since)
            for month in self.months
            for echo in self._of(month)
        ]
        return Feed(
            key=f"{FOLDER}/{self.language}",
            language=HTML_LANGUAGE[self.language],
            title=words("title"),
            subtitle=words("summary"),
            author=NAMES[self.language],
            entries=tuple(entries[:FEED_LENGTH]),
        )


def _photo_names(echo: Echo, photos: Photos) -> list[str]:
    return [f"{echo.id}-{place}.jpg" for place in range(1, len(photos) + 1)]


def _row(cells: Sequence[str]) -> str:
    name, number, *others = map(escaped, cells)
    return row(name, [number_cell(number), *(f"<td>{cell}</td>" for cell in others)])


def _page(blocks: Sequence[str]) -> str:
    return "\n\n".join(blocks) + "\n"


def blank_files(language: str) -> Mapping[str, bytes]:
    """The files of a site whose office has published nothing yet."""
    return SaidPages(language, {}, None, None).files()
