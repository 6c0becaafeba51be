"""The keying desk: a batch of paper sheets is opened, keyed by two people, compared, and stored.

Nobody sees the other's keying before both are finished, and then not whose is which.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import accounts, desk_text, paper_text
from portal.errors import log_store, retry_after
from portal.forms import as_shown
from portal.language import current
from portal.paper_sheets import Typed, difference_rows, field_of, looked_up, typed_sheet
from portal.state import Portal, portal
from portal.text import BUSY
from portal.unit_names import choice_name
from surveys import audit, paper, paper_ends, paper_keys
from surveys.accounts import standings
from surveys.definition import LANGUAGES
from surveys.duties import Account, Role
from surveys.errors import PaperError, StaleError, StoreBusyError
from surveys.paper import Also, Batch, Keyed, Opening
from surveys.paper_words import condition, label_of, number_of
from surveys.store import Connection

blueprint = Blueprint("paper", __name__, url_prefix="/staff/paper")
_BATCH = "<string(length=5):batch>"
_ORDER: tuple[Role, ...] = ("intake", "publisher", "handler")


@dataclass(frozen=True)
class Tried:
    """An act that could not be done: what was typed, what is wrong with it, and the status."""

    errors: Mapping[str, str]
    message: str = ""
    status: int = 422


FINE = Tried({}, status=200)


def also(act: audit.Act) -> Also:
    """What writes the audit's row in the transaction of an act."""
    by = accounts.session().account
    role = next(role for role in _ORDER if role in by.roles)

    def write(connection: Connection, thing: str, told: Mapping[str, str | int]) -> None:
        audit.record(connection, audit.Entry(by.id, role, act, thing, told), accounts.now())

    return write


def _people(here: Portal) -> dict[str, Account]:
    return {one.account.id: one.account for one in standings(here.store)}


def _state(found: Batch) -> paper_text.State:
    if found.outcome:
        return "stored" if found.outcome.outcome == "stored" else "discarded"
    return "comparing" if found.is_compared else "keying" if found.seats else "waiting"


def _page(template: str, here: Portal, tried: Tried, **shown: object) -> ResponseReturnValue:
    page = render_template(
        template,
        definitions=here.definitions,
        titles={key: here.definitions.versions(key)[-1].title for key, _ in here.definitions.surveys},
        state_texts=paper_text.STATES,
        seat_texts=paper_text.SEATS,
        state_of=_state,
        errors=tried.errors,
        message=tried.message,
        **shown,
    )
    return page, tried.status, retry_after(tried.status)


@blueprint.get("")
def listing() -> ResponseReturnValue:
    """The newest batches, and the form that opens one."""
    here = portal()
    return _listing(here, {"day": here.today().isoformat(), "language": current()})


def _listing(here: Portal, typed: Mapping[str, str], tried: Tried = FINE) -> ResponseReturnValue:
    batches, today, by = paper.listing(here.store), here.today(), accounts.session().account
    surveys = {f"{one.key}.v{one.version}": one for one in here.definitions.surveys.values() if one.opened <= today}
    return _page(
        "staff/paper.html",
        here,
        tried,
        batches=batches,
        newest=batches[0].row.batch if batches else "",
        surveys={name: f"{one.title[current()]} (v{one.version})" for name, one in surveys.items()},
        units={code: choice_name(unit, today) for code, unit in paper.openable_units(here.definitions, by).items()},
        languages=desk_text.LANGUAGES,
        typed=typed,
        most=paper.MOST,
    )


@blueprint.post("")
def begin() -> ResponseReturnValue:
    """Open a batch, and show it with the number to write on its sheets."""
    here, typed = portal(), as_shown(request.form)
    errors = _missing(here, typed)
    if errors:
        return _listing(here, typed, Tried(errors))
    newest = paper.listing(here.store, 1)
    if typed.get("newest", "") != (newest[0].row.batch if newest else ""):
        return _listing(here, typed, Tried({}, str(paper_text.MEANWHILE), 409))
    key, _, version = typed["survey"].rpartition(".v")
    day, n = date.fromisoformat(typed["day"]), int(typed["n"])
    wanted = Opening(key, int(version), typed["unit"], typed["language"], day, n)
    by = accounts.session().account
    try:
        batch = paper.open_batch(here.store, here.definitions, by, wanted, here.today(), also("paper_open"))
    except PaperError as error:
        name = {"unit": "unit", "own": "unit", "count": "n"}.get(error.reason, "day")
        return _listing(here, typed, Tried({name: str(paper_text.REASONS[error.reason])}))
    except StoreBusyError as error:
        log_store(error)
        return _listing(here, typed, Tried({}, str(BUSY), 503))
    return redirect(url_for(".one", batch=batch), 303)


