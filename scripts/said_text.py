"""All words of the pages "you said, we did" and of the overdue list, in every language; a test keeps the keys equal."""
# ruff: noqa: E501  (a sentence stays on one line, so that it can be found and compared)

import html
import re
from collections.abc import Mapping

import markdown
import nh3
from markdown.extensions.toc import TocExtension

from scripts.report_text import MONTH_NAMES
from surveys.markup import is_moderate

WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "title": "您说的，我们办的",
        "summary": "居民提的建议、投诉和请求，办成了什么样。写出来的每一件，本人都先看过，也同意公开。",
        "about": "这里不写姓名、电话和事项编号。每个月初公布上个月里本人同意公开的事项，想收回随时可以收回，第二天这里就没有了。",
        "none": "还没有可以公布的事项。",
        "to_overdue": "办晚了的，都列在[超期清单](overdue.md)里。",
        "feed": "可以用阅读器订阅：[Atom 订阅](feed.xml)。",
        "year": "{year} 年",
        "month_title": "{year} 年 {month} 月：您说的，我们办的",
        "month_item": "{year} 年 {month} 月",
        "month_summary": "本人在 {year} 年 {month} 月同意公开的事项，共 {n} 件。",
        "items": "{n} 件",
        "heading": "{category}：{unit}",
        "no_unit": "未指定单位",
        "photo": "居民拍的照片，{heading}，第 {place} 张，共 {n} 张",
        "outcome": "办理结果",
        "on-the-spot": "现场解决",
        "by-date": "限期解决，期限 {day}",
        "explained": "解释说明，理由是{ground}",
        "law": "法律规定",
        "rules": "办事规定",
        "facts": "查明的事实",
        "competence": "不在这个单位的权限内",
        "means": "现有条件做不到",
        "word": "本人的话",
        "confirmed": "本人确认已经办好",
        "unconfirmed": "本人没有回话，按“未确认”销号，不算办好",
        "received": "收到",
        "first_reply": "第一次答复",
        "closed": "销号",
        "was_late": "这件事超过期限，列进过超期清单。那份清单写有编号，所以这里只写月份，免得把编号和内容对上。",
        "late": "超期",
        "adopted": "建议已采纳",
        "adopted_since": "{day} 起，见 {link}",
        "overdue_title": "超期清单",
        "overdue_summary": "超过期限还没有办的事项：编号、单位、超了哪个期限、晚了几天。",
        "overdue_n": "截至 {day}，有 {n} 件事项超期。",
        "overdue_none": "截至 {day}，没有事项超期。",
        "overdue_never": "还没有列出过这份清单。",
        "overdue_about": "拿着编号，可以在这里找到自己的事项。清单里没有事项的内容。要看内容，请用编号和查询密码打开[查询事项](/portal/case?lang=zh)。清单每天夜里重新列出。",
        "overdue_how": "各个期限怎样算，见[您的建议怎样办](../policies/how-suggestions-are-handled.md)。",
        "by_unit": "各单位超期件数",
        "by_number": "超期事项，晚得最久的在前",
        "unit": "单位",
        "cases": "件数",
        "number": "事项编号",
        "limit": "超了哪个期限",
        "days": "晚了几天",
        "unassigned": "还没有交给单位",
        "triage": "受理",
        "appeal": "对不予受理的复核",
        "limit_first_reply": "第一次答复",
        "limit_outcome": "处理结果",
        "plan": "单位答应的日期",
        "callback": "回访",
        "swipe": "左右滑动，看其余各列",
    },
    "en": {
        "title": "You said, we did",
        "summary": "What became of suggestions, complaints and requests. Each resident read the text about her case first and agreed to it being public.",
        "about": "No names, telephone numbers or case numbers stand here. At the beginning of a month we publish what residents agreed to in the month before. Anyone may take it back at any time; the next day it is gone from here.",
        "none": "There is nothing to publish yet.",
        "to_overdue": "What is late stands in the [list of overdue cases](overdue.md).",
        "feed": "To follow this in a feed reader: [Atom feed](feed.xml).",
        "year": "{year}",
        "month_title": "You said, we did: {month_name} {year}",
        "month_item": "{month_name} {year}",
        "month_summary": "Cases whose residents agreed in {month_name} {year} to a summary being public: {n}.",
        "items": "{n}",
        "heading": "{category}: {unit}",
        "no_unit": "no unit named",
        "photo": "Photo by the resident, {heading}, {place} of {n}",
        "outcome": "Outcome",
        "on-the-spot": "settled on the spot",
        "by-date": "settled within a set time, by {day}",
        "explained": "explained why it could not be done, on the ground of {ground}",
        "law": "the law",
        "rules": "the rules of the service",
        "facts": "the facts as they were found",
        "competence": "what the unit may decide",
        "means": "the means at hand",
        "word": "The resident",
        "confirmed": "confirmed that it is settled",
        "unconfirmed": "did not answer; closed as not confirmed, which does not count as settled",
        "received": "Received",
        "first_reply": "First reply",
        "closed": "Closed",
        "was_late": "This case missed a limit and stood in the list of overdue cases. That list holds numbers, so there are only months here, lest somebody match the two.",
        "late": "Overdue",
        "adopted": "Suggestion adopted",
        "adopted_since": "since {day}, see {link}",
        "overdue_title": "Overdue cases",
        "overdue_summary": "Cases that have passed a limit: number, unit, which limit, and how many days late.",
        "overdue_n": "Overdue as of {day}: {n}.",
        "overdue_none": "As of {day} no case is overdue.",
        "overdue_never": "This list has not been drawn up yet.",
        "overdue_about": "With its number you can find your own case here. Nothing of its content is in the list. To read that, open [look up a case](/portal/case?lang=en) with the number and the secret code. The list is drawn up anew each night.",
        "overdue_how": "How the limits are counted: [what happens to your suggestion](../policies/how-suggestions-are-handled.md).",
        "by_unit": "Overdue by unit",
        "by_number": "Overdue cases, the latest first",
        "unit": "Unit",
        "cases": "Cases",
        "number": "Case number",
        "limit": "Which limit",
        "days": "Days late",
        "unassigned": "not assigned to a unit yet",
        "triage": "acceptance",
        "appeal": "decision on a contested refusal",
        "limit_first_reply": "first reply",
        "limit_outcome": "outcome",
        "plan": "day promised by the unit",
        "callback": "callback",
        "swipe": "Swipe sideways for the other columns",
    },
}
HTML_LANGUAGE = {"zh": "zh-Hans", "en": "en"}
_LINK = re.compile(r"!?\[([^\]\n]*)\]\(\s*<?([^)\s>]*)>?[^)\n]*\)")
_TAGS = frozenset(("blockquote", "br", "em", "h3", "h4", "h5", "h6", "li", "ol", "p", "strong", "ul"))


class Words:
    """The words of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._words = WORDS[language]

    def __call__(self, key: str, /, **values: object) -> str:
        """The words under the key, with the values put in."""
        return self._words[key].format_map(values)

    def of_month(self, key: str, month: str, **values: object) -> str:
        """The words under the key, said of a month YYYY-MM."""
        number = int(month[5:])
        told = {"year": month[:4], "month": number, "month_name": MONTH_NAMES[number - 1]}
        return self(key, **told, **values)


def shown(written: str) -> str:
    """HTML of a summary on one line: its Markdown as the resident saw it, links as text, nothing that could load."""
    if not is_moderate(written):
        return f"<p>{escaped(written)}</p>"
    plain = _LINK.sub(lambda link: link[1] if link[2] in ("", link[1]) else f"{link[1]} ({link[2]})", written)
    made = markdown.markdown(plain, extensions=["nl2br", "sane_lists", TocExtension(baselevel=3)])
    return " ".join(nh3.clean(made, tags=set(_TAGS), attributes={}, link_rel=None).split())


def escaped(text: str) -> str:
    """Words for HTML, on one line."""
    return html.escape(" ".join(text.split()))
