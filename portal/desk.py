"""One case at the desk: its clock, its events, the acts that are possible now, and the contact for who may see it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.wrappers import Response

from portal import accounts, case_erasing, desk_text, office_text, pointing
from portal.desk_forms import ActForm, Setting, form_of
from portal.errors import log_store, retry_after
from portal.forms import as_shown
from portal.language import current
from portal.staff import mark_in, section
from portal.state import Portal, portal
from portal.text import BUSY, PERSONAL_HERE
from surveys import audit, cases, codes, contact_handing, keys, reply_templates
from surveys.accounts import standings
from surveys.case_acts import may_see_contact
from surveys.case_calls import CALLED
from surveys.case_fields import FILLED
from surveys.case_limits import OWED
from surveys.case_standing import Standing
from surveys.cases import Actor, Case, Event, Kind
from surveys.errors import CaseError, ConflictError, StaffError, StoreBusyError, StoreError
from surveys.responses import printable
from surveys.store import Connection

blueprint = Blueprint("desk", __name__, url_prefix="/staff")
SHEET = 20
_NUMBER = "<string(length=10):number>"


@dataclass(frozen=True)
class Seen:
    """A case as the account may see it, and in which role it may do what."""

    case: Case
    may: Mapping[Kind, Actor]
    callers: tuple[Actor, ...]


@dataclass(frozen=True)
class Tried:
    """An act that could not be done: its form, what is wrong with it, and the status."""

    form: ActForm | None = None
    errors: Mapping[str, str] | None = None
    message: str = ""
    status: int = 422
    contact: str = ""
    pieces: pointing.Pieces = ()


def seen(here: Portal, number: str) -> Seen:
    """The case, or the page that says that there is none; which of the two reasons holds is not told."""
    actors = accounts.actors()
    views = [found for actor in actors if (found := cases.find(here.store, number, actor))]
    if not views:
        abort(_not_yours())
    may = {kind: actor for actor in actors for kind in cases.acts(views[0], actor, here.today())}
    return Seen(views[0], may, tuple(actor for actor in actors if may_see_contact(views[0], actor)))


def _not_yours() -> Response:
    """What somebody wrote, to copy, else the page that says that there is none; of a case nothing is told."""
    written = printable(request.form.get("text", ""))
    if not written.strip():
        abort(404)
    page = render_template("staff/refused.html", message=str(desk_text.NOT_YOURS), kept=[written])
    return make_response(page, 409)


def recorded(actor: Actor, act: audit.Act, **details: str | int) -> cases.Also:
    """What writes the audit's row in the transaction of an act at a case."""

    def also(connection: Connection, case: Case) -> None:
        told = {"sequence": case.standing.sequence, **details}
        entry = audit.Entry(actor.staff or "", actor.role, act, case.number, told)
        audit.record(connection, entry, accounts.now())

    return also


def _setting(here: Portal, case: Case) -> Setting:
    return Setting(
        case, here.definitions, here.today(), cases.complained_of(here.store, case), _has_another(here, case.standing)
    )


def _has_another(here: Portal, standing: Standing) -> bool:
    """Whether the unit that a case comes back to has a handler who has not worked on it."""
    return standing.unassigned and any(
        one.id not in standing.barred and "handler" in one.roles and one.post.unit == standing.unit
        for one in (found.account for found in standings(here.store))
    )


def _contact_state(here: Portal, found: Seen) -> str:
    """How it is with the contact: open to him, his without a key, released and not handed over, or none of his."""
    if not found.callers:
        return ""
    if any(actor.role == "reviewer" for actor in found.callers):
        return "call" if accounts.key_state() == "held" else "keyless"
    handed = contact_handing.is_handed(here.store, found.case.number, found.callers[0])
    return "handed" if handed else "waiting"


def _keyless() -> object:
    """What a reviewer without the key in this session does, "" for everybody else."""
    return office_text.KEY_STATES[accounts.key_state()] if "reviewer" in accounts.session().roles else ""