def _missing(here: Portal, typed: Mapping[str, str]) -> dict[str, str]:
    """What the form lacks."""
    key, _, version = typed.get("survey", "").rpartition(".v")
    number = typed.get("n", "")
    fits = {
        "survey": re.fullmatch(r"[0-9]{1,5}", version) is not None and (key, int(version)) in here.definitions.surveys,
        "unit": typed.get("unit") in here.definitions.units,
        "language": typed.get("language") in LANGUAGES,
        "day": _is_day(typed.get("day", "")),
        "n": number.isascii() and number.isdigit() and len(number) < 4 and 1 <= int(number) <= paper.MOST,
    }
    told = {
        "survey": paper_text.CHOOSE_SURVEY,
        "unit": paper_text.CHOOSE_UNIT,
        "language": desk_text.CHOOSE,
        "day": paper_text.WRITE_DAY,
        "n": paper_text.WRITE_COUNT,
    }
    return {name: str(told[name]) for name, is_there in fits.items() if not is_there}


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _found(here: Portal, batch: str) -> Batch:
    """The batch of the address; a page that says so where there is none, or its survey left the files."""
    found = paper.find(here.store, batch) or abort(404)
    if (found.row.survey, found.row.version) not in here.definitions.surveys:
        page = render_template("staff/refused.html", message=str(paper_text.REASONS["batch"]))
        abort(make_response(page, 409))
    return found


@blueprint.get(f"/{_BATCH}")
def one(batch: str) -> ResponseReturnValue:
    """One batch: who keys it, one's own sheets, and what differs once both are finished."""
    here = portal()
    return _one(here, _found(here, batch))


