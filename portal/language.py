"""Which language a page speaks: `?lang=` first, else the browser's; no cookie remembers it."""

from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, request
from flask_babel import Babel

from surveys.definition import LANGUAGES

TAGS = {"zh": "zh-Hans", "en": "en"}
NAMES = {"zh": "中文", "en": "English"}


def install(app: Flask) -> None:
    """Choose the language before each request and carry an explicit choice through every link."""
    Babel(app, default_locale="zh", locale_selector=current)
    app.before_request(_choose)
    app.url_defaults(_carry)
    app.context_processor(lambda: {"lang": current(), "lang_tag": TAGS[current()], "other_language": _other()})
    app.after_request(_vary)


def current() -> str:
    """The language of this page, a key of definitions' texts."""
    return getattr(g, "language", LANGUAGES[0])


def _choose() -> None:
    asked = request.args.get("lang")
    g.explicit = asked if asked in LANGUAGES else None
    g.language = g.explicit or request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def _carry(endpoint: str, values: dict[str, Any]) -> None:
    if getattr(g, "explicit", None) and not endpoint.endswith("static"):
        values.setdefault("lang", g.explicit)


def _other() -> dict[str, str]:
    """Link, name and tag of the other language's version of this page."""
    code = next(language for language in LANGUAGES if language != current())
    arguments = {**request.args.to_dict(), "lang": code}
    return {
        "href": f"{request.script_root}{request.path}?{urlencode(arguments)}",
        "name": NAMES[code],
        "tag": TAGS[code],
    }


def _vary(response: Response) -> Response:
    response.vary.add("Accept-Language")
    return response
