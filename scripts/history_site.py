"""All pages of the reports that hold more than one month, with the list of reports and its feed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from scripts.codebook import CODEBOOK
from scripts.counts import open_tally
from scripts.history import MONTH, SUM, History, Period, last_month, months_in
from scripts.history_names import Names, front_matter, page_name, page_of
from scripts.history_pages import SurveyPage, UnitPage
from scripts.open_data import write_files
from scripts.ratings import month_days
from scripts.report_page import plain
from scripts.said_page import NAMES
from scripts.said_text import HTML_LANGUAGE
from scripts.site_feed import FEED, Feed, FeedEntry, atom
from scripts.sum_page import SumPage, months_of
from scripts.sums import write_sums
from surveys.definition import LANGUAGES, Definitions
from surveys.store import Store
from surveys.store.answers import closing_days
from surveys.store.corrections import every

FEED_LENGTH = 100
FOLDERS = ("units", "surveys")


@dataclass(frozen=True)
class Days:
    """On which day each month was closed, and on which it was corrected last."""

    closed: Mapping[str, str]
    corrected: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def in_store(cls, store: Store) -> Self:
        """The days that a store holds."""
        closed, rows = store.read(lambda connection: (closing_days(connection), every(connection)))
        return cls(closed, {row.period: row.day for row in rows})


class Shelf:
    """Every page that is made of the published tables, in one language."""

    def __init__(self, language: str, history: History, known: Definitions, days: Days) -> None:
        self.language = language
        self.history = history
        self.days = days
        self.names = Names(language, history, known)
        self.words = self.names.words

    def files(self) -> dict[str, bytes]:
        """Each file by its place in the folder of reports; the same tables give the same bytes."""
        names = self.names
        pages = {"index.md": self._index(), "units/index.md": self._units(), "surveys/index.md": self._surveys()}
        pages |= {f"{period.name}.md": SumPage(names, period).text() for period in self.history.sums}
        pages |= {f"units/{page_name(code)}.md": UnitPage(names, code).text() for code in names.units()}
        pages |= {f"surveys/{page_name(key)}.md": SurveyPage(names, key).text() for key in names.surveys()}
        return {name: text.encode() for name, text in pages.items()} | {FEED: atom(self._feed())}

    def _index(self) -> str:
        """Years newest first, in each the sums and then its months."""
        words = self.words
        blocks = [front_matter(words("reports"), words("reports_summary"), feed=FEED), words("ways"), words("feed")]
        if any((month.folder / CODEBOOK).is_file() for month in self.history.months):
            blocks.append(words("codebook"))
        newest_first = [period.name for period in reversed(self.history.months)]
        sums = [period.name for period in reversed(self.history.sums)]
        for year in dict.fromkeys(name[:4] for name in newest_first):
            blocks.append(f"## {words('year', year=year)}")
            added = [f"[{words.period(name)}]({name}.md)" for name in sums if name[:4] == year]
            blocks += [words("sums", list=words.list(added))] if added else []
            months = [name for name in newest_first if name[:4] == year]
            blocks.append("\n".join(f"- [{self._title(name)}]({name}.md)" for name in months))
        return page_of(iter(blocks))

    def _title(self, name: str) -> str:
        return self.words("report_of", name=self.words.period(name))

    def _units(self) -> str:
        """The units as the register nests them."""
        names, words = self.names, self.words
        listed = [f"{'    ' * self._depth(code)}- {self._link(code, names.unit(code))}" for code in names.units()]
        return self._list("units", listed or [words("units_none")])

    def _depth(self, code: str) -> int:
        parent = self.names.parents.get(code)
        return 1 + self._depth(parent.code) if parent else 0

    def _surveys(self) -> str:
        names, words = self.names, self.words
        listed = [f"- {self._link(key, names.survey(key))}" for key in names.surveys()]
        return self._list("surveys", listed or [words("surveys_none")])

    def _link(self, code: str, name: str) -> str:
        return f"[{plain(name)}]({page_name(code)}.md)"

    def _list(self, what: str, lines: list[str]) -> str:
        words = self.words
        return page_of(iter([front_matter(words(what), words(f"{what}_summary")), "\n".join(lines)]))

    def _feed(self) -> Feed:
        """The newest reports, each since the day on which its last month was closed."""
        periods = sorted((*self.history.months, *self.history.sums), key=self._order, reverse=True)
        return Feed(
            key=f"reports/{self.language}",
            language=HTML_LANGUAGE[self.language],
            title=self.words("reports"),
            subtitle=self.words("reports_summary"),
            author=NAMES[self.language],
            entries=tuple(self._entry(period) for period in periods[:FEED_LENGTH]),
        )

    def _order(self, period: Period) -> tuple[str, str, int]:
        return self._day(period), last_month(period.name), len(months_in(period.name))

    def _day(self, period: Period) -> str:
        months = months_of(self.history, period)
        return max(self.days.closed.get(month.name, month_days(month.name)[1].isoformat()) for month in months)

    def _entry(self, period: Period) -> FeedEntry:
        key = f"reports/{period.name}/{self.language}"
        day = self._day(period)
        own = (self.days.corrected.get(month.name, "") for month in months_of(self.history, period))
        return FeedEntry(key, self._title(period.name), f"{period.name}/", day, max(day, *own))


def renew_history(store: Store, tally: Path, known: Definitions, content: Path) -> None:
    """Write the sums that are due, then every page that holds more than one month, where it changed.

    Pages are made of the published tables alone. What stands there of units or surveys that are gone is removed.
    """
    with open_tally(tally) as counts:
        write_sums(store, counts, known, content)
    days = Days.in_store(store)
    for language in LANGUAGES:
        folder = content / language / "reports"
        files = Shelf(language, History(folder), known, days).files()
        write_files(folder, files)
        for path in _others(folder, files):
            path.unlink()


def _others(folder: Path, files: Mapping[str, bytes]) -> Iterator[Path]:
    """Pages of units, surveys and sums that are made no longer."""
    pages = [path for name in FOLDERS for path in sorted((folder / name).glob("*.md"))]
    pages += [path for path in sorted(folder.glob("*.md")) if SUM.match(path.stem) and not MONTH.match(path.stem)]
    return (path for path in pages if path.relative_to(folder).as_posix() not in files)
