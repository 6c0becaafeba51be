"""What stood before a correction: the old page and its files, headed by what was put right, cell by cell."""
# ruff: noqa: E501  (a sentence stays on one line, so that it can be found and compared)

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from types import MappingProxyType

from scripts.codebook import CODEBOOK, Labels
from scripts.codebook_tables import TABLES
from scripts.csv_text import header_of, rows_of
from scripts.history import SUM, months_in
from scripts.open_data import write_file, write_files
from scripts.report_page import plain
from scripts.report_tables import DASH, head_cell, number_cell, row, table
from surveys.definition import LANGUAGES
from surveys.store.corrections import CorrectionRow

KEYS = ("period", "survey", "question", "unit", "code", "figure", "reason")
"""The columns that say what a row is about."""
SHOWN = 100
Waiting = Mapping[str, Mapping[str, int]]
"""By language, the questions whose change cannot be shown yet, and how many answers it is about."""
NOTHING_WAITS: Waiting = MappingProxyType({})
WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "title": "更正前：{title}",
        "summary": "{day} 更正以前公布的数字，留在这里备查。",
        "told": "这一页是 {day} 更正以前的样子，留着备查。为什么更正：{reason}。现在的数字见[更正后的报告]({page}.md)。",
        "told_sum": "这一页是 {day} 以前的样子，留着备查：其中一个月作了更正。现在的数字见[更正后的报告]({page}.md)。",
        "caption": "更正了哪些数字",
        "cell": "哪一格",
        "was": "更正前",
        "is": "更正后",
        "no_row": "没有这一行",
        "more": "还有 {n} 处，对照两份数据表就能看到。",
        "waiting": "下面几道题也有要更正的答卷。新旧数字一对照就会认出人来，所以先不改，等以后一起更正：",
        "waiting_some": "- {question}（{n} 份）",
        "waiting_one": "- {question}",
    },
    "en": {
        "title": "Before the correction: {title}",
        "summary": "The figures as they were published before the correction of {day}, kept for reference.",
        "told": "This page is as it was before {day}, kept for reference. Why it was corrected: {reason}. The figures of now are in [the corrected report]({page}.md).",
        "told_sum": "This page is as it was before {day}, kept for reference: one of its months was corrected. The figures of now are in [the corrected report]({page}.md).",
        "caption": "Which figures were corrected",
        "cell": "Cell",
        "was": "Before",
        "is": "After",
        "no_row": "no such row",
        "more": "There are {n} more, which the two tables show side by side.",
        "waiting": "These questions have responses to correct as well. Old and new figures side by side would tell on someone, so they stay as they were until a later correction:",
        "waiting_some": "- {question} ({n})",
        "waiting_one": "- {question}",
    },
}


@dataclass(frozen=True)
class Difference:
    """One published cell that a correction changed: its table, its row and column, and both values; '' for no row."""

    table: str
    row: str
    column: str
    was: str
    now: str
    keys: Mapping[str, str] = field(default_factory=dict)


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    """Every cell that differs between two publications; a row that only one of them has counts once."""
    for name in sorted({*before, *after}):
        old, new = (_by_key(texts.get(name, "")) for texts in (before, after))
        for key in (*old, *(key for key in new if key not in old)):
            yield from _of_row(name, key, old.get(key), new.get(key))


def _by_key(text: str) -> dict[tuple[str, ...], Mapping[str, str]]:
    if not text:
        return {}
    keys = [name for name in header_of(text) if name in KEYS]
    return {tuple(cells[name] for name in keys): cells for cells in rows_of(text)}


def _of_row(
    name: str, key: Sequence[str], old: Mapping[str, str] | None, new: Mapping[str, str] | None
) -> Iterator[Difference]:
    said = " ".join(part for part in key[1:] if part)
    keys = {column: cell for column, cell in (old or new or {}).items() if column in KEYS[1:] and cell}
    if old is None or new is None:
        was, now = (" ".join(filter(None, one.values())) if one else "" for one in (old, new))
        yield Difference(name, said, "", was, now, keys)
        return
    for column, value in old.items():
        if new.get(column, "") != value:
            yield Difference(name, said, column, value, new.get(column, ""), keys)


