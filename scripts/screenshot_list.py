"""Which screenshots there are: who is signed in, which page is opened, what is typed, and which part is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Both = Mapping[str, str]
DESK = "/portal/staff"
_REPLY = {
    "zh": "路灯的事已经报给市政维修，约在 11 月 20 日前修好。修好以后我们到现场看一遍，再答复您。",
    "en": "The repair is ordered; it should be done by 20 November. We then look at the place.",
}


@dataclass(frozen=True)
class Shot:
    """One picture in each language; `path` and `typed` may name places of the made-up office in capitals.

    `part` is the element that is kept, at most `height` pixels of it; `opened` are elements that are folded out, and
    `awaited` is what has to come after all that. The path of a page of the site is one below its language.
    """

    name: str
    who: str
    path: str
    part: str = "main"
    width: int = 1000
    height: int = 620
    opened: tuple[str, ...] = ()
    typed: Mapping[str, Both] = field(default_factory=dict)
    ticked: tuple[str, ...] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)
    pressed: str = ""
    awaited: str = ""
    site: bool = False


def _same(text: str) -> Both:
    return {"zh": text, "en": text}


def _site(name: str, path: str, part: str = ".page", **more: Any) -> Shot:
    """A type of page of the site, as a phone shows it."""
    return Shot(name, "", path, part, 360, 430, site=True, **more)


def _act(kind: str) -> str:
    return f"details.act:has(form[action*='/act/{kind}'])"


SHOTS: tuple[Shot, ...] = (
    Shot("sign-in", "", f"{DESK}/sign-in", ".narrow", 390),
    Shot("today", "intake", f"{DESK}/", ".desk", 1000, 560),
    Shot("triage", "intake", f"{DESK}/case/DANGER", ".desk", 1000, 760, (_act("accepted"),),
         chosen={"#q-accepted-urgent": "yes"}),
    Shot("several", "intake", f"{DESK}/list/triage", "form.ticked", 1000, 620, ticked=("LAMP", "REQUEST")),
    Shot("reply", "handler", f"{DESK}/case/WORK", _act("replied"), 1000, 560, (_act("replied"),),
         typed={"#q-replied-text": _REPLY}),
    Shot("outcome", "west handler", f"{DESK}/case/AGAIN", _act("outcome"), 1000, 620, (_act("outcome"),),
         chosen={"#q-outcome-outcome": "on-the-spot"}),
    Shot("resident", "", "/portal/case", "main", 390, 430, pressed="main form button",
         typed={"#q-number": _same("CALL"), "#q-secret": _same("SECRET_OF_CALL")}),
    Shot("contacts", "reviewer", f"{DESK}/contacts", ".desk", 1000, 350),
    Shot("callbacks", "reviewer", f"{DESK}/callbacks", ".desk", 390, 900),
    Shot("exclusion", "reviewer", f"{DESK}/exclusions/EXCLUSION", ".desk", 1000, 700),
    Shot("themes", "publisher", f"{DESK}/themes/2026-10/counter-service/better", "form:has(.coding)", 1000, 480),
    Shot("surveys", "publisher", f"{DESK}/surveys", ".desk", 1000, 720),
    Shot("accounts", "admin", f"{DESK}/accounts", ".desk", 1000, 640),
    Shot("audit", "auditor", f"{DESK}/audit?act=case_act", ".desk", 1000, 620),
    _site("site-home", "", "body"),
    _site("site-emergency", "emergency/"),
    _site("site-guide", "guides/verification-code/"),
    _site("site-check", "check/"),
    _site("site-month", "reports/2021-08/"),
    _site("site-search", "", "body", awaited=".md-search-result__link",
          typed={".search__input": {"zh": "验证码", "en": "verification"}}),
)  # fmt: skip
