"""“Is this a scam?”: seven questions and a verdict, for browsers without scripts.

The answers come by POST, because an address would stand in logs, in the browser's history and in the next page's
referrer. They are judged, shown once, and written nowhere.
"""

import re

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from portal.language import current
from portal.state import portal
from surveys import scam_check
from surveys.scam_check import ScamCheck

blueprint = Blueprint("scam_check", __name__)
_HOTLINE = re.compile(r"(?<!\d)(?:96110|110)(?!\d)")


@blueprint.get("/check")
def ask() -> ResponseReturnValue:
    """The questions."""
    return _page(_check(), {})


@blueprint.post("/check")
def judge() -> ResponseReturnValue:
    """The verdict, and the questions once more with the answers in them."""
    check = _check()
    answers = scam_check.readable(check, request.form.to_dict())
    return (_page(check, answers), 200) if answers else (_page(check, answers, none_answered=True), 422)


def _check() -> ScamCheck:
    return portal().definitions.scam_check or abort(404)


def _page(check: ScamCheck, answers: dict[str, str], none_answered: bool = False) -> str:
    return render_template(
        "check.html",
        check=check,
        answers=answers,
        verdict=scam_check.judge(check, answers) if answers else None,
        none_answered=none_answered,
        root="/en/" if current() == "en" else "/",
        tapped=_tapped,
    )


def _tapped(words: str) -> Markup:
    """The words with hotlines that a phone can call."""
    return Markup(_HOTLINE.sub(r'<a href="tel:\g<0>">\g<0></a>', str(escape(words))))  # noqa: S704  (escaped above)
