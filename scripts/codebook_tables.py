"""What the columns of the published tables are called and mean, table by table, in every language."""
# ruff: noqa: E501  (a text stays on one line, so that it can be found and compared)

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from surveys.yaml_reading import Text

ColumnKind = Literal[
    "period", "survey", "question", "unit", "option", "figure", "reason", "status", "count", "share", "mean", "label"
]


@dataclass(frozen=True)
class Column:
    """One column of a table: its name in the files, what its cells hold, its heading and what it means."""

    name: str
    kind: ColumnKind
    heading: Text
    meaning: Text


@dataclass(frozen=True)
class TableWords:
    """One published table: its title, what a row is, the columns that tell rows apart, and all columns."""

    title: Text
    about: Text
    key: tuple[str, ...]
    columns: tuple[Column, ...]


def _column(name: str, kind: ColumnKind, zh: tuple[str, str], en: tuple[str, str]) -> Column:
    return Column(name, kind, Text(zh=zh[0], en=en[0]), Text(zh=zh[1], en=en[1]))


PERIOD = _column(
    "period", "period", ("期间", "月份，如 2026-11，按北京时间"), ("Period", "Month, such as 2026-11, in Beijing time")
)
SURVEY = _column("survey", "survey", ("问卷", "问卷的代码"), ("Survey", "Code of the survey"))
QUESTION = _column("question", "question", ("题目", "题目的代码"), ("Question", "Code of the question"))
UNIT = _column(
    "unit",
    "unit",
    ("单位", "单位的代码，all 是全部单位，other 是合并的“其他”"),
    ("Unit", "Code of the unit; all stands for every unit, other for those merged"),
)
STATUS = _column("status", "status", ("公布情况", "这一行公布了多少"), ("Status", "How much of the row is published"))
LOW = _column(
    "low",
    "share",
    ("误差下限", "95% 误差范围的下限，10 个以上才有"),
    ("Interval from", "Lower bound of the 95% interval, from 10 on"),
)
HIGH = _column(
    "high",
    "share",
    ("误差上限", "95% 误差范围的上限，10 个以上才有"),
    ("Interval to", "Upper bound of the 95% interval, from 10 on"),
)
SHARE = _column("share", "share", ("比例", "其中 ÷ 总数，0 到 1"), ("Share", "Part ÷ whole, 0 to 1"))

_LEVELS = {1: ("1 分票（最差）", "Level 1 (worst)"), 5: ("5 分票（最好）", "Level 5 (best)")}


def _level(level: int) -> Column:
    zh, en = _LEVELS.get(level, (f"{level} 分票", f"Level {level}"))
    return _column(f"n_{level}", "count", (zh, f"选第 {level} 级的票数"), (en, f"Ratings of level {level}"))


