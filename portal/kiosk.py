"""The kiosk at a counter: one question, large buttons, and nothing of the person before on the screen."""

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext

from portal import text
from portal.catalogues import locale_of
from portal.errors import log_store, retry_after
from portal.forms import TOKEN_FIELD
from portal.language import current, tag
from portal.state import Portal, portal
from surveys import grants, kiosks, responses
from surveys.definition import Question, Survey, Unit
from surveys.errors import AnswerError, StoreBusyError, StoreError
from surveys.grants import Grant
from surveys.kiosks import Pass

blueprint = Blueprint("kiosk", __name__)


@dataclass(frozen=True)
class _Kiosk:
    """What a kiosk that was set up rightly asks, and for which unit."""

    given: Pass
    survey: Survey
    question: Question
    unit: Unit


def _kiosk(here: Portal, unit: str) -> _Kiosk | None:
    given = kiosks.read(here.keys, request.args.get("k", ""))
    if given is None or given.unit != unit:
        return None
    found = kiosks.asked_at(here.definitions, given, here.today())
    return _Kiosk(given, *found, here.definitions.units[unit]) if found else None


@blueprint.get("/kiosk/<unit>")
def ask(unit: str) -> ResponseReturnValue:
    """The question; the office's pass must stand in the address."""
    here = portal()
    found = _kiosk(here, unit)
    return _question(here, found) if found else _not_set_up()


def _question(here: Portal, found: _Kiosk, message: str = "", status: int = 200) -> ResponseReturnValue:
    given = found.given
    grant = Grant(found.survey.key, found.survey.version, found.unit.code, here.today(), given.name, given.issued)
    page = render_template(
        "kiosk.html",
        survey=found.survey,
        question=found.question,
        scale=here.definitions.scale_of(found.question),
        unit=found.unit,
        message=message,
        token=here.signer.new(found.survey.key, found.survey.version),
        grant=grants.sign(here.keys, grant),
        languages=_languages(here, found),
        thanks=_thanks(here, found),
    )
    return page, status, retry_after(status)


def _languages(here: Portal, found: _Kiosk) -> list[tuple[str, str]]:
    """The languages with their tags, the page's own first: a kiosk shows them together and asks nobody to choose."""
    shown = kiosks.languages_of(here.definitions, found.question)
    return [(one, tag(one)) for one in sorted(shown, key=lambda one: one != current())]


def _thanks(here: Portal, found: _Kiosk) -> dict[str, str]:
    """The thanks in every language that has words for it."""
    said: dict[str, str] = {}
    for language in kiosks.languages_of(here.definitions, found.question):
        with force_locale(locale_of(language)):
            words = str(gettext("Thank you, it is noted."))
        if words not in said.values():
            said[language] = words
    return said


def _not_set_up() -> ResponseReturnValue:
    return render_template("kiosk_closed.html"), 403


@blueprint.post("/kiosk/<unit>")
def answer(unit: str) -> ResponseReturnValue:
    """Take one press of a button, where the kiosk runs without scripts."""
    here = portal()
    found = _kiosk(here, unit)
    if found is None:
        return _not_set_up()
    token = here.signer.read(request.form.get(TOKEN_FIELD, ""), found.survey.key)
    if token is None or token.version != found.survey.version:
        return _question(here, found, str(text.PRESS_AGAIN), 422)
    if not here.kiosks_limit.allows_name(found.given.name):
        return _question(here, found, str(text.PRESS_AGAIN), 429)
    try:
        responses.save(here.store, _response(here, found, token.id))
    except AnswerError:
        return _question(here, found, str(text.PRESS_AGAIN), 422)
    except (StoreBusyError, StoreError) as error:
        log_store(error)
        return _question(here, found, str(text.PRESS_AGAIN), 503)
    return redirect(url_for(".thanks", unit=unit, k=request.args["k"]), 303)


def _response(here: Portal, found: _Kiosk, wanted: bytes) -> responses.Response:
    code = found.question.code
    answers, texts = responses.check_answers(found.survey, {code: request.form.get(code)})
    return responses.Response(
        id=wanted,
        survey=found.survey.key,
        version=found.survey.version,
        unit=found.unit.code,
        channel="kiosk",
        basis=responses.basis_of("kiosk"),
        language=current(),
        day=here.today(),
        answers=answers,
        texts=texts,
    )


@blueprint.get("/kiosk/<unit>/thanks")
def thanks(unit: str) -> ResponseReturnValue:
    """Thanks for five seconds, and nothing of what was chosen."""
    here = portal()
    found = _kiosk(here, unit)
    if found is None:
        return _not_set_up()
    return render_template(
        "kiosk_thanks.html", unit=found.unit, languages=_languages(here, found), thanks=_thanks(here, found)
    )
