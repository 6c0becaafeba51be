"""The sheets of a month's workbook as plain values: which columns stand where, and what each cell says and how."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple
from unicodedata import east_asian_width

from scripts.codebook import Labels, column_of
from scripts.codebook_tables import TABLES, Column
from scripts.csv_text import header_of, rows_of
from surveys.indicators import INTERVAL_FROM, PERCENT_FROM, half_up, share, wilson
from surveys.yaml_reading import Text

Style = Literal["text", "code", "count", "percent", "percent_1", "mean", "sign"]
CODED = ("survey", "question", "unit", "option", "figure", "reason")
_WIDEST: Mapping[str, int] = {"question": 56, "option": 40, "figure": 40}
_OTHERS_WIDEST = 36
_ONE_LINE, _MARGIN = 14, 2
_WORDS = ("text", "code", "sign")
_WIDE = Column(
    "wide",
    "share",
    Text(zh="满意率（含基本满意）", en="Satisfied, wide"),
    Text(
        zh="再加上 3 分票，除以 n，只用于中间一级算满意的题",
        en="With level 3 as well ÷ n, only where the middle level counts as satisfied",
    ),
)
_DISSATISFIED = Column(
    "dissatisfied",
    "share",
    Text(zh="差评率", en="Dissatisfied"),
    Text(zh="1 分票加 2 分票，除以 n，30 票以上才有", en="Ratings of levels 1 and 2 ÷ n, from 30 on"),
)
_ORDERS: Mapping[str, str] = {
    "ratings": "period survey question unit n n_5 n_4 n_3 n_2 n_1 dont_know "
    "satisfied low high wide dissatisfied mean status",
}
_DERIVED: Mapping[str, Column] = {"wide": _WIDE, "dissatisfied": _DISSATISFIED}
_DASH, _HIDDEN, _SEALED, _MERGED = "dash", "hidden", "sealed", "merged"


class Cell(NamedTuple):
    """What a cell holds and how it is written."""

    value: str | int | float
    style: Style


@dataclass(frozen=True)
class Heading:
    """The head of a column in both languages, its width in Latin characters, and whether it holds figures."""

    zh: str
    en: str
    width: int
    is_number: bool


@dataclass(frozen=True)
class Sheet:
    """One table laid out for reading: headings, rows, how many columns stay in sight, and where the codes begin.

    `totals` are the places of the rows that hold all units together.
    """

    name: str
    title: Text
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: frozenset[int]
    frozen: int
    codes: int


def columns_of(name: str, text: str) -> list[Column]:
    """The columns of a table's sheet in the order of an office, without the codes at the end."""
    header = header_of(text)
    order = _ORDERS[name].split() if name in _ORDERS else header
    return [_DERIVED[column] if column in _DERIVED else column_of(name, column) for column in order]


def sheet_of(name: str, text: str, labels: Labels) -> Sheet:
    """The sheet of one table, given as CSV text."""
    columns = columns_of(name, text)
    coded = [column for column in columns if column.kind in CODED]
    rows = rows_of(text)
    wholes = {_place(row): row["n"] for row in rows if row.get("code") == ""}
    made = [
        tuple(_Row(name, row, wholes.get(_place(row), row.get("n", "")), labels).cells(columns, coded)) for row in rows
    ]
    return Sheet(
        name=name,
        title=TABLES[name].title,
        headings=tuple(_headings(columns, coded, made)),
        rows=tuple(made),
        totals=frozenset(place for place, row in enumerate(rows) if row.get("unit") == "all"),
        frozen=sum(column.kind == "period" or column.kind in CODED for column in columns[:5]),
        codes=len(columns),
    )


