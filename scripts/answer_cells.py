"""What one target takes from a row: cells into units, channels, days and codes, or what they should have been."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime

from scripts.answer_table import Cells
from surveys.definition import CHANNELS

_DAY_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日")


class Unexpected(Exception):
    """A cell holds something else than what the text says."""


class Reader:
    """What one target takes from a row; each distinct cell is translated once."""

    def __init__(self, name: str, place: int, translate: Callable[[str], object]) -> None:
        self.name = name
        self.place = place
        self.translate = translate
        self.known: dict[str, object] = {}

    def take(self, cells: Cells) -> object:
        """The translated cell; Unexpected says what should stand there."""
        cell = cells[self.place]
        if cell in self.known:
            return self.known[cell]
        value = self.translate(cell)
        if len(self.known) < 10_000 and len(cell) < 1_000:
            self.known[cell] = value
        return value


class Fixed(Reader):
    """The same value for every row."""

    def __init__(self, value: object) -> None:
        super().__init__("", -1, str)
        self.value = value

    def take(self, cells: Cells) -> object:
        """The value."""
        return self.value


class Ticks(Reader):
    """The options whose own columns are ticked."""

    def __init__(self, readers: Mapping[str, Reader]) -> None:
        super().__init__(next(iter(readers.values())).name, next(iter(readers.values())).place, str)
        self.readers = readers

    def take(self, cells: Cells) -> object:
        """The ticked codes."""
        return [code for code, reader in self.readers.items() if reader.take(cells) is not None]


def look_up(values: Mapping[str, str | None], cell: str) -> str | None:
    """The code that the table gives for the cell, None for no answer; Unexpected if it has none."""
    if cell in values:
        return values[cell]
    if not cell:
        return None
    raise Unexpected(one_of(values))


def one_of(values: Mapping[str, str | None]) -> str:
    """The cells that a table knows, as the end of a message."""
    named = [value for value in values if value]
    return "one of " + ", ".join(named) + (" or nothing" if "" in values else "")


def to_channel(cell: str) -> str:
    """The channel, as it is named in the definitions."""
    if cell not in CHANNELS:
        raise Unexpected(f"a channel: {', '.join(CHANNELS)}")
    return cell


def to_language(cell: str) -> str:
    """The language, as zh or en."""
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", cell):
        raise Unexpected("a language code as zh or en")
    return cell


def to_source_id(cell: str) -> str:
    """The number of a sheet in the file that it comes from."""
    if not cell:
        raise Unexpected("the sheet's number")
    return cell


def day_reader(format_: str | None) -> Callable[[str], date]:
    """A reader of days in the format, or in those that put the year first."""
    formats = (format_,) if format_ else _DAY_FORMATS
    wanted = f"a day written as {format_}" if format_ else "a day as 2026-10-31"

    def translate(cell: str) -> date:
        for one in formats:
            try:
                return datetime.strptime(cell, one).date()  # noqa: DTZ007  (a day has no time zone)
            except ValueError:
                continue
        if any(re.fullmatch(_shape(one), cell) for one in formats):
            raise Unexpected("a day of the calendar: there is no such day")
        if re.fullmatch(r"[34][0-9]{4}", cell):
            raise Unexpected(f"{wanted}; this is a spreadsheet's number of a day: format the column as a date")
        raise Unexpected(wanted)

    return translate


def _shape(format_: str) -> str:
    """A pattern of what the format could have written, days that do not exist among it."""
    return re.sub(r"%(.)", lambda found: r"\d{4}" if found[1] == "Y" else r"\d{1,2}", re.escape(format_))
