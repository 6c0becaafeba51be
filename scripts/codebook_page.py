"""The page "what the data mean": files, columns, signs, questions with their codes, and units, in one language."""
# ruff: noqa: E501  (a sentence stays on one line, so that it can be found and compared)

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from scripts.codebook import CODEBOOK, Book, together
from scripts.codebook_tables import TABLES
from scripts.codebook_words import SIGNS, STATUSES
from scripts.open_database import DATABASE, METADATA
from scripts.report_page import front_matter, plain
from scripts.report_tables import head_cell, row, table
from scripts.workbook import workbook_name

PAGE = "codebook.md"
WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "title": "数据说明",
        "summary": "公开数据有哪些文件，每一列、每个代码是什么意思。",
        "about": "每期报告的数字都能下载，自己再算一遍。怎样算、人数少时怎样处理，见[数字怎样算出来](../about/method.md)。",
        "files": "文件",
        "database": "[{name}]({address})：各期的数据合成一个 SQLite 文件，每次发布报告时更新。配上 [{metadata}]({beside})，可以用 Datasette 打开：",
        "monthly": "每期另有这些文件，最近一期是 {period}：",
        "workbook": "[{name}]({period}/{name})：给办公软件用的工作簿，第一页有说明",
        "csv": "[{name}]({period}/{name})：{about}",
        "codes": "[{name}]({period}/{name})：这一期的代码簿，给程序用",
        "bom": "名字带 `-bom` 的 CSV 内容一样，用表格软件打开时不会乱码。",
        "columns": "各列的意思",
        "column": "列",
        "heading": "名称",
        "meaning": "意思",
        "signs": "公布情况和记号",
        "sign": "记号",
        "values": "别的代码",
        "code": "代码",
        "reason": "剔除的理由",
        "figure": "指标",
        "basis": "答卷的来源",
        "surveys": "问卷",
        "versions": "{title}：各版",
        "questions": "{title}：题目",
        "version": "版",
        "opened": "起用",
        "closed": "停用",
        "digest": "内容指纹（SHA-256）",
        "question": "题目",
        "kind": "种类",
        "choices": "选项，或者用哪种等级",
        "only_if": "只问这样答的人：{conditions}",
        "scales": "打分的等级",
        "level": "等级",
        "how": "怎样算",
        "no_rating": "不算票",
        "units": "单位",
        "unit": "单位",
        "swipe": "左右滑动，看其余各列",
        "separator": "；",
    },
    "en": {
        "title": "What the data mean",
        "summary": "Which files of open data there are, and what each column and each code means.",
        "about": "The figures of every report can be downloaded and made again. How they are made, and what happens when few people answered: [how the figures are made](../about/method.md).",
        "files": "Files",
        "database": "[{name}]({address}): all months in one SQLite file, renewed whenever a report is published. With [{metadata}]({beside}), Datasette opens it:",
        "monthly": "Each month has these files as well; the latest is {period}:",
        "workbook": "[{name}]({period}/{name}): a workbook for office programs, explained on its first sheet",
        "csv": "[{name}]({period}/{name}): {about}",
        "codes": "[{name}]({period}/{name}): the codebook of that month, for programs",
        "bom": "CSV files named `-bom` hold the same and open in spreadsheet programs without broken characters.",
        "columns": "Columns",
        "column": "Column",
        "heading": "Name",
        "meaning": "Meaning",
        "signs": "Status and signs",
        "sign": "Sign",
        "values": "Other codes",
        "code": "Code",
        "reason": "Reasons for excluding",
        "figure": "Figures",
        "basis": "Where responses come from",
        "surveys": "Surveys",
        "versions": "{title}: versions",
        "questions": "{title}: questions",
        "version": "Version",
        "opened": "From",
        "closed": "Until",
        "digest": "Fingerprint (SHA-256)",
        "question": "Question",
        "kind": "Kind",
        "choices": "Options, or the scale",
        "only_if": "asked only of those who answered {conditions}",
        "scales": "Scales",
        "level": "Level",
        "how": "Counts as",
        "no_rating": "no rating",
        "units": "Units",
        "unit": "Unit",
        "swipe": "Swipe sideways for the other columns",
        "separator": "; ",
    },
}  # fmt: skip
_ADDRESSES = {"zh": "", "en": "/reports/"}
"""The database lies once on the site, beside the Chinese reports."""