RATINGS = TableWords(
    Text(zh="评价", en="Ratings"),
    Text(zh="打分题。一行是一份问卷、一道题、一个单位。", en="Rated questions: a row for each survey, question and unit."),
    ("period", "survey", "question", "unit"),
    (
        PERIOD,
        SURVEY,
        QUESTION,
        UNIT,
        *(_level(level) for level in range(1, 6)),
        _column("dont_know", "count", ("不适用/不知道", "选“不适用/不知道”的人数，不算票"), ("Don't know", "Answers “does not apply / don't know”, which are no ratings")),
        _column("n", "count", ("票数 n", "五个等级的票数之和"), ("Ratings n", "Ratings of the five levels together")),
        _column("satisfied", "share", ("满意率（严）", "4 分票加 5 分票，除以 n，30 票以上才有"), ("Satisfied, strict", "Ratings of levels 4 and 5 ÷ n, from 30 on")),
        LOW,
        HIGH,
        _column("mean", "mean", ("平均分", "1 到 5，30 票以上才有"), ("Mean", "1 to 5, from 30 on")),
        STATUS,
    ),
)  # fmt: skip
ANSWERS = TableWords(
    Text(zh="选择题", en="Options"),
    Text(zh="选择题和填数字的题。一行是一个选项，选项空着的一行是答了这道题的总人数。", en="Questions with options or numbers: a row for each option; the row without one holds all who answered."),
    ("period", "survey", "question", "unit", "code"),
    (
        PERIOD,
        SURVEY,
        QUESTION,
        UNIT,
        _column("code", "option", ("选项", "选项的代码或者填的数，空着是总人数"), ("Option", "Code of the option or the number given; empty for all who answered")),
        _column("n", "count", ("人数", "选这一项的人数"), ("People", "How many chose it")),
        _column("share", "share", ("比例", "占答了这道题的人，30 人以上才有"), ("Share", "Of all who answered the question, from 30 on")),
        LOW,
        HIGH,
        STATUS,
    ),
)  # fmt: skip
CASES = TableWords(
    Text(zh="事项", en="Cases"),
    Text(zh="建议、投诉、请求和回访。一行是一个单位的一项指标。", en="Suggestions, complaints and requests: a row for each unit and figure."),
    ("period", "unit", "figure"),
    (
        PERIOD,
        UNIT,
        _column("figure", "figure", ("指标", "指标的代码"), ("Figure", "Code of the figure")),
        _column("part", "count", ("其中", "合乎指标的件数"), ("Part", "Those that meet it")),
        _column("whole", "count", ("总数", "一共多少件"), ("Whole", "All that are counted")),
        SHARE,
        LOW,
        HIGH,
        STATUS,
    ),
)  # fmt: skip
DECLARED = TableWords(
    Text(zh="单位自报", en="Declared"),
    Text(zh="单位自己报的数，没有核实。比例按两个数重新算。", en="What units declare of themselves, not verified; the share is computed anew from the two counts."),
    ("period", "unit", "figure", "survey"),
    (
        PERIOD,
        UNIT,
        _column("figure", "figure", ("指标", "单位自报的指标的代码"), ("Figure", "Code of the figure that is declared")),
        SURVEY,
        _column("part", "count", ("其中", "总数里的这一部分"), ("Part", "The part of the whole that is named")),
        _column("whole", "count", ("总数", "报的总数"), ("Whole", "What was declared")),
        SHARE,
    ),
)  # fmt: skip
EXCLUSIONS = TableWords(
    Text(zh="剔除", en="Exclusions"),
    Text(zh="两个岗位先后同意不计入的答卷。答卷没有删。", en="Responses that two roles agreed not to count; none was deleted."),
    ("period", "survey", "unit", "reason"),
    (
        PERIOD,
        SURVEY,
        UNIT,
        _column("reason", "reason", ("理由", "为什么不计入，all 是全部理由"), ("Reason", "Why they do not count; all stands for every reason")),
        _column("part", "count", ("剔除", "剔除的份数"), ("Excluded", "Responses left out")),
        _column("whole", "count", ("收到", "收到的份数"), ("Received", "Responses received")),
        SHARE,
    ),
)  # fmt: skip
CARDS = TableWords(
    Text(zh="回音卡", en="Reply cards"),
    Text(zh="发出过的每一批回音卡，到月底为止。", en="Every batch of reply cards that was issued, as it stood at the month's end."),
    ("period", "survey", "unit", "batch"),
    (
        PERIOD,
        SURVEY,
        UNIT,
        _column("batch", "label", ("批次", "卡号的前 5 位，all 是这份问卷的全部批次"), ("Batch", "The first 5 digits of its cards' numbers; all stands for every batch of the survey")),
        _column("day", "label", ("发卡日期", "哪一天发的，全部批次写最早的一天"), ("Issued on", "The day; the first one for every batch together")),
        _column("issued", "count", ("发出", "一共多少张"), ("Issued", "How many cards there are")),
        _column("used", "count", ("用过", "到月底用掉多少张"), ("Used", "How many had answered by the month's end")),
        _column("void", "count", ("作废", "到月底作废多少张"), ("Void", "How many had been made void by the month's end")),
        _column("share", "share", ("参评率", "用过 ÷（发出 − 作废），30 张以上才有"), ("Response rate", "Used ÷ (issued − void), from 30 on")),
    ),
)  # fmt: skip
CALLS = TableWords(
    Text(zh="电话", en="Calls"),
    Text(zh="按稿子打的电话，这个月怎样结束的，全部单位合计。", en="How the calls of the month ended in which a survey was read out, all units together."),
    ("period", "survey"),
    (
        PERIOD,
        SURVEY,
        _column("answered", "count", ("答了", "答了问卷的电话"), ("Answered", "Calls that brought an answer")),
        _column("refused", "count", ("拒访", "接了，不愿意答"), ("Refused", "Reached, and would rather not")),
        _column("not_reached", "count", ("未接通", "没有人接"), ("Not reached", "Nobody answered the call")),
        _column("share", "share", ("答了的比例", "答了 ÷ 全部电话，30 个以上才有"), ("Share answered", "Answered ÷ all calls, from 30 on")),
    ),
)  # fmt: skip
SURGES = TableWords(
    Text(zh="份数不寻常的日子", en="Days out of line"),
    Text(
        zh="这一天，一个单位从一个渠道收到的答卷，比前后的日子多出很多：20 份以上，并且超过平常的 3 倍。平常是前后 28 天里其他各天的中位数，从上个月第一份起算，到这个月底为止。用回音卡答的不算。只看份数，不看选了什么。",
        en="Days on which far more came for a unit in one way than on the days around it: 20 or more, and more than 3 times what is usual. Usual is the median of the other days within 28 days, from the first day with an answer in the month before to the end of this month. Answers with a reply card are not among them. Volumes alone are looked at, never what was chosen.",
    ),
    ("period", "survey", "unit", "channel", "day"),
    (
        PERIOD,
        SURVEY,
        UNIT,
        _column("channel", "label", ("渠道", "web 网页、kiosk 评价器、paper 纸面、telephone 电话、other 其他"), ("Way", "web, kiosk, paper, telephone or other")),
        _column("day", "label", ("日期", "哪一天"), ("Day", "The day")),
        _column("n", "count", ("收到", "这一天收到几份，剔除的也在内"), ("Received", "Responses of the day, the excluded ones among them")),
        _column("usual", "count", ("平常", "前后各天的中位数，向上取整"), ("Usual", "The median of the days around it, rounded up")),
    ),
)  # fmt: skip
TABLES: Mapping[str, TableWords] = {
    "ratings": RATINGS,
    "answers": ANSWERS,
    "cases": CASES,
    "declared": DECLARED,
    "exclusions": EXCLUSIONS,
    "cards": CARDS,
    "calls": CALLS,
    "surges": SURGES,
}