def _page(here: Portal, found: Seen, tried: Tried) -> ResponseReturnValue:
    setting, mine = _setting(here, found.case), tried.form
    order = sorted(found.may, key=list(desk_text.ACTS).index)
    forms = [mine if mine and mine.kind == kind else form_of(kind, setting) for kind in order]
    kept = [mine.values["text"]] if mine and mine.kind not in found.may and mine.values.get("text") else []
    page = render_template(
        "staff/case.html",
        case=found.case,
        forms=forms,
        kept=kept,
        errors=tried.errors or {},
        message=tried.message,
        contact=tried.contact,
        pieces=tried.pieces,
        contact_state=_contact_state(here, found),
        keyless=_keyless(),
        templates=reply_templates.listing(here.store, found.case.language) if FILLED & set(found.may) else (),
        templated=FILLED,
        languages=desk_text.LANGUAGES,
        limits=cases.limits(found.case.standing),
        owed=OWED,
        tries=", ".join(str(day) for day in found.case.standing.tries),
        today=here.today(),
        definitions=here.definitions,
        now=_now(found.case.standing),
        details=lambda event: _details(here, event),
        is_back=case_erasing.is_back,
        grouped=codes.grouped,
        state_texts=desk_text.STATES,
        due_texts=desk_text.LIMITS,
        event_texts=desk_text.EVENTS,
        act_texts=desk_text.ACTS,
        role_texts=desk_text.ROLES,
        channel_texts=desk_text.CHANNELS,
    )
    return page, tried.status, retry_after(tried.status)


def _now(standing: Standing) -> object:
    """Who must act, in one sentence."""
    return (
        desk_text.ASSIGN_ANEW
        if standing.unassigned and standing.queue == "assign"
        else desk_text.NOW.get(standing.queue, "")
    )


def _details(here: Portal, event: Event) -> Iterator[tuple[object, object]]:
    """The codes of an event in words; who acted is left to the audit."""
    for name, value in event.data.items():
        if name in desk_text.EVENT_FIELDS and (name, value) != ("complex", "no"):
            yield desk_text.EVENT_FIELDS[name], _shown(here, name, value)


def _shown(here: Portal, name: str, value: str) -> object:
    """A code in words; one that the office has taken out of its files is shown as it is."""
    if name == "parts":
        return case_erasing.parts_for_staff(value)
    if name == "into":
        return codes.grouped(value, 5)
    if name == "category":
        category = here.definitions.categories.get(value)
        return category.text[current()] if category else value
    unit = here.definitions.units.get(value)
    return unit.name[current()] if unit else desk_text.VALUES.get(value, value)


@blueprint.get(f"/case/{_NUMBER}")
def case(number: str) -> ResponseReturnValue:
    """A case on one screen; an address may name a template that is put into the box of one act."""
    here = portal()
    found = seen(here, number)
    return _page(here, found, Tried(_from_template(here, found), status=200))


def _from_template(here: Portal, found: Seen) -> ActForm | None:
    """The form that a template was picked for, with its words in it: to be looked over, never sent by itself."""
    template = reply_templates.find(here.store, request.args.get("template", ""))
    kind = next((name for name in found.may if name == request.args.get("kind") and name in FILLED), None)
    if template is None or kind is None:
        return None
    return form_of(kind, _setting(here, found.case), {"text": template.draft.text}, open=True)


@blueprint.post(f"/case/{_NUMBER}/act/<kind>")
def act(number: str, kind: str) -> ResponseReturnValue:
    """Do one act, or show the case again with what was typed."""
    here = portal()
    found = seen(here, number)
    known = next((name for name in cases.KINDS if name == kind and name in desk_text.ACTS), None) or abort(404)
    form = form_of(known, _setting(here, found.case), as_shown(request.form), open=True)
    expected = request.form.get("expected", "")
    if expected != str(found.case.standing.sequence):
        return _page(here, found, Tried(form, message=str(desk_text.CONFLICT), status=409))
    if known not in found.may:
        return _page(here, found, Tried(form, message=str(desk_text.NOT_POSSIBLE), status=409))
    if errors := form.errors():
        return _page(here, found, Tried(form, errors))
    if known == "summarised" and "as_it_is" not in request.form and (pointed := _pointed(form)):
        return _page(here, found, pointed)
    return _do(here, found, form)