class CodebookPage:
    """The page in one language, made from the codebooks of everything published, oldest first."""

    def __init__(self, language: str, books: Sequence[Book]) -> None:
        self.language = language
        self.latest = books[-1]
        self.book = together(books)

    def _say(self, key: str, **values: object) -> str:
        return WORDS[self.language][key].format_map(values)

    def text(self) -> str:
        """The whole page; the same codebook gives the same text."""
        blocks = [
            front_matter(self._say("title"), self._say("summary")),
            self._say("about"),
            *self._files(),
            *self._columns(),
            *self._values(),
            *self._surveys(),
            *self._scales(),
            *self._units(),
        ]
        return "\n\n".join(blocks) + "\n"

    def _files(self) -> Iterator[str]:
        period, at = self.latest["period"], _ADDRESSES[self.language]
        tables = _in_order(self.latest)
        named = {"metadata": METADATA, "beside": at + METADATA}
        yield f"## {self._say('files')} {{#files}}"
        yield self._say("database", name=DATABASE, address=at + DATABASE, **named)
        yield f"```sh\ndatasette {DATABASE} --metadata {METADATA}\n```"
        yield self._say("monthly", period=period)
        lines = [
            self._say("workbook", name=workbook_name(period), period=period),
            *(self._say("csv", name=one["file"], period=period, about=one["about"][self.language]) for one in tables),
            self._say("codes", name=CODEBOOK, period=period),
        ]
        yield "\n".join(f"- {line}" for line in lines)
        yield self._say("bom")

    def _columns(self) -> Iterator[str]:
        yield f"## {self._say('columns')} {{#columns}}"
        for one in _in_order(self.book):
            rows = [
                (
                    _code(column["name"]),
                    escape(column["heading"][self.language]),
                    escape(column["meaning"][self.language]),
                )
                for column in one["columns"]
            ]
            yield self._table(f"{one['file']}", ("column", "heading", "meaning"), rows)

    def _values(self) -> Iterator[str]:
        values, language = self.book["values"], self.language
        yield f"## {self._say('signs')} {{#signs}}"
        told = values["status"] | values["sign"]
        signs = [(code, told[code]) for code in (*STATUSES, *SIGNS) if code in told and code != "internal"]
        rows = [
            (_code(code), escape(words["text"][language]), escape(words["meaning"][language])) for code, words in signs
        ]
        yield self._table(self._say("signs"), ("code", "sign", "meaning"), rows)
        yield f"## {self._say('values')} {{#codes}}"
        for what in ("basis", "reason", "figure"):
            named = [(_code(code), escape(words[language])) for code, words in values[what].items()]
            yield self._table(self._say(what), ("code", "meaning"), named)

    def _surveys(self) -> Iterator[str]:
        yield f"## {self._say('surveys')} {{#surveys}}"
        for survey in self.book["surveys"]:
            title = survey["title"][self.language]
            yield f"### {plain(title)} {{#survey-{survey['key']}}}"
            versions = [
                (str(one["version"]), one["opened"], one["closed"] or "", _code(one["digest"]))
                for one in survey["versions"]
            ]
            yield self._table(self._say("versions", title=title), ("version", "opened", "closed", "digest"), versions)
            questions = {one["code"]: one for version in survey["versions"] for one in version["questions"]}
            rows = [self._question(survey["key"], one) for one in questions.values() if one["kind"] != "statement"]
            yield self._table(self._say("questions", title=title), ("code", "question", "kind", "choices"), rows)

    def _question(self, survey: str, question: Book) -> Sequence[str]:
        text = escape(question["text"][self.language])
        if conditions := question.get("show_if"):
            told = self._say("separator").join(f"{code}: {', '.join(values)}" for code, values in conditions.items())
            text += f"<br>{escape(self._say('only_if', conditions=told))}"
        kind = self.book["values"]["kind"][question["kind"]][self.language]
        return _code(question["code"]), text, escape(kind), self._choices(question)

    def _choices(self, question: Book) -> str:
        if question["kind"] == "scale":
            return f'<a href="#scale-{question["scale"]}">{_code(question["scale"])}</a>'
        options = ((option["code"], option["text"][self.language]) for option in question.get("options", ()))
        return "<br>".join(f"{_code(code)} {escape(text)}" for code, text in options)

    def _scales(self) -> Iterator[str]:
        yield f"## {self._say('scales')} {{#scales}}"
        counts = self.book["values"]["counts"]
        for name, scale in self.book["scales"].items():
            rows = [
                (_code(one["code"]), escape(one["text"][self.language]), escape(counts[one["counts"]][self.language]))
                for one in scale["levels"]
            ]
            unsure = scale["dont_know"]
            rows.append((_code(unsure["code"]), escape(unsure["text"][self.language]), self._say("no_rating")))
            yield f"### `{name}` {{#scale-{name}}}"
            yield self._table(name, ("code", "level", "how"), rows)

    def _units(self) -> Iterator[str]:
        yield f"## {self._say('units')} {{#units}}"
        rows = [
            (_code(unit["code"]), escape(unit["name"][self.language]), unit["opened"], unit["closed"] or "")
            for unit in self.book["units"]
        ]
        yield self._table(self._say("units"), ("code", "unit", "opened", "closed"), rows)

    def _table(self, caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
        """A table of HTML cells; one of two columns needs no swiping."""
        hint = self._say("swipe") if len(heads) > 2 else ""
        body = (row(first, [f"<td>{cell}</td>" for cell in others]) for first, *others in rows)
        return table(caption, [head_cell(self._say(name)) for name in heads], body, hint)


def _in_order(book: Book) -> list[Book]:
    """The tables of a codebook, ratings first."""
    return [book["tables"][name] for name in TABLES if name in book["tables"]]


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
