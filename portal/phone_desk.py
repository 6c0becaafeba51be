"""The telephone desk: a survey is read out, keyed while the resident answers, and stored at once."""

from collections import defaultdict
from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import accounts, desk_text, phone_text
from portal.errors import log_store, retry_after
from portal.forms import TOKEN_FIELD
from portal.language import current
from portal.paper_desk import FINE, Tried, also
from portal.paper_sheets import Typed, field_of, typed_sheet
from portal.security import FormToken
from portal.state import Portal, portal
from portal.text import BUSY, STALE_FORM
from surveys import calls, paper_keys
from surveys.calls import OUTCOMES, Call, Outcome
from surveys.definition import LANGUAGES, Survey, Unit
from surveys.errors import CallError, StoreBusyError
from surveys.paper_words import condition, label_of, number_of
from surveys.responses import period_of

blueprint = Blueprint("phone", __name__, url_prefix="/staff/phone")
SUBJECT = "call"


@blueprint.get("")
def listing() -> ResponseReturnValue:
    """What can be asked about which unit, and how the calls of this month ended."""
    return _listing(portal())


def _listing(here: Portal, tried: Tried = FINE) -> ResponseReturnValue:
    period = period_of(here.today())
    counted: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for one in calls.counts(here.store, here.definitions, period):
        counted[one.survey, one.unit][one.outcome] = one.n
    surveys = here.definitions.open_surveys(here.today())
    page = render_template(
        "staff/phone.html",
        definitions=here.definitions,
        surveys={one.key: one.title[current()] for one in surveys if _units(here, one)},
        units={code: unit.name[current()] for one in surveys for code, unit in _units(here, one).items()},
        languages=desk_text.LANGUAGES,
        titles={key: here.definitions.versions(key)[-1].title for key, _ in here.definitions.surveys},
        counted=counted,
        outcome_texts=phone_text.OUTCOMES,
        period=period,
        asked={name: request.args.get(name, "") for name in ("survey", "unit", "say")},
        errors=tried.errors,
        message=tried.message,
    )
    return page, tried.status, retry_after(tried.status)


def _units(here: Portal, survey: Survey) -> Mapping[str, Unit]:
    by = accounts.session().account
    return {unit.code: unit for unit in calls.callable_units(here.definitions, by, survey, here.today())}


@blueprint.get("/call")
def call() -> ResponseReturnValue:
    """The script of one call, with the fields for its answers."""
    return _call(portal(), Typed({}))


def _call(here: Portal, typed: Typed, tried: Tried = FINE) -> ResponseReturnValue:
    """The script; the choice again where the address names nothing that can be asked."""
    survey = here.definitions.current(request.args.get("survey", ""), here.today())
    if survey is None:
        return _listing(here, Tried({}, str(phone_text.REASONS["survey"]), 422))
    unit, say = _units(here, survey).get(request.args.get("unit", "")), request.args.get("say", "")
    if unit is None:
        return _listing(here, Tried({}, str(phone_text.REASONS["unit"]), 422))
    return _script(here, survey, unit, say if say in LANGUAGES else current(), typed, tried)


def _script(here: Portal, survey: Survey, unit: Unit, say: str, typed: Typed, tried: Tried) -> ResponseReturnValue:
    token = request.form.get(TOKEN_FIELD, "")
    if here.signer.read(token, SUBJECT) is None:
        token = here.signer.new(SUBJECT, survey.version)
    page = render_template(
        "staff/phone_call.html",
        survey=survey,
        unit=unit,
        say=say,
        languages=desk_text.LANGUAGES,
        opening=phone_text.opening(survey, unit, say),
        closing=phone_text.closing(say),
        questions=paper_keys.asked_on_paper(survey),
        typed=typed.cells,
        keys_of=paper_keys.keys_of,
        number_of=lambda code: number_of(survey, code),
        label_of=lambda question, code: label_of(here.definitions, question, code, say),
        condition_of=lambda question: condition(here.definitions, survey, question, current()),
        field_of=field_of,
        token=token,
        token_field=TOKEN_FIELD,
        done=phone_text.DONE.get(request.args.get("done", "")) if request.method == "GET" else None,
        errors=tried.errors,
        message=tried.message,
    )
    return page, tried.status, retry_after(tried.status)


@blueprint.post("/call")
def take() -> ResponseReturnValue:
    """Take the call down, once, and show the form for the next one."""
    here = portal()
    survey = here.definitions.current(request.args.get("survey", ""), here.today())
    typed = typed_sheet(survey, request.form, words=True) if survey else Typed({})
    outcome = next((one for one in OUTCOMES if one == request.form.get("outcome")), None)
    token = here.signer.read(request.form.get(TOKEN_FIELD, ""), SUBJECT)
    if token is None or outcome is None or (survey and token.version != survey.version):
        return _call(here, typed, Tried({}, str(STALE_FORM), 422))
    if outcome == "answered" and typed.errors:
        return _call(here, typed, Tried(typed.errors))
    return _taken(here, _ended(token, outcome, typed), typed)


def _ended(token: FormToken, outcome: Outcome, typed: Typed) -> Call:
    asked = request.args
    say = asked.get("say", "")
    cells = typed.cells if outcome == "answered" else {}
    language = say if say in LANGUAGES else current()
    return Call(token.id, asked.get("survey", ""), asked.get("unit", ""), language, outcome, cells)


def _taken(here: Portal, ended: Call, typed: Typed) -> ResponseReturnValue:
    by = accounts.session().account
    try:
        is_new = calls.take(here.store, here.definitions, by, ended, here.today(), also("phone_call"))
    except CallError as error:
        return _call(here, typed, Tried({}, str(phone_text.REASONS[error.reason])))
    except StoreBusyError as error:
        log_store(error)
        return _call(here, typed, Tried({}, str(BUSY), 503))
    done = ended.outcome if is_new else "before"
    return redirect(url_for(".call", survey=ended.survey, unit=ended.unit, say=ended.language, done=done), 303)
