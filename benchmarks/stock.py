"""The same survey as it is usually built: Flask, a form class whose widgets a template renders, a connection a request.

What it is compared with must be a fair piece of work: the same questions and words, the same rules for what is
needed, a form that comes back with its errors, a token against foreign posts in a session, and a durable commit
before the answer. Set HUIYIN_STOCK to a folder for its database.
"""

import json
import os
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from wtforms import Field, Form, RadioField, SelectMultipleField, TextAreaField
from wtforms.csrf.session import SessionCSRF
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from surveys.definition import Definitions, Question, Survey, load

FOLDER = "HUIYIN_STOCK"
SURVEY, UNIT = "sense-of-safety", "chengdong"
_SECRET = secrets.token_bytes(32)
_PAGE = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><title>{{ survey.title["zh"] }}</title></head>
<body><h1>{{ survey.title["zh"] }}</h1><p>{{ unit.name["zh"] }}</p><p>{{ survey.intro["zh"] }}</p>
<form method="post">{{ form.csrf_token }}
{% for field in form if field.name != "csrf_token" %}
<fieldset><legend>{{ field.label.text }}</legend>
{% if field.description %}<p class="hint">{{ field.description }}</p>{% endif %}
{% for error in field.errors %}<p class="error">{{ error }}</p>{% endfor %}
{{ field(class="answer") }}
</fieldset>
{% endfor %}
<button>提交</button></form></body></html>"""


def application() -> object:
    """The survey at /, as a WSGI application."""
    rules = load(Path("surveys/definitions"))
    survey, unit = rules.surveys[SURVEY, 1], rules.units[UNIT]
    answers = _form_class(rules, survey)
    database = Path(os.environ[FOLDER]) / "stock.db"
    app = Flask("stock")
    app.secret_key = _SECRET
    page = app.jinja_env.from_string(_PAGE)
    _prepare(database)

    @app.route("/", methods=["GET", "POST"])
    def form() -> ResponseReturnValue:
        filled = answers(request.form, meta={"csrf_context": session})
        if request.method == "POST" and filled.validate():
            _store(database, {name: value for name, value in filled.data.items() if name != "csrf_token"})
            return redirect(url_for("thanks"), 303)
        return render_template(page, survey=survey, unit=unit, form=filled)

    app.add_url_rule("/thanks", "thanks", lambda: "Thanks")
    return app.wsgi_app


class _Signed:
    """What makes a form carry a token that fits the session."""

    csrf = True
    csrf_class = SessionCSRF
    csrf_secret = _SECRET
    csrf_time_limit = timedelta(hours=1)


def _form_class(rules: Definitions, survey: Survey) -> type[Form]:
    members: dict[str, Any] = {"Meta": _Signed}
    for question in survey.questions:
        if question.kind != "statement":
            members[question.code] = _FIELDS[question.kind](rules, question)
    return type("Answers", (Form,), members)


def _scale(rules: Definitions, question: Question) -> Field:
    scale = rules.scale_of(question)
    choices = [*((str(one.value), one.text["zh"]) for one in scale.levels), ("dk", scale.dont_know["zh"])]
    return RadioField(question.text["zh"], _needed(question), choices=choices, description=_hint(question))


def _several(_: Definitions, question: Question) -> Field:
    return SelectMultipleField(
        question.text["zh"],
        choices=[(option.code, option.text["zh"]) for option in question.options],
        description=_hint(question),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


def _words(_: Definitions, question: Question) -> Field:
    checks = [*_needed(question), Length(max=question.max_length or 500)]
    return TextAreaField(question.text["zh"], checks, description=_hint(question))


def _needed(question: Question) -> list[Any]:
    return [InputRequired("请选择")] if question.required else [Optional()]


def _hint(question: Question) -> str:
    return question.hint["zh"] if question.hint else ""


_FIELDS: Mapping[str, Callable[[Definitions, Question], Field]] = {
    "scale": _scale,
    "multiple": _several,
    "text": _words,
}


def _connect(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(database, timeout=30)
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _prepare(database: Path) -> None:
    with closing(_connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS answers (id INTEGER PRIMARY KEY, unit TEXT, given TEXT)")


def _store(database: Path, given: Mapping[str, object]) -> None:
    with closing(_connect(database)) as connection, connection:
        connection.execute("INSERT INTO answers (unit, given) VALUES (?, ?)", (UNIT, json.dumps(given)))
