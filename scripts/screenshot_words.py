"""Who works in the made-up office of the screenshots and what is said there, in both languages; nobody is real."""

from collections.abc import Mapping

from surveys.cases import Kind
from surveys.duties import Role

Both = Mapping[str, str]
Step = tuple[int, str, Kind, Mapping[str, str]]
"""Days after the receipt, who acts, the act, and what it carries; 'say' names words of REPLIES."""

PEOPLE: Mapping[str, tuple[Role, str | None, Both]] = {
    "admin": ("admin", None, {"zh": "网站管理岗", "en": "Site desk"}),
    "intake": ("intake", None, {"zh": "受理窗口", "en": "Front desk"}),
    "handler": ("handler", "chengdong", {"zh": "城东承办岗", "en": "East handler"}),
    "west handler": ("handler", "chengxi", {"zh": "城西承办岗", "en": "West handler"}),
    "reviewer": ("reviewer", "chengqu", {"zh": "复核岗", "en": "Review desk"}),
    "second reviewer": ("reviewer", "chengqu", {"zh": "复核二岗", "en": "Review desk 2"}),
    "publisher": ("publisher", None, {"zh": "统计发布岗", "en": "Publishing desk"}),
    "auditor": ("auditor", None, {"zh": "审计岗", "en": "Audit desk"}),
}
REPLIES: Mapping[str, Both] = {
    "look": {"zh": "我们今天下午去看，明天答复您。", "en": "We go there this afternoon and answer you tomorrow."},
    "done": {
        "zh": "护栏昨天换好了，旁边两段也一起加固了。",
        "en": "The railing was replaced yesterday, and the two beside it were made firm.",
    },
    "talk": {
        "zh": "宣讲定在下周三晚上七点，在社区活动室。",
        "en": "The talk is next Wednesday at seven in the evening, in the community room.",
    },
}
TEMPLATES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "zh": (
        ("路灯：已经报修", "路灯的事已经报给市政维修，约在 ____ 前修好。修好以后我们到现场看一遍，再答复您。"),
        ("上门办证：约时间", "可以上门办理。我们在 ____ 到 ____ 之间过去，请准备好 ____。"),
    ),
    "en": (
        ("Street lamp: repair ordered", "The repair is ordered; it should be done by ____. We then look at the place."),
        ("Visit at home: a time", "We can come to you between ____ and ____. Please have ____ at hand."),
    ),
}
THEME_TEXTS: Mapping[str, tuple[str, ...]] = {
    "zh": ("中午窗口没有人，等了四十分钟。", "讲得很清楚，一次就办好了。", "希望周六也能办身份证。"),
    "en": (
        "Nobody was at the counter at noon; I waited forty minutes.",
        "It was explained well and done in one visit.",
        "Please open on Saturdays for identity cards.",
    ),
}
_LAMP: Both = {
    "zh": "小区东门外的路灯不亮，晚上看不清台阶。",
    "en": "The lamp by the east gate is out; the steps are dark.",
}
_DANGER: Both = {
    "zh": "三号楼楼道里煤气泄漏，闻着头晕。",
    "en": "There is a gas leak on the stairs of house 3, and it makes us dizzy.",
}
_RAILING: Both = {
    "zh": "河边的护栏断了一截，孩子常在那里玩。",
    "en": "A railing by the river is broken; children play there.",
}
_TALK: Both = {
    "zh": "想请人来小区讲一次反诈，大约三十人。",
    "en": "We would like a talk about fraud for about thirty people.",
}
_SATURDAY: Both = {"zh": "建议户籍窗口周六上午开放。", "en": "The counter could open on Saturday mornings."}
_VISIT: Both = {
    "zh": "老人行动不便，想请人上门办身份证。",
    "en": "A visit at home for an identity card: walking is hard here.",
}
_WAIT: Both = {
    "zh": "上周办户口等了两个小时，没有人说明原因。",
    "en": "I waited two hours last week and nobody said why.",
}


def _to(unit: str, after: int = 0) -> tuple[Step, ...]:
    return (after, "intake", "accepted", {}), (after, "intake", "assigned", {"unit": unit})


def _proposed(say: str = "done") -> tuple[Step, ...]:
    outcome = {"outcome": "on-the-spot", "say": say}
    return (*_to("chengdong"), (1, "handler", "replied", {"say": "look"}), (2, "handler", "outcome", outcome))


CASES: Mapping[str, tuple[int, str, Both, bool, tuple[Step, ...]]] = {
    "CLOSED": (7, "suggestion", _SATURDAY, True, (
        *_proposed(), (3, "resident", "confirmed", {"satisfied": "yes"}), (4, "reviewer", "closed", {}))),
    "LATE": (12, "visit", _VISIT, True, _to("chengdong")),
    "TRIED": (6, "hazard", _RAILING, True, (*_proposed(), (3, "reviewer", "not_reached", {}))),
    "CALL": (3, "fraud-talk", _TALK, True, _proposed("talk")),
    "CONFIRMED": (5, "hazard", _LAMP, True, (*_proposed(), (4, "resident", "confirmed", {"satisfied": "yes"}))),
    "HANDED": (2, "documents", _VISIT, True, (*_to("chengdong"), (1, "resident", "released", {}))),
    "AGAIN": (3, "hazard", _RAILING, True, (
        *_to("chengxi"), (1, "west handler", "replied", {"say": "look"}))),
    "WORK": (2, "hazard", _LAMP, True, _to("chengdong")),
    "ACCEPTED": (1, "fraud-talk", _TALK, False, ((0, "intake", "accepted", {}),)),
    "COMPLAINT": (1, "service-complaint", _WAIT, True, ()),
    "REQUEST": (0, "documents", _VISIT, True, ()),
    "LAMP": (0, "hazard", _LAMP, True, ()),
    "SAME_LAMP": (0, "hazard", _LAMP, False, ()),
    "DANGER": (0, "hazard", _DANGER, True, ()),
}  # fmt: skip
"""By name: received how many days ago, category, her words, whether she left a contact, and what was done since."""
