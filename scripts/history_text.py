"""All words of the pages that hold all months, in every language; a test keeps the keys equal."""
# ruff: noqa: E501  (a sentence stays on one line, so that it can be found and compared)

from collections.abc import Mapping

from scripts import report_text
from scripts.plurals import filled
from scripts.report_text import MONTH_NAMES

WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "reports": "公开报告",
        "reports_summary": "每月公布各项评价的人数、满意率和误差范围，数据可以下载核对。",
        "ways": "按月份看，见下面。也可以[按单位看](units/index.md)，或者[按问卷看](surveys/index.md)，每一页都有发布过的全部月份。",
        "feed": "新报告可以用阅读器订阅：[Atom 订阅](feed.xml)。数字怎样算，见[数字怎样算出来](../about/method.md)。",
        "codebook": "数据的每一列、每个代码是什么意思，见[数据说明](codebook.md)。",
        "year": "{year} 年",
        "sums": "合计：{list}",
        "report_of": "{name}报告",
        "month_name": "{year} 年 {month} 月",
        "quarter_name": "{year} 年第{quarter}季度",
        "year_name": "{year} 年全年",
        "quarters": "一二三四",
        "units": "各单位历月数字",
        "units_summary": "每个单位一页，发布过的月份都在上面。按名册的顺序排，不排名次。",
        "units_none": "名册里没有单位。",
        "surveys": "各问卷历月数字",
        "surveys_summary": "每份问卷一页，每道题发布过的月份都在上面。",
        "surveys_none": "还没有问卷的数字。",
        "unit_summary": "{name}各月的评价和别的数字，发布过的月份都在这里。只看这个单位自己，不和别的单位比。",
        "survey_summary": "“{name}”每道题各月的数字，发布过的月份都在这里。",
        "part_of": "所属：{unit}",
        "holds": "下面的单位：{list}",
        "since": "名册上写着：{day} 起。",
        "closed": "名册上写着：{day} 起，到 {last} 为止。以前的数字留在这里。",
        "grouping": "这个单位自己不接受评价，只把下面的单位归在一起。",
        "not_listed": "名册里已经没有这个代码，以前的数字留在这里。",
        "nothing": "发布过的月份里，还没有这个单位的数字。",
        "survey_nothing": "发布过的月份里，还没有人答过这份问卷。",
        "month": "月份",
        "span": "时段",
        "sums_caption": "季度和年：{question}",
        "months_caption": "各月：{question}",
        "change": "较上月",
        "rise": "上升",
        "fall": "下降",
        "no_change": "看不出变化",
        "points": "{size} 个百分点（{low} 到 {high}）",
        "city": "全部单位",
        "headline": "这里是第一道打分题：“{question}”。所有题目见[这份问卷的历月数字](../surveys/{page}.md)，别的表见各月报告。",
        "question_was": "较早的月份里第一道题是“{question}”，另列一张表。",
        "total": "发布过的 {months} 个月里，一共 {n} 人打了分。",
        "chart_title": "前两级的比例，按月：{name}",
        "chart_desc": "从 {first} 到 {last}，有误差范围的月份 {n} 个。每个月的数字都在下面的表里。",
        "chart_note_unit": "竖线是误差范围，圆点是选“{best}”或“{good}”的比例，短横线是全部单位的这个比例。没有竖线的月份没有可以公布的比例。{few}",
        "chart_note": "竖线是误差范围，圆点是选“{best}”或“{good}”的比例。没有竖线的月份没有可以公布的比例。{few}",
        "chart_few": "图里只有最近 {n} 个月，表里全有。",
        "why_change": "“较上月”：两个月都有 30 人以上打分才比。同一个月里所有单位一起比，容易碰巧，所以误差范围放宽了（霍尔姆校正）。放宽以后仍然全在 0 的一边，才叫变化。",
        "why_change_all": "“较上月”：两个月都有 30 人以上打分才比。差的误差范围全在 0 的一边，才叫变化。",
        "top_two": "“前两级”是选“{best}”或“{good}”的比例，统计方法里叫满意率（严）。",
        "silence": "误差范围只说明碰巧的成分有多大，说明不了没来打分的人怎么想。数字没有加权。",
        "versions": "问卷的版本",
        "version": "第 {version} 版，{day} 起，内容指纹（SHA-256）`{digest}`",
        "version_until": "第 {version} 版，{day} 到 {last}，内容指纹（SHA-256）`{digest}`",
        "rated_questions": "打分题",
        "option_questions": "选择题和填数字的题",
        "options_caption": "各月：{question}",
        "answered": "答题人数",
        "answered_sum": "答这道题的有 {n} 人，比例是占他们的多少。",
        "options_note": "每格是人数，括号里是占答题人数的比例，答的人少于 30 就不给比例。",
        "many_values": "填的数字有 {n} 种，太多，这里只列答题人数，各个数字见各月报告的数据。",
        "cases": "事项",
        "cases_caption": "各月事项",
        "declared": "单位自报",
        "declared_caption": "各月自报数字",
        "declared_note": "这些数字是单位自己报的，没有居民参与。有“其中”的，比例由两个数重新算。",
        "cases_note": "“3 / 5”是说 5 件里有 3 件，30 件以上才有比例。没有数的月份，那一项一件也没有。重开的件数写在销号的那个月，要晚一两期才公布。",
        "of_whole": "一共 {n} 件",
        "figure_of_survey": "{figure}（{survey}）",
        "sum_summary": "{first}到 {last}加在一起：每道题的人数、满意率和误差范围。",
        "sum_months": "这里把各月的数字加在一起：{list}。各月的数字不再改动。",
        "sum_rules": "合计也守同样的规则。和已经公布的各月一对照就可能看出某个人选了什么的，这里不公布，所以有的单位人数不少，也并入“其他”。",
        "why_sums": "季度和年里，有的单位人数不少，也不单列：减去公布过的月份，就会看出不公布的那个月。",
        "sum_left_out": "这些题没有合计，因为加起来会看出某个月里不公布的数字，或者各月的选项不一样，或者其中一个月作了更正：{list}。",
        "sum_nothing": "这段时间没有收到任何答卷。",
        "sum_ratings": "每道题的评价，全部单位",
        "sum_units": "“{question}”，按单位",
        "units_note": "单位按名册的顺序排，不排名次。横线是误差范围，圆点是选“{best}”或“{good}”的比例，竖线是全部单位的这个比例。",
        "question": "题目",
        "unit": "单位",
        "to_survey": "各月怎样，见[这份问卷的历月数字](surveys/{page}.md)。",
        "from_parts": "、",
    },
    "en": {
        "reports": "Reports",
        "reports_summary": "Each month: how many people answered, the share satisfied, its interval, and the data to check it.",
        "ways": "By month: see below. There is also a page [for each unit](units/index.md) and [for each survey](surveys/index.md) with all published months.",
        "feed": "A reader can follow new reports: [Atom feed](feed.xml). [How the figures are made](../about/method.md).",
        "codebook": "[What the data mean](codebook.md), column by column and code by code.",
        "year": "{year}",
        "sums": "Sums: {list}",
        "report_of": "Report for {name}",
        "month_name": "{month_name} {year}",
        "quarter_name": "quarter {quarter} of {year}",
        "year_name": "the year {year}",
        "quarters": "1234",
        "units": "All months by unit",
        "units_summary": "A page for each unit with all published months. Units stand in the order of the register; this is no ranking.",
        "units_none": "The register has no units.",
        "surveys": "All months by survey",
        "surveys_summary": "A page for each survey with all published months of each question.",
        "surveys_none": "There are no figures of any survey yet.",
        "unit_summary": "Ratings and other figures of {name}, all published months. This unit alone, not compared with other units.",
        "survey_summary": "Each question of “{name}” by month, all published months.",
        "part_of": "Part of: {unit}",
        "holds": "Units below it: {list}",
        "since": "The register says: since {day}.",
        "closed": "The register says: from {day} to {last}. Earlier figures stay here.",
        "grouping": "This unit takes no ratings itself; it holds the units below it together.",
        "not_listed": "The register no longer has this code; earlier figures stay here.",
        "nothing": "There are no figures of this unit in the published months yet.",
        "survey_nothing": "Nobody has answered this survey in the published months yet.",
        "month": "Month",
        "span": "Period",
        "sums_caption": "Quarters and years: {question}",
        "months_caption": "By month: {question}",
        "change": "Against the month before",
        "rise": "up",
        "fall": "down",
        "no_change": "no change shown",
        "points": "{size} points ({low} to {high})",
        "city": "All units",
        "headline": "This is the first rated question: “{question}”. For the others see [all months of this survey](../surveys/{page}.md), for other tables each month's report.",
        "question_was": "In earlier months the first question was “{question}”; it has a table of its own.",
        "total": "{n} {n:person|people} rated in {months} published {months:month|months}.",
        "chart_title": "Share of the top two levels by month: {name}",
        "chart_desc": "From {first} to {last}, {n} {n:month|months} with an interval. Each month's figures stand in the table below.",
        "chart_note_unit": "The upright line is the interval, the dot the share of “{best}” and “{good}”, the short level line that share for all units. A month without a line has no share that may be published. {few}",
        "chart_note": "The upright line is the interval, the dot the share of “{best}” and “{good}”. A month without a line has no share that may be published. {few}",
        "chart_few": "The chart has the newest {n} months, the table all of them.",
        "why_change": "“Against the month before”: compared where 30 or more rated in both months. All units of a month are compared at once, which invites false alarms, so the intervals are wider (Holm's correction). Only what then lies wholly on one side of 0 is called a change.",
        "why_change_all": "“Against the month before”: compared where 30 or more rated in both months. Only a difference whose interval lies wholly on one side of 0 is called a change.",
        "top_two": "“Top two” is the share who chose “{best}” or “{good}”, called “satisfied, strict” in the method; n is the number of ratings.",
        "silence": "The interval speaks of chance only. It says nothing of those who did not answer. The figures are not weighted.",
        "versions": "Versions of the survey",
        "version": "Version {version}, since {day}, fingerprint of its content (SHA-256) `{digest}`",
        "version_until": "Version {version}, {day} to {last}, fingerprint of its content (SHA-256) `{digest}`",
        "rated_questions": "Rated questions",
        "option_questions": "Questions with options or numbers",
        "options_caption": "By month: {question}",
        "answered": "Answered",
        "answered_sum": "{n} {n:person|people} answered this question; the shares are of them.",
        "options_note": "Each cell holds people and, in brackets, their share of those who answered; below 30 there is no share.",
        "many_values": "{n} different numbers were given, too many to list here; this is how many people answered. The numbers stand in the data of each month's report.",
        "cases": "Cases",
        "cases_caption": "Cases by month",
        "declared": "Declared by the unit",
        "declared_caption": "Declared figures by month",
        "declared_note": "The unit declares these figures itself; no resident had a part in them. Where there are two counts, the rate is recomputed from them.",
        "cases_note": "“3 / 5” means 3 of 5; from 30 on there is a share. Where a month has no figure, there was none of it. Reopenings stand in the month of the close; they are published one or two reports later.",
        "of_whole": "{n} in all",
        "figure_of_survey": "{figure} ({survey})",
        "sum_summary": "{first} to {last} added up: counts, satisfied shares with their intervals, and the data.",
        "sum_months": "The figures of these months added up: {list}. Those of the months do not change.",
        "sum_rules": "The same rules hold for a sum. What could tell, together with the published months, what somebody chose is not published here, so some units that many people rated are merged into “Other” too.",
        "why_sums": "In quarters and years some units have no row of their own although many people rated them: less the published months, it would tell what another month keeps back.",
        "sum_left_out": "These questions have no sum, because it would tell what a month keeps back, or because their options were not the same in all months, or because one of the months was corrected: {list}.",
        "sum_nothing": "No responses arrived in this time.",
        "sum_ratings": "Ratings by question, all units",
        "sum_units": "“{question}”, by unit",
        "units_note": "Units stand in the order of the register; this is no ranking. The line is the interval, the dot the share of “{best}” and “{good}”, the upright line that share for all units.",
        "question": "Question",
        "unit": "Unit",
        "to_survey": "By month: [all months of this survey](surveys/{page}.md).",
        "from_parts": ", ",
    },
}
_SHARED = (
    "all", "other", "dont_know", "n", "satisfied", "interval", "indicative", "hidden", "merged", "sealed", "swipe",
    "why_hidden", "why_merged", "why_sealed", "why_indicative", "why_dash", "enumeration", "quoted", "share",
    "option", "people", "answered_hidden", "answered_sealed", "downloads", "file_ratings", "file_answers", "for_programs", "for_spreadsheets", "interval_title",
    "interval_desc", "interval_desc_point",
)  # fmt: skip


class Words:
    """The words of one language; those of the tables are shared with the reports of the months."""

    def __init__(self, language: str) -> None:
        self.language = language
        shared = report_text.WORDS[language]
        self._words = {**{key: shared[key] for key in _SHARED}, **WORDS[language]}

    def __call__(self, key: str, /, **values: object) -> str:
        """The words under the key, with the values put in."""
        return filled(self._words[key], values)

    def period(self, name: str) -> str:
        """What a month, quarter or year is called."""
        year, rest = name[:4], name[5:]
        if rest.startswith("Q"):
            return self("quarter_name", year=year, quarter=self("quarters")[int(rest[1]) - 1])
        if rest:
            return self("month_name", year=year, month=int(rest), month_name=MONTH_NAMES[int(rest) - 1])
        return self("year_name", year=year)

    def list(self, items: "list[str]") -> str:
        """Several things in one sentence."""
        return self("enumeration").join(items)