def _place(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(row.get(column, "") for column in ("survey", "question", "unit"))


def _headings(columns: Sequence[Column], coded: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> Iterator[Heading]:
    """The heads of the columns, each as wide as what stands below it, up to a limit."""
    for place, column in enumerate((*columns, *coded)):
        is_code = place >= len(columns)
        zh, en = column.heading["zh"], column.heading["en"]
        zh, en = (f"{zh}代码", f"{en}, code") if is_code else (zh, en)
        head = max(max(min(columns_wide(text), _ONE_LINE), columns_wide(text) // 2 + 1) for text in (zh, en))
        below = max((columns_wide(str(row[place].value)) for row in rows if row[place].style in _WORDS), default=0)
        width = min(_WIDEST.get(column.kind, _OTHERS_WIDEST), max(head, below)) + _MARGIN
        yield Heading(zh, en, width, is_number=not is_code and column.kind in ("count", "share", "mean"))


@lru_cache(maxsize=4096)
def columns_wide(text: str) -> int:
    """How many Latin characters wide a text is; a Chinese one is two."""
    return sum(2 if east_asian_width(character) in "WFA" else 1 for character in text)


class _Row:
    """One line of a table with what its cells are measured by."""

    def __init__(self, table: str, row: Mapping[str, str], n: str, labels: Labels) -> None:
        self.table = table
        self.row = row
        self.labels = labels
        self.n = n
        self.counted = self._counted()

    def _counted(self) -> tuple[int, int] | None:
        """Part and whole of the row's share, where both are published."""
        row = self.row
        if self.table == "ratings":
            return (int(row["n_4"]) + int(row["n_5"]), int(row["n"])) if row["n_4"] else None
        if self.table == "cards":
            return int(row["used"]), int(row["issued"]) - int(row["void"])
        if self.table == "calls":
            return int(row["answered"]), sum(int(row[name]) for name in ("answered", "refused", "not_reached"))
        part, total = (row["n"], self.n) if self.table == "answers" else (row.get("part", ""), row.get("whole", ""))
        is_total = self.table == "answers" and not row["code"]
        counted = (int(part), int(total)) if part and total and not is_total else None
        return counted if counted and counted[0] <= counted[1] else None

    def cells(self, columns: Sequence[Column], coded: Sequence[Column]) -> Iterator[Cell]:
        """The cells under the columns, then the codes of those that hold some."""
        for column in columns:
            yield self._cell(column)
        for column in coded:
            yield Cell(self.row[column.name], "code")

    def _cell(self, column: Column) -> Cell:
        if column.name in _DERIVED:
            return self._derived(column.name)
        text = self.row[column.name]
        if column.kind == "status":
            return Cell(self._status(text), "text")
        if column.kind in (*CODED, "period", "label"):
            return Cell(self._label(column, text), "text")
        return self._figure(column, text) if text else self._sign()

    def _label(self, column: Column, code: str) -> str:
        if column.kind == "question":
            return self.labels.question(self.row["survey"], code)
        if column.kind == "option":
            return self.labels.option(self.row["survey"], self.row["question"], code)
        named: Mapping[str, Callable[[str], str]] = {
            "survey": self.labels.survey,
            "unit": self.labels.unit,
            "figure": self.labels.figure,
            "reason": self.labels.reason,
        }
        return named[column.kind](code) if column.kind in named else code

    def _figure(self, column: Column, text: str) -> Cell:
        if column.kind == "count":
            return Cell(int(text), "count")
        if column.kind == "mean":
            return Cell(float(text), "mean")
        return Cell(self._exact(column.name, text), self._percent)

    @property
    def _percent(self) -> Style:
        """Whole numbers below 100, else one decimal."""
        return "percent" if self.counted is None or self.counted[1] < 100 else "percent_1"

    def _exact(self, name: str, text: str) -> float:
        """The unrounded figure where the counts give it, so that rounding it once more cannot go astray."""
        if self.counted:
            low, high = wilson(*self.counted) or (None, None)
            found = {"low": low, "high": high}.get(name, share(*self.counted))
            if found is not None and str(half_up(found, 6)) == text:
                return found
        return float(text)

    def _derived(self, name: str) -> Cell:
        """The rates that follow from the published levels alone."""
        wide = name == "wide"
        if self.counted is None:
            return self._sign()
        if self.counted[1] < PERCENT_FROM or (
            wide and not self.labels.is_wide(self.row["survey"], self.row["question"])
        ):
            return self._dash()
        levels = ("n_3", "n_4", "n_5") if wide else ("n_1", "n_2")
        part = sum(int(self.row[level]) for level in levels)
        return Cell(part / self.counted[1], self._percent)

    def _sign(self) -> Cell:
        """What stands in place of a figure: why it may not be shown, or that there is none."""
        status = self.row.get("status", "shown")
        if status in (_HIDDEN, _SEALED):
            return Cell(self.labels.status(_SEALED), "sign")
        return Cell(self.labels.status(_MERGED), "sign") if status == _MERGED else self._dash()

    def _dash(self) -> Cell:
        return Cell(self.labels.sign(_DASH), "sign")

    def _status(self, status: str) -> str:
        is_sealed = status == _HIDDEN and self.table in ("ratings", "answers") and not self.n
        said = self.labels.status(_SEALED if is_sealed else status)
        few = self.counted is not None and INTERVAL_FROM <= self.counted[1] < PERCENT_FROM
        return f"{said}（{self.labels.sign('indicative')}）" if few and status == "shown" else said
