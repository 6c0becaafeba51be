"""Which language a page speaks: `?lang=` first, else the browser's; no cookie remembers it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlencode

from babel import Locale
from flask import Flask, Response, g, request
from flask_babel import get_locale
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from portal.catalogues import OfficeBabel, locale_of
from portal.state import portal
from surveys.definition import LANGUAGES, Text

TAGS = {"zh": "zh-Hans", "en": "en"}
NAMES = {"zh": "中文", "en": "English"}
_USUAL_LENGTH = 200


def install(app: Flask) -> None:
    """Choose the language before each request and carry an explicit choice through every link."""
    OfficeBabel(app, default_locale="zh", locale_selector=lambda: locale_of(current()))
    app.before_request(_choose)
    app.url_defaults(_carry)
    app.context_processor(_shown)
    app.jinja_env.filters["said"] = said
    app.after_request(_vary)


def current() -> str:
    """The language of this page, a key of definitions' texts."""
    return getattr(g, "language", LANGUAGES[0])


def explicit() -> str | None:
    """The language that the address names, if it is one that is offered."""
    return getattr(g, "explicit", None)


def names() -> Mapping[str, str]:
    """Every language that is offered, by what it is called in definitions, with its own name for itself."""
    return NAMES | {one.tag: one.name for one in portal().definitions.languages}


def tag(language: str) -> str:
    """What a page in the language says of itself."""
    return TAGS.get(language, language)


def said_in(text: Text, language: str) -> str:
    """A text of the definitions in a language; what stands in for one is marked as Chinese."""
    if language in text:
        return text[language]
    return Markup('<span lang="{}" dir="ltr">{}</span>').format(TAGS[LANGUAGES[0]], text[LANGUAGES[0]])


def said(text: Text) -> str:
    """A text of the definitions in the language of the page."""
    return said_in(text, current())


def _shown() -> dict[str, object]:
    # Behind a form that was sent, a link would lose what was typed or shown once.
    others = links_to_others(request.args.to_dict()) if request.method in ("GET", "HEAD") else []
    return {
        "lang": current(),
        "lang_tag": tag(current()),
        "direction": cast(Locale, get_locale()).text_direction,
        "explicit_lang": explicit(),
        "other_languages": others,
    }


def _choose() -> None:
    offered, header = portal().definitions.all_languages, request.headers.get("Accept-Language", "")
    g.language, g.explicit = chosen(offered, request.args.get("lang"), header)


def chosen(offered: tuple[str, ...], asked: str | None, header: str) -> tuple[str, str | None]:
    """The language of a page, and the one that its address asks for if that is offered; else the browser chooses."""
    if asked in offered:
        return asked or "", asked
    find = _by_browser if len(header) <= _USUAL_LENGTH else _by_browser.__wrapped__
    return find(offered, header), None


@lru_cache(maxsize=256)
def _by_browser(offered: tuple[str, ...], header: str) -> str:
    """What fits an Accept-Language header best; browsers send few different ones, so they are read once."""
    known = [one for one in offered if "-x-" not in one]  # no browser asks for plain language
    return parse_accept_header(header, LanguageAccept).best_match(known) or LANGUAGES[0]


def _carry(endpoint: str, values: dict[str, Any]) -> None:
    if explicit() and not endpoint.endswith("static"):
        values.setdefault("lang", explicit())


def links_to_others(arguments: Mapping[str, str]) -> list[dict[str, str]]:
    """Link, name and tag of this page in each other language, asked for with these arguments."""
    address = f"{request.script_root}{request.path}"
    return [
        {"href": f"{address}?{urlencode({**arguments, 'lang': code})}", "name": name, "code": code, "tag": tag(code)}
        for code, name in names().items()
        if code != current()
    ]


def _vary(response: Response) -> Response:
    response.vary.add("Accept-Language")
    return response