def _one(
    here: Portal, found: Batch, tried: Tried = FINE, chosen: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    by = accounts.session().account
    mine = found.seat_of(by.id)
    try:
        may_begin = bool(paper.seat_for(here.definitions, by, found, _people(here))) and not found.outcome
    except PaperError:
        may_begin = False
    settles = paper_ends.may_settle(here.definitions, by, found) and not found.outcome
    differing = paper_ends.differences(here.definitions, found) if settles else ()
    survey = paper.survey_of(here.definitions, found.row)
    return _page(
        "staff/paper_batch.html",
        here,
        tried,
        batch=found,
        survey=survey,
        mine=mine,
        alike=() if found.outcome else paper.stored_alike(here.store, found.row),
        my_sheets=sorted(found.sheets(mine.seat)) if mine else [],
        may_begin=may_begin and not (mine and mine.finished),
        settles=settles,
        rows=difference_rows(here.definitions, survey, differing, chosen or {}),
        is_settled=found.is_compared and all(one.settled is not None for one in differing),
        cells=found.row.n * len(paper_keys.asked_on_paper(survey)),
    )


@blueprint.get(f"/{_BATCH}/<int:sheet>")
def sheet(batch: str, sheet: int) -> ResponseReturnValue:
    """The fields of one sheet, with what this person keyed of it before."""
    here = portal()
    found = _found(here, batch)
    seat = _seat(here, found)
    if isinstance(seat, Tried):
        return _one(here, found, seat)
    return _sheet(here, found, sheet, seat, Typed(found.sheets(seat).get(sheet, {})))


def _seat(here: Portal, found: Batch) -> int | Tried:
    """The seat to key on, or why there is none."""
    by = accounts.session().account
    mine = found.seat_of(by.id)
    reason = "ended" if found.outcome else "finished" if mine and mine.finished else ""
    try:
        seat = paper.seat_for(here.definitions, by, found, _people(here))
    except PaperError as error:
        reason = reason or error.reason
    return Tried({}, str(paper_text.REASONS[reason]), 409) if reason else seat


def _sheet(
    here: Portal, found: Batch, number: int, seat: int, typed: Typed, tried: Tried = FINE
) -> ResponseReturnValue:
    if not 1 <= number <= paper.MOST:
        abort(404)
    survey, language = paper.survey_of(here.definitions, found.row), current()
    return _page(
        "staff/paper_sheet.html",
        here,
        tried,
        batch=found,
        survey=survey,
        questions=paper_keys.asked_on_paper(survey),
        number=number,
        seat=seat,
        keyed=number in found.sheets(seat),
        count=len(found.sheets(seat)),
        typed=typed.cells,
        keys_of=paper_keys.keys_of,
        number_of=lambda code: number_of(survey, code),
        label_of=lambda question, code: label_of(here.definitions, question, code, language),
        condition_of=lambda question: condition(here.definitions, survey, question, language),
        field_of=field_of,
    )


@blueprint.post(f"/{_BATCH}/<int:sheet>")
def key(batch: str, sheet: int) -> ResponseReturnValue:
    """Keep what was keyed of a sheet and go on to the next one, or take the sheet out."""
    here = portal()
    found = _found(here, batch)
    seat = _seat(here, found)
    typed = typed_sheet(paper.survey_of(here.definitions, found.row), request.form, words=seat == 1)
    if isinstance(seat, Tried):
        return _one(here, found, seat)
    if "remove" not in request.form and typed.errors:
        return _sheet(here, found, sheet, seat, typed, Tried(typed.errors))
    by = accounts.session().account
    try:
        if "remove" in request.form:
            paper.remove_sheet(here.store, by, batch, sheet)
        else:
            paper.key_sheet(here.store, here.definitions, by, batch, Keyed(sheet, typed.cells), _people(here))
    except PaperError as error:
        return _sheet(here, found, sheet, seat, typed, Tried({}, str(paper_text.REASONS[error.reason]), 409))
    except StoreBusyError as error:
        log_store(error)
        return _sheet(here, found, sheet, seat, typed, Tried({}, str(BUSY), 503))
    if "remove" in request.form or sheet == paper.MOST:
        return redirect(url_for(".one", batch=batch), 303)
    return redirect(url_for(".sheet", batch=batch, sheet=sheet + 1), 303)


@blueprint.post(f"/{_BATCH}/<any(finish, settle, store, discard):act>")
def act(batch: str, act: str) -> ResponseReturnValue:
    """Finish one's keying, look up what differs, store the batch, or give it up."""
    here = portal()
    found = _found(here, batch)
    chosen = as_shown(request.form) if act == "settle" else {}
    try:
        tried = _act(here, found, act)
    except PaperError as error:
        keyed = len(found.sheets(mine.seat)) if (mine := found.seat_of(accounts.session().account.id)) else 0
        counted = act == "finish" and error.reason == "count"
        message = paper_text.counted(keyed, found.row.n) if counted else str(paper_text.REASONS[error.reason])
        tried = Tried({}, message, 409)
    except StaleError:
        tried = Tried({}, str(paper_text.STALE), 409)
    except StoreBusyError as error:
        log_store(error)
        tried = Tried({}, str(BUSY), 503)
    if tried:
        return _one(here, _found(here, batch), tried, chosen)
    return redirect(url_for(".one", batch=batch), 303)


def _act(here: Portal, found: Batch, act: str) -> Tried | None:
    """Do one act at a batch; what is wrong with the form, None if it was done."""
    by, batch, rules, store = accounts.session().account, found.row.batch, here.definitions, here.store
    if act == "finish":
        paper.finish(store, by, batch, also("paper_key"))
    elif act == "store":
        paper_ends.store_batch(store, rules, here.keys, by, batch, here.today(), also("paper_store"))
    elif act == "discard":
        paper_ends.discard(store, rules, by, batch, here.today(), also("paper_discard"))
    else:
        differing = paper_ends.differences(rules, found)
        cells, errors = looked_up(paper.survey_of(rules, found.row), differing, request.form)
        if errors:
            return Tried(errors)
        paper_ends.settle(store, rules, by, batch, cells, also("paper_settle"))
    return None
