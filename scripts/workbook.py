"""A month's tables as one workbook laid out for an office: no formulas, and the same bytes on every machine."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime, time

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from scripts.codebook import Book, Labels
from scripts.csv_text import is_formula
from scripts.ratings import month_days
from scripts.workbook_cells import Cell, Sheet, columns_wide, sheet_of
from scripts.workbook_notes import TITLE, Note, notes
from surveys.errors import HuiyinError

_FONT = {"font_name": "微软雅黑", "font_size": 10, "valign": "top"}
_INDENT = {"align": "left", "indent": 1}
_HEAD = {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F5C4D", "text_wrap": True}
_HEAD_2 = {"font_color": "#333333", "bg_color": "#E3EFEB", "text_wrap": True, "bottom": 1}
_TOTAL = {"bold": True, "bg_color": "#F3F6F5"}
_FORMATS: Mapping[str, Mapping[str, object]] = {
    "text": {"text_wrap": True, **_INDENT},
    "code": {"font_color": "#595959", **_INDENT},
    "count": {"num_format": "#,##0"},
    "percent": {"num_format": "0%"},
    "percent_1": {"num_format": "0.0%"},
    "mean": {"num_format": "0.00"},
    "sign": {"font_color": "#595959", "align": "right"},
    "head": {**_HEAD, **_INDENT},
    "head_number": {**_HEAD, "align": "right"},
    "head_2": {**_HEAD_2, **_INDENT},
    "head_2_number": {**_HEAD_2, "align": "right"},
    "title": {"bold": True, "font_size": 12, "font_color": "#1F5C4D", **_INDENT},
    "strong": {"bold": True, "text_wrap": True, **_INDENT},
}
_LINE_HEIGHT = 16
_ABOUT_WIDTHS = (26, 66, 28, 78)
_HEAD_ROWS = 2
_A4 = 9
_SETTINGS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_EMPTY = "这个月没有。 Nothing this month."


def workbook_name(period: str) -> str:
    """The file name of a month's workbook."""
    return f"huiyin-{period}.xlsx"


def workbook(book: Book, tables: Mapping[str, str]) -> bytes:
    """The workbook of a month's published tables, CSV text by name, with the words of its codebook.

    It is dated by the last day of the month, and holds no figure that does not follow from the tables.
    """
    sheets = [sheet_of(name, text, Labels(book, "zh")) for name, text in tables.items()]
    target = io.BytesIO()
    own = {"default_format_properties": dict(_FONT)}  # XlsxWriter writes into it, and the next book would differ
    with Workbook(target, {**_SETTINGS, **own}) as made:
        last = month_days(book["period"])[1]
        made.set_properties({"title": workbook_name(book["period"]), "created": datetime.combine(last, time())})
        writer = _Writer(made, book["period"])
        writer.about(list(notes(book, sheets, dict(tables))))
        for sheet in sheets:
            writer.table(sheet)
    return target.getvalue()


class _Writer:
    """Writes sheets with one set of formats; text never becomes a formula, a number or a link."""

    def __init__(self, made: Workbook, period: str) -> None:
        self.made = made
        self.period = period
        self._made: dict[tuple[str, bool, bool], Format] = {}

    def _format(self, look: str, total: bool = False, quoted: bool = False) -> Format:
        if (look, total, quoted) not in self._made:
            more = {**(_TOTAL if total else {}), **({"quote_prefix": True} if quoted else {})}
            self._made[look, total, quoted] = self.made.add_format({**_FORMATS[look], **more})
        return self._made[look, total, quoted]

    def about(self, lines: Sequence[Note]) -> None:
        """The sheet that explains the others."""
        sheet = self._add(TITLE[0])
        for column, width in enumerate(_ABOUT_WIDTHS):
            sheet.set_column(column, column, width)
        for row, note in enumerate(lines):
            looks = ("title",) * 4 if note.is_heading else ("strong", "text", "strong", "text")
            sheet.set_row(row, 1.5 * _LINE_HEIGHT if note.is_heading else _height(note, _ABOUT_WIDTHS))
            for column, (text, look) in enumerate(zip(note, looks, strict=True)):
                if text:
                    self._text(sheet, row, column, text, self._of(look, text))

    def table(self, given: Sheet) -> None:
        """One table under two rows of headings."""
        sheet = self._add(given.title["zh"])
        self._heads(sheet, given)
        widths = [heading.width for heading in given.headings]
        for place, cells in enumerate(given.rows):
            row = place + _HEAD_ROWS
            sheet.set_row(row, _height([str(cell.value) if cell.style == "text" else "" for cell in cells], widths))
            for column, cell in enumerate(cells):
                self._cell(sheet, row, column, cell, place in given.totals)
        if given.rows:
            sheet.autofilter(_HEAD_ROWS - 1, 0, _HEAD_ROWS - 1 + len(given.rows), len(given.headings) - 1)
        else:
            self._text(sheet, _HEAD_ROWS, 0, _EMPTY, self._format("code"))
        sheet.print_area(0, 0, _HEAD_ROWS - 1 + max(1, len(given.rows)), given.codes - 1)

    def _heads(self, sheet: Worksheet, given: Sheet) -> None:
        """Chinese above English; both stay in sight and are printed on every page."""
        widths = [heading.width for heading in given.headings]
        sheet.set_row(0, _height([heading.zh for heading in given.headings], widths))
        sheet.set_row(1, _height([heading.en for heading in given.headings], widths))
        for column, heading in enumerate(given.headings):
            kind = "_number" if heading.is_number else ""
            sheet.set_column(column, column, heading.width)
            self._text(sheet, 0, column, heading.zh, self._format(f"head{kind}"))
            self._text(sheet, 1, column, heading.en, self._format(f"head_2{kind}"))
        sheet.freeze_panes(_HEAD_ROWS, given.frozen)
        sheet.repeat_rows(0, _HEAD_ROWS - 1)

    def _add(self, name: str) -> Worksheet:
        sheet = self.made.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.set_header(f"&L{self.period} {name}")
        sheet.set_footer("&R&P / &N")
        return sheet

    def _of(self, look: str, text: str, total: bool = False) -> Format:
        """The format of a text; one that looks like a formula stays text even when somebody edits its cell."""
        return self._format(look, total, is_formula(text))

    def _cell(self, sheet: Worksheet, row: int, column: int, cell: Cell, total: bool) -> None:
        if isinstance(cell.value, str):
            self._text(sheet, row, column, cell.value, self._of(cell.style, cell.value, total))
        elif sheet.write_number(row, column, cell.value, self._format(cell.style, total)):
            raise HuiyinError(self._no_place(sheet, row, column))

    def _text(self, sheet: Worksheet, row: int, column: int, text: str, look: Format) -> None:
        if sheet.write_string(row, column, text, look):
            raise HuiyinError(self._no_place(sheet, row, column))

    def _no_place(self, sheet: Worksheet, row: int, column: int) -> str:
        return (
            f"{workbook_name(self.period)}: sheet {sheet.get_name()}, row {row + 1}, column {column + 1} does not fit "
            "into a workbook: a sheet holds 1,048,576 rows, and a cell 32,767 characters; shorten the text in the "
            "definitions, or publish fewer surveys in a month"
        )


def _height(texts: Sequence[str], widths: Sequence[int]) -> float:
    """How high a row is for texts that break at the widths of their columns, as programs other than Excel need it."""
    lines = (-(-columns_wide(text) // (width - 2)) for text, width in zip(texts, widths, strict=True))
    return _LINE_HEIGHT * max(1, *lines)
