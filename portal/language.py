"""Which language a page speaks: `?lang=` first, else the browser's; no cookie remembers it."""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

from babel import Locale
from flask import Flask, Response, g, request
from flask_babel import Babel, get_locale

from surveys.definition import LANGUAGES

TAGS = {"zh": "zh-Hans", "en": "en"}
NAMES = {"zh": "中文", "en": "English"}


def install(app: Flask) -> None:
    """Choose the language before each request and carry an explicit choice through every link."""
    Babel(app, default_locale="zh", locale_selector=current)
    app.before_request(_choose)
    app.url_defaults(_carry)
    app.context_processor(_shown)
    app.after_request(_vary)


def current() -> str:
    """The language of this page, a key of definitions' texts."""
    return getattr(g, "language", LANGUAGES[0])


def explicit() -> str | None:
    """The language that the address names, if it is one that is offered."""
    return getattr(g, "explicit", None)


def _shown() -> dict[str, object]:
    # Behind a form that was sent, a link would lose what was typed or shown once.
    other = link_to_other(request.args.to_dict()) if request.method in ("GET", "HEAD") else None
    return {
        "lang": current(),
        "lang_tag": TAGS[current()],
        "direction": cast(Locale, get_locale()).text_direction,
        "explicit_lang": explicit(),
        "other_language": other,
    }


def _choose() -> None:
    asked = request.args.get("lang")
    g.explicit = asked if asked in LANGUAGES else None
    g.language = g.explicit or request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def _carry(endpoint: str, values: dict[str, Any]) -> None:
    if explicit() and not endpoint.endswith("static"):
        values.setdefault("lang", explicit())


def link_to_other(arguments: Mapping[str, str]) -> dict[str, str]:
    """Link, name and tag of the other language's version of this page, asked for with these arguments."""
    code = next(language for language in LANGUAGES if language != current())
    return {
        "href": f"{request.script_root}{request.path}?{urlencode({**arguments, 'lang': code})}",
        "name": NAMES[code],
        "tag": TAGS[code],
    }


def _vary(response: Response) -> Response:
    response.vary.add("Accept-Language")
    return response
