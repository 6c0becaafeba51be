"""The first sheet of a month's workbook: what the figures mean, how they were made, and which rules were in force."""
# ruff: noqa: E501  (a text stays on one line, so that it can be found and compared)

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from scripts.codebook import Book
from scripts.codebook_tables import TABLES
from scripts.workbook_cells import Sheet, columns_of

TITLE = ("说明", "About")
_ABOUT: Sequence[tuple[str, str, str, str]] = (
    ("期间", "一个日历月，按北京时间，从 1 日到月末。", "Period", "A calendar month in Beijing time, from the first day to the last."),
    ("谁算一票", "只有选了五个等级之一的才算一票。选“不适用/不知道”的不算票，人数单独列出。没有回答就是没有回答。", "What counts", "Only a choice of one of the five levels is a rating. “Does not apply / don't know” stands beside it. No answer is never a rating."),
    ("满意率（严）", "4 分票加 5 分票，除以票数 n。以它为准。", "Satisfied, strict", "Ratings of levels 4 and 5, divided by n. This is the headline."),
    ("满意率（含基本满意）", "再加上 3 分票。只用于写明中间一级也算满意的题，别的题写“—”。", "Satisfied, wide", "With level 3 as well. Only where the scale says that its middle level counts; elsewhere “—”."),
    ("差评率", "1 分票加 2 分票，除以票数 n。", "Dissatisfied", "Ratings of levels 1 and 2, divided by n."),
    ("误差范围", "95% 的 Wilson 区间。它只说明碰巧的成分有多大，说明不了没来打分的人怎么想。数字没有加权。", "Interval", "Wilson's interval, 95%. It speaks of chance only, not of those who did not answer. The figures are not weighted."),
    ("人数少的时候", "不到 10 人，没有百分比，也没有误差范围。10 到 29 人，只给误差范围，标“参考”。30 人以上，都有。", "Few people", "Below 10 there is no percentage and no interval. From 10 to 29 there is the interval only, marked as indicative. From 30 on there is both."),
    ("小数", "四舍五入。不到 100 人取整数，100 人以上取一位小数。格子里存的是没有舍入的数。", "Rounding", "Half up: whole per cent below 100 people, one decimal from 100 on. The cells hold the figures before rounding."),
    ("不排名", "单位按名册的顺序排，不排名次。", "No ranking", "Units stand in the order of the register. This is no ranking."),
    ("别的格式", "同一期报告还有 CSV 文件和 codebook.json，是同样的数。", "Other formats", "The same report offers CSV files and codebook.json with the same figures."),
)  # fmt: skip


class Note(NamedTuple):
    """A line of the first sheet: two cells in Chinese, two in English; a heading has the first and third only."""

    zh: str
    zh_text: str
    en: str
    en_text: str

    @property
    def is_heading(self) -> bool:
        """Whether it opens a part."""
        return not self.zh_text


def notes(book: Book, sheets: Sequence[Sheet], tables: dict[str, str]) -> Iterator[Note]:
    """Every line of the first sheet, its title first."""
    year, _, month = book["period"].partition("-")
    yield Note(f"{year} 年 {int(month)} 月公开数据", "", f"Open data of {book['period']}", "")
    yield from (Note(*line) for line in _ABOUT)
    yield Note("表里的记号", "", "Signs in the tables", "")
    yield from _signs(book)
    yield Note("工作表", "", "Sheets", "")
    for sheet in sheets:
        about = TABLES[sheet.name].about
        yield Note(sheet.title["zh"], about["zh"], sheet.title["en"], about["en"])
    for sheet in sheets:
        yield Note(f"“{sheet.title['zh']}”的各列", "", f"Columns of “{sheet.title['en']}”", "")
        yield from _columns(sheet.name, tables[sheet.name])
    yield Note("依据的问卷", "", "Rules in force", "")
    yield from _rules(book)


def _signs(book: Book) -> Iterator[Note]:
    values = book["values"]
    explained = [values["status"][code] for code in ("shown", "merged", "hidden", "sealed")]
    for one in (*explained, *values["sign"].values()):
        yield Note(one["text"]["zh"], one["meaning"]["zh"], one["text"]["en"], one["meaning"]["en"])


def _columns(name: str, text: str) -> Iterator[Note]:
    for column in columns_of(name, text):
        heading, meaning = column.heading, column.meaning
        yield Note(heading["zh"], meaning["zh"], heading["en"], f"{meaning['en']} ({column.name})")


def _rules(book: Book) -> Iterator[Note]:
    """Each version of a survey with the fingerprint of its content."""
    for survey in book["surveys"]:
        for version in survey["versions"]:
            named = f"{survey['key']} {version['version']}"
            title, digest = version["title"], version["digest"]
            yield Note(
                title["zh"],
                f"{named}，{version['opened']} 起，内容指纹（SHA-256）{digest}",
                title["en"],
                f"{named}, from {version['opened']}, fingerprint of its content (SHA-256) {digest}",
            )