def _pointed(form: ActForm) -> Tried | None:
    """What in a summary for the public tells who somebody is, asked about once before it is stored."""
    pieces = pointing.pieces(form.values.get("text", ""))
    held = [str(PERSONAL_HERE[kind]) for kind in PERSONAL_HERE if kind in pointing.kinds(pieces)]
    told = desk_text.personal_found(str(gettext(", ")).join(held))
    return Tried(form, message=told, pieces=pieces) if held else None


def _do(here: Portal, found: Seen, form: ActForm) -> ResponseReturnValue:
    number, actor = found.case.number, found.may[form.kind]
    also = recorded(actor, "case_act", kind=form.kind)
    wanted, expected = form.act(), found.case.standing.sequence
    try:
        cases.act(here.store, here.definitions, number, actor, wanted, here.today(), expected=expected, also=also)
    except ConflictError:
        return _page(here, seen(here, number), Tried(form, message=str(desk_text.CONFLICT), status=409))
    except CaseError:
        return _page(here, seen(here, number), _refused(here, found, form))
    except StoreBusyError as error:
        log_store(error)
        return _page(here, found, Tried(form, message=str(BUSY), status=503))
    stays = any(cases.find(here.store, number, one) for one in accounts.actors())
    return redirect(url_for("desk.case", number=number) if stays else url_for("staff.today"), 303)


def _refused(here: Portal, found: Seen, form: ActForm) -> Tried:
    """What the ledger alone knows: what a case can be joined to, which units may have it, who has looked to call."""
    actor = found.may[form.kind]
    if actor.role == "reviewer" and form.kind in CALLED and not cases.has_looked(here.store, found.case.number, actor):
        return Tried(form, message=str(desk_text.LOOK_FIRST), status=409)
    known = {
        "merged": ("into", desk_text.NO_OPEN_CASE),
        "assigned": ("unit", desk_text.OTHER_UNIT),
        "categorised": ("about", desk_text.WHOM),
    }
    if form.kind in known:
        name, message = known[form.kind]
        return Tried(form, {f"{form.kind}-{name}": str(message)})
    return Tried(form, message=str(desk_text.NOT_POSSIBLE), status=409)


@blueprint.post(f"/case/{_NUMBER}/contact")
def contact(number: str) -> ResponseReturnValue:
    """Show the contact to a reviewer whose session opens it, or to a handler it was handed to, and audit the look."""
    here = portal()
    found = seen(here, number)
    by_role = sorted(found.callers, key=lambda actor: actor.role != "reviewer")
    if not by_role:
        return _page(here, found, Tried(message=str(desk_text.CONTACT_NOT_NOW), status=403))
    look = _look_as_reviewer if by_role[0].role == "reviewer" else _look_as_handler
    return _page(here, found, look(here, number, by_role[0]))


def _look_as_reviewer(here: Portal, number: str, actor: Actor) -> Tried:
    try:
        key = accounts.session().contact_key()
        sealed = cases.contact_of(here.store, number, actor, also=recorded(actor, "contact_view"))
    except StaffError:
        return Tried(message=str(desk_text.NO_CONTACT_KEY), status=403)
    return Tried(contact=keys.unseal(sealed, key, number), status=200)


def _look_as_handler(here: Portal, number: str, actor: Actor) -> Tried:
    also = recorded(actor, "contact_view")
    try:
        key = accounts.session().own_key()
        return Tried(contact=contact_handing.open_handed(here.store, number, actor, key, also=also), status=200)
    except CaseError:
        return Tried(message=str(office_text.NOT_HANDED_YET), status=403)
    except (StaffError, StoreError):
        return Tried(message=str(office_text.HANDED_KEY_LOST), status=403)


@blueprint.get("/callbacks")
def callbacks() -> ResponseReturnValue:
    """The calls that can be made today, with the script to read out."""
    here = portal()
    found = section(here, "callbacks", SHEET, after=mark_in(request.args.get("after", "")))
    due = (seen(here, row.number) for row in found.rows)
    return render_template(
        "staff/callbacks.html",
        calls=[one.case for one in due if "not_reached" in one.may],
        more=found.more,
        today=here.today(),
        definitions=here.definitions,
        grouped=codes.grouped,
        act_texts=desk_text.ACTS,
        keyless=_keyless(),
    )
