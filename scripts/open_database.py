"""open-data.db: everything published so far in one SQLite file, made from the published tables alone."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from scripts.codebook import CODEBOOK, Book, together
from scripts.codebook_tables import TABLES, ColumnKind
from surveys.errors import HuiyinError

DATABASE = "open-data.db"
METADATA = "metadata.json"
SUMS = "_sums"
"""What the tables of quarters and years end with; those of months never hold them, so that nothing counts twice."""
_PERIOD = re.compile(r"[0-9]{4}(-(?P<month>0[1-9]|1[0-2])|-Q[1-4])?")
_PAGE_SIZE = 4096
_NUMBERS: Mapping[ColumnKind, type[int] | type[float]] = {"count": int, "share": float, "mean": float}
_UNITS = {"code": str, "zh": str, "en": str, "kind": str, "opened": str, "closed": str, "within": str}
_SURVEYS = {"key": str, "zh": str, "en": str, "bases": str}
_WORDS = {"subject": str, "place": str, "code": str, "zh": str, "en": str, "about_zh": str, "about_en": str}
_UNIT, _SURVEY = ("unit", "units", "code"), ("survey", "surveys", "key")
_REFERENCES: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "ratings": (_UNIT, _SURVEY),
    "answers": (_UNIT, _SURVEY),
    "exclusions": (_UNIT, _SURVEY),
    "cards": (_UNIT, _SURVEY),
    "calls": (_SURVEY,),
    "surges": (_UNIT, _SURVEY),
}
"""The unit alone elsewhere: not every figure belongs to a survey."""
_SUMMED = {"zh": "（季度和年）", "en": " (quarters and years)"}
_ABOUT = (
    "每期公开报告的数据。空格子表示按规则不公布，或者没有这个数。 / "
    "The figures of every published report. An empty cell is withheld under the rules, or there is no such figure."
)
_CODEBOOK = "每个代码的意思。 / What each code means: its subject, where it stands, the code, and its words."
Row = dict[str, Any]
Cells = list[Any]


@dataclass(frozen=True)
class Release:
    """What was published of a month, a quarter or a year: its tables as CSV text by name, and its codebook if any."""

    folder: Path
    tables: Mapping[str, str]
    book: Book | None

    @property
    def period(self) -> str:
        """The month, quarter or year."""
        return self.folder.name

    @property
    def is_sum(self) -> bool:
        """Whether it is a quarter or a year."""
        found = _PERIOD.fullmatch(self.period)
        return not (found and found["month"])


def releases_in(reports: Path) -> list[Release]:
    """Every release in a folder of reports, oldest first."""
    folders = sorted(path.parent for path in reports.glob("*/ratings.csv") if _PERIOD.fullmatch(path.parent.name))
    return [_read(folder) for folder in folders]


def _read(folder: Path) -> Release:
    files = {name: folder / f"{name}.csv" for name in TABLES}
    tables = {name: path.read_text(encoding="utf-8") for name, path in files.items() if path.is_file()}
    book = folder / CODEBOOK
    return Release(folder, tables, json.loads(book.read_bytes()) if book.is_file() else None)


def books_of(releases: Iterable[Release]) -> list[Book]:
    """The codebooks of the releases that have one, oldest first."""
    return [release.book for release in releases if release.book]


def open_database(releases: Sequence[Release]) -> bytes:
    """The bytes of the file: the same releases and the same SQLite library give the same.

    Tables as their CSV files, with an empty cell as NULL; `units`, `surveys` and `codebook` say what codes mean.
    HuiyinError names the file that does not fit.
    """
    books = books_of(releases)
    book = together(books) if books else None
    with closing(Database(memory=True, execute_plugins=False)) as made:
        made.execute(f"PRAGMA page_size = {_PAGE_SIZE}")
        found = {name: _rows(name, releases) for name in _table_names(releases)}
        _fill(made, "units", _UNITS, ("code",), _in_columns(_UNITS, _units(book, _codes(found, "unit"))))
        _fill(made, "surveys", _SURVEYS, ("key",), _in_columns(_SURVEYS, _surveys(book, _codes(found, "survey"))))
        _fill(made, "codebook", _WORDS, ("subject", "place", "code"), _in_columns(_WORDS, _words(book)))
        for name, of_table in found.items():
            _fill_table(made, name, of_table)
        made.execute("VACUUM")
        return bytes(made.conn.serialize())


def _table_names(releases: Sequence[Release]) -> Iterator[str]:
    for name in TABLES:
        for ending, wanted in (("", False), (SUMS, True)):
            if any(name in release.tables and release.is_sum == wanted for release in releases):
                yield name + ending


def _rows(name: str, releases: Sequence[Release]) -> list[Cells]:
    """Every row of a table in the order of its key; of a figure that was published again the later one stands."""
    found: dict[tuple[str, ...], Cells] = {}
    for release in releases:
        if release.is_sum == name.endswith(SUMS):
            found |= _keyed(release, name.removesuffix(SUMS))
    return [found[key] for key in sorted(found)]


def _codes(tables: Mapping[str, Iterable[Cells]], column: str) -> set[str]:
    """Every code that stands in a column of that name."""
    found: set[str] = set()
    for name, rows in tables.items():
        names = [one.name for one in TABLES[name.removesuffix(SUMS)].columns]
        if column in names:
            found.update(map(itemgetter(names.index(column)), rows))
    return found


def _keyed(release: Release, name: str) -> dict[tuple[str, ...], Cells]:
    """The rows of one file by their key; HuiyinError where one cannot be read or stands twice."""
    words, path = TABLES[name], release.folder / f"{name}.csv"
    names = [column.name for column in words.columns]
    numbers = [(place, _NUMBERS[one.kind]) for place, one in enumerate(words.columns) if one.kind in _NUMBERS]
    key_of = _picker([names.index(column) for column in words.key])
    found: dict[tuple[str, ...], Cells] = {}
    for line, cells in enumerate(_texts(release.tables.get(name, "period\n"), names), 2):
        key = key_of(cells)
        if key in found:
            raise HuiyinError(f"{path}:{line}: {', '.join(key)} stands twice: {_put_back(path)}")
        place = 0
        try:
            for place, number in numbers:
                cells[place] = number(cells[place]) if cells[place] else None
        except ValueError:
            raise HuiyinError(
                f"{path}:{line}: {names[place]} is '{cells[place]}', must be a number: {_put_back(path)}"
            ) from None
        found[key] = cells
    return found


def _texts(text: str, columns: Sequence[str]) -> Iterator[Cells]:
    """The cells of a CSV file under those columns, '' where a column or a cell is missing."""
    lines = csv.reader(io.StringIO(text, newline=""))
    header = next(lines)
    width = len(header)
    pick = _picker([header.index(column) if column in header else width for column in columns])
    for line in filter(None, lines):
        missing = max(width - len(line), 0) + 1
        yield list(pick([*line[:width], *[""] * missing]))


def _picker(places: Sequence[int]) -> Callable[[Cells], tuple[Any, ...]]:
    """What takes the cells at those places; always several, even where one is asked for."""
    if len(places) == 1:
        return lambda cells: (cells[places[0]],)
    return itemgetter(*places)


def _put_back(path: Path) -> str:
    return f"put the file back as it was published, or publish {path.parent.name} again"


def _fill_table(made: Database, name: str, rows: Sequence[Cells]) -> None:
    words = TABLES[name.removesuffix(SUMS)]
    columns = {column.name: _NUMBERS.get(column.kind, str) for column in words.columns}
    _fill(made, name, columns, words.key, rows, _REFERENCES.get(name.removesuffix(SUMS), (_UNIT,)))
    for column in ("unit", "survey"):
        if column in columns:
            made.table(name).create_index([column, "period"])


def _fill(
    made: Database,
    name: str,
    columns: Mapping[str, type],
    key: Sequence[str],
    rows: Iterable[Cells],
    references: Sequence[tuple[str, str, str]] = (),
) -> None:
    pk = key[0] if len(key) == 1 else list(key)
    made.table(name).create(dict(columns), pk=pk, foreign_keys=list(references), not_null=list(key))
    places = ", ".join("?" * len(columns))
    with made.atomic():  # insert_all looks at every cell for JSON, which takes three times as long
        made.conn.executemany(
            f'INSERT INTO "{name}" VALUES ({places})',  # noqa: S608  (a name of this module)
            rows,
        )


def _in_columns(columns: Iterable[str], rows: Iterable[Row]) -> Iterator[Cells]:
    names = list(columns)
    return ([row.get(name) for name in names] for row in rows)


def _units(book: Book | None, codes: Iterable[str]) -> list[Row]:
    """The units of the codebook, all together and what was merged, and any code that nobody named."""
    found = {code: _named("code", code, {}) for code in codes}
    if book:
        found |= {code: _named("code", code, words) for code, words in book["values"]["unit"].items()}
        for unit in book["units"]:
            more = {name: unit[name] for name in ("kind", "opened", "closed", "within")}
            found[unit["code"]] = _named("code", unit["code"], unit["name"]) | more
    return [found[code] for code in sorted(found)]


def _surveys(book: Book | None, codes: Iterable[str]) -> list[Row]:
    found = {code: _named("key", code, {}) for code in codes if code}
    for survey in book["surveys"] if book else ():
        bases = {"bases": " ".join(survey["bases"])}
        found[survey["key"]] = _named("key", survey["key"], survey["title"]) | bases
    return [found[key] for key in sorted(found)]


def _named(column: str, code: str, words: Mapping[str, str]) -> Row:
    return {column: code, "zh": words.get("zh", code), "en": words.get("en", code)}


def _words(book: Book | None) -> list[Row]:
    """A line for each code that the codebook explains, in the order of its key."""
    found = {(row["subject"], row["place"], row["code"]): row for row in (_explained(book) if book else ())}
    return [found[key] for key in sorted(found)]


def _explained(book: Book) -> Iterator[Row]:
    for name, table in book["tables"].items():
        for column in table["columns"]:
            yield _line("column", name, column["name"], column["heading"], column["meaning"])
    for survey in book["surveys"]:
        yield _line("survey", "", survey["key"], survey["title"])
        for version in survey["versions"]:
            digest = {"zh": version["digest"], "en": version["digest"]}
            yield _line("version", survey["key"], str(version["version"]), version["title"], digest)
            for question in version["questions"]:
                yield from _asked(book, survey["key"], question)
    for subject, values in book["values"].items():
        for code, words in values.items():
            yield _line(subject, "", code, words.get("text", words), words.get("meaning"))


def _asked(book: Book, survey: str, question: Book) -> Iterator[Row]:
    """A question with its kind, then its options, or its levels and how each of them counts."""
    values, place = book["values"], f"{survey}/{question['code']}"
    yield _line("question", survey, question["code"], question["text"], values["kind"][question["kind"]])
    for option in question.get("options", ()):
        yield _line("option", place, option["code"], option["text"])
    if question["kind"] == "scale":
        scale = book["scales"][question["scale"]]
        for level in scale["levels"]:
            yield _line("level", place, level["code"], level["text"], values["counts"][level["counts"]])
        yield _line("level", place, scale["dont_know"]["code"], scale["dont_know"]["text"])


def _line(subject: str, place: str, code: str, words: Mapping[str, str], about: Mapping[str, str] | None = None) -> Row:
    more = {"about_zh": about["zh"], "about_en": about["en"]} if about else {"about_zh": None, "about_en": None}
    return {"subject": subject, "place": place, "code": code, "zh": words["zh"], "en": words["en"], **more}


def metadata(releases: Sequence[Release]) -> bytes:
    """What Datasette says of the file: titles, tables and columns, as `datasette open-data.db --metadata` reads it."""
    tables = {name: _described(name) for name in _table_names(releases)}
    tables["units"] = {"title": "单位 / Units", "label_column": "zh"}
    tables["surveys"] = {"title": "问卷 / Surveys", "label_column": "zh"}
    tables["codebook"] = {"title": "代码簿 / Codebook", "description": _CODEBOOK}
    about = {"title": "回音公开数据 / Huiyin open data", "description": _ABOUT}
    found = {**about, "databases": {Path(DATABASE).stem: {"tables": tables}}}
    return (json.dumps(found, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def _described(name: str) -> Row:
    words, is_sum = TABLES[name.removesuffix(SUMS)], name.endswith(SUMS)
    about, more = words.about, _SUMMED if is_sum else {"zh": "", "en": ""}
    return {
        "title": f"{words.title['zh']}{more['zh']} / {words.title['en']}{more['en']}",
        "description": f"{about['zh']} / {about['en']}",
        "columns": {column.name: f"{column.meaning['zh']} / {column.meaning['en']}" for column in words.columns},
    }
