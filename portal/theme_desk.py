"""The theme desk: free texts of a month that is over, without their ratings, and the themes that somebody ticks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import accounts, answers_text
from portal.errors import log_store, retry_after
from portal.state import Portal, portal
from portal.text import BUSY
from surveys import audit, themes
from surveys.errors import StaleError, StoreBusyError, ThemeError
from surveys.office import NO_THEME
from surveys.store import Connection
from surveys.themes import PAGE, Coding, ShownText, Source

blueprint = Blueprint("themes", __name__, url_prefix="/staff/themes")
_SOURCE = "<period>/<survey>/<question>"


@dataclass(frozen=True)
class Row:
    """A text on the page: its themes as they are stored, what is ticked, and whether somebody else changed them."""

    key: str
    text: str
    before: tuple[str, ...]
    ticked: tuple[str, ...]
    changed: bool = False


@dataclass(frozen=True)
class Told:
    """What is said of a page that could not be saved."""

    errors: Mapping[str, str]
    message: str = ""
    status: int = 422


@blueprint.get("")
def listing() -> ResponseReturnValue:
    """How far each question of each month that is open to coding has come."""
    here = portal()
    return render_template(
        "staff/themes.html",
        progress=themes.progress(here.store, here.definitions, here.today()),
        may_code=themes.may_code(accounts.session().account),
        texts_of=_texts_of(here),
        has_themes=bool(here.definitions.themes),
    )


def _texts_of(here: Portal) -> dict[tuple[str, str], tuple[Mapping[str, str], Mapping[str, str]]]:
    """Title of the survey and text of the question, by their codes."""
    found: dict[tuple[str, str], tuple[Mapping[str, str], Mapping[str, str]]] = {}
    for key in {key for key, _ in here.definitions.surveys}:
        title = here.definitions.versions(key)[-1].title
        for code, question in themes.text_questions(here.definitions, key).items():
            found[key, code] = (title, question.text)
    return found


@blueprint.get(f"/{_SOURCE}")
def texts(period: str, survey: str, question: str) -> ResponseReturnValue:
    """One page of texts that wait, or of those that are coded already."""
    here, source = portal(), _source(period, survey, question)
    try:
        found = _all(here, source)
    except ThemeError:
        return render_template("staff/refused.html", message=str(answers_text.THEMES_SHUT)), 403
    after, done = request.args.get("after", ""), bool(request.args.get("done"))
    mine = [one for one in found if bool(one.themes) is done and one.key > after][:PAGE]
    return _page(here, source, found, [Row(one.key, one.text, one.themes, one.themes) for one in mine])


def _source(period: str, survey: str, question: str) -> Source:
    here = portal()
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", period, re.ASCII):
        abort(404)
    if question not in themes.text_questions(here.definitions, survey):
        abort(404)
    return Source(survey, question, period)


def _all(here: Portal, source: Source) -> tuple[ShownText, ...]:
    by = accounts.session().account
    return themes.texts(here.store, here.definitions, here.keys, by, source, here.today())


def _page(
    here: Portal, source: Source, found: Sequence[ShownText], rows: Sequence[Row], told: Told | None = None
) -> ResponseReturnValue:
    told = told or Told({}, status=200)
    title, question = _texts_of(here)[source.survey, source.question]
    done = bool(request.args.get("done"))
    last = rows[-1].key if rows else ""
    page = render_template(
        "staff/themes_texts.html",
        source=source,
        title=title,
        question=question,
        rows=rows,
        themes=here.definitions.themes,
        no_theme=NO_THEME,
        coded=sum(bool(one.themes) for one in found),
        total=len(found),
        done=done,
        after=last if any(one.key > last and bool(one.themes) is done for one in found) else "",
        errors=told.errors,
        message=told.message,
    )
    return page, told.status, retry_after(told.status)


@blueprint.post(f"/{_SOURCE}")
def code(period: str, survey: str, question: str) -> ResponseReturnValue:
    """Store what was ticked on one page."""
    here, source = portal(), _source(period, survey, question)
    sent = {key: _sent(key) for key in request.form.getlist("text")[:PAGE]}
    wanted = {key: coding for key, coding in sent.items() if coding.themes != coding.before}
    if told := _faults(wanted):
        return _again(here, source, sent, told)
    by, here_today = accounts.session().account, here.today()
    try:
        themes.code(here.store, here.definitions, here.keys, by, source, wanted, here_today, _also(source))
    except StaleError:
        return _again(here, source, sent, Told({}, str(answers_text.THEMES_STALE), 409))
    except ThemeError:
        return _again(here, source, sent, Told({}, str(answers_text.THEMES_GONE), 409))
    except StoreBusyError as error:
        log_store(error)
        return _again(here, source, sent, Told({}, str(BUSY), 503))
    done = request.args.get("done")
    return redirect(url_for("themes.texts", period=period, survey=survey, question=question, done=done), 303)


def _sent(key: str) -> Coding:
    before = request.form.get(f"before-{key}", "")
    return Coding(tuple(sorted(set(request.form.getlist(f"theme-{key}")))), tuple(before.split(",")) if before else ())


def _faults(wanted: Mapping[str, Coding]) -> Told | None:
    if not wanted:
        return Told({}, str(answers_text.THEMES_NOTHING))
    both = [key for key, coding in wanted.items() if NO_THEME in coding.themes and len(coding.themes) > 1]
    return Told({key: str(answers_text.THEMES_NOT_TOGETHER) for key in both}) if both else None


def _again(here: Portal, source: Source, sent: Mapping[str, Coding], told: Told) -> ResponseReturnValue:
    """The same texts with the ticks as they were sent, and with what is stored of them by now."""
    try:
        found = _all(here, source)
    except ThemeError:
        return render_template("staff/refused.html", message=str(answers_text.THEMES_SHUT)), 409
    rows = [
        Row(one.key, one.text, one.themes, sent[one.key].themes, one.themes != sent[one.key].before)
        for one in found
        if one.key in sent
    ]
    return _page(here, source, found, rows, told)


def _also(source: Source) -> themes.Also:
    by = accounts.session().account.id

    def also(connection: Connection, n: int) -> None:
        told: dict[str, str | int] = {"survey": source.survey, "question": source.question, "n": n}
        entry = audit.Entry(by, "publisher", "theme_code", source.period, told)
        audit.record(connection, entry, accounts.now())

    return also