class BeforePage:
    """The page of what stood, in one language."""

    def __init__(
        self, language: str, found: CorrectionRow, differs: Sequence[Difference], labels: Labels | None = None
    ) -> None:
        self.language = language
        self.labels = labels
        self.words = WORDS[language]
        self.correction = found
        self.differs = differs

    def text(self, page: str, period: str, name: str, waiting: Mapping[str, int]) -> str:
        """The old page with a new head; its links to files lead to the copies of what they were."""
        head, body = _parted(page)
        values = {"day": self.correction.day, "reason": plain(self.correction.reason.rstrip("。.")), "page": period}
        head |= {
            "title": self.words["title"].format(title=head.get("title", period)),
            "summary": self.words["summary"].format(**values),
            "search": {"exclude": True},
        }
        told = "told" if period == self.correction.period else "told_sum"
        blocks = [self.words[told].format(**values), *self._changes(), *self._waiting(waiting)]
        lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
        front = "\n".join(["---", *lines, "---"])
        return f"{front}\n\n" + "\n\n".join(blocks) + "\n\n---\n\n" + body.replace(f"]({period}/", f"]({name}/")

    def _changes(self) -> Iterator[str]:
        words = self.words
        if not self.differs:
            return
        heads = [head_cell(words["cell"]), *(head_cell(words[key], number=True) for key in ("was", "is"))]
        rows = [row(escape(self._place(one)), map(number_cell, self._cells(one))) for one in self.differs[:SHOWN]]
        yield table(words["caption"], heads, rows, kind="told")
        if len(self.differs) > SHOWN:
            yield words["more"].format(n=f"{len(self.differs) - SHOWN:,}")

    def _place(self, one: Difference) -> str:
        """What a cell is about, in words where the codebook of the month has them."""
        if self.labels is None or not one.keys:
            return f"{one.table} {one.row} {one.column}".strip()
        named = [self._named(self.labels, column, one.keys) for column in one.keys]
        if words := TABLES.get(one.table.removesuffix(".csv")):
            named.insert(0, words.title[self.language])
            named += [column.heading[self.language] for column in words.columns if column.name == one.column]
        return " · ".join(named)

    def _named(self, labels: Labels, column: str, keys: Mapping[str, str]) -> str:
        code, survey, question = keys[column], keys.get("survey", ""), keys.get("question", "")
        if column == "question":
            return labels.question(survey, code)
        if column == "code":
            return labels.option(survey, question, code)
        simple = {"survey": labels.survey, "unit": labels.unit, "figure": labels.figure, "reason": labels.reason}
        return simple[column](code)

    def _cells(self, one: Difference) -> Iterator[str]:
        for value in (one.was, one.now):
            yield escape(value) or (DASH if one.column else self.words["no_row"])

    def _waiting(self, waiting: Mapping[str, int]) -> Iterator[str]:
        if waiting:
            yield self.words["waiting"]
            yield "\n".join(
                self.words["waiting_some" if n else "waiting_one"].format(question=plain(question), n=f"{n:,}")
                for question, n in waiting.items()
            )


def _parted(page: str) -> tuple[dict[str, object], str]:
    """The front matter of a written page, and the rest."""
    found = re.match(r"---\n(.*?)\n---\n+", page, re.DOTALL)
    if not found:
        return {}, page
    lines = (line.partition(": ") for line in found[1].splitlines())
    return {key: json.loads(value) for key, _, value in lines}, page[found.end() :]


def keep_before(
    content: Path,
    period: str,
    name: str,
    found: CorrectionRow,
    differs: Sequence[Difference],
    waiting: Waiting = NOTHING_WAITS,
) -> None:
    """Put the published files and pages of a period where they stay readable."""
    for language in LANGUAGES:
        reports = content / language / "reports"
        files = {path.name: path.read_bytes() for path in sorted((reports / period).iterdir())}
        write_files(reports / name, files)
        page = reports / f"{period}.md"
        old = page.read_text(encoding="utf-8") if page.is_file() else ""
        text = BeforePage(language, found, differs, _labels(files.get(CODEBOOK), language)).text(
            old, period, name, waiting.get(language, {})
        )
        write_file(reports / f"{name}.md", text.encode())


def _labels(book: bytes | None, language: str) -> Labels | None:
    """The words of the codebook that was published with a month, if one was."""
    return Labels(json.loads(book), language) if book else None


def withdraw_sums(content: Path, found: CorrectionRow) -> None:
    """Take away the tables of every quarter and year that holds the month, to be made anew of its months."""
    reports = content / LANGUAGES[0] / "reports"
    for path in sorted(reports.glob("*/ratings.csv")):
        name = path.parent.name
        if SUM.match(name) and found.period in months_in(name):
            keep_before(content, name, f"{name}-before-{found.period}-r{found.revision}", found, ())
            for language in LANGUAGES:
                shutil.rmtree(content / language / "reports" / name)
