"""Accounts at the desk, for an administrator: list, add, shut, open, make secrets anew, sign out, change roles."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import segno
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import accounts, desk_text, office_text
from portal.forms import as_shown
from portal.language import current
from portal.state import portal
from portal.unit_names import is_closed
from surveys import staff
from surveys.accounts import Standing, checked_name, checked_title, standings
from surveys.codes import grouped
from surveys.duties import CASE_ROLES, ROLES, Account, Post, post_of
from surveys.errors import StaffError
from surveys.staff import ONE_TIME_LASTS, PARTS, Issued, Part

blueprint = Blueprint("people", __name__, url_prefix="/staff/accounts")
_ID = "<string(length=16):staff_id>"
Faults = dict[str, str]


@dataclass(frozen=True)
class Typed:
    """What was typed about an account; roles and unit as codes."""

    name: str = ""
    title: str = ""
    roles: tuple[str, ...] = ()
    unit: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)


@blueprint.get("")
def listing() -> ResponseReturnValue:
    """Every account and how it stands, and the form for a new one."""
    return _list_page(Typed())


@blueprint.post("")
def add() -> ResponseReturnValue:
    """Add an account and show its one-time secrets, once."""
    typed = _typed()
    faults, post = _post_faults(typed)
    faults = {**_name_faults(typed), **faults}
    if faults or post is None:
        return _list_page(Typed(typed.name, typed.title, typed.roles, typed.unit, faults), 422)
    me = accounts.session().account
    try:
        issued = staff.add(accounts.guard(), me, typed.name, typed.title, post, accounts.now())
    except StaffError:
        faults = {"name": str(office_text.NAME_TAKEN)}
        return _list_page(Typed(typed.name, typed.title, typed.roles, typed.unit, faults), 422)
    return _told(issued)


@blueprint.get(f"/{_ID}")
def one(staff_id: str) -> ResponseReturnValue:
    """One account with what can be done to it."""
    return _one_page(_found(staff_id))


@blueprint.post(f"/{_ID}/reset")
def reset(staff_id: str) -> ResponseReturnValue:
    """Make the ticked secrets anew and show them, once."""
    found = _found(staff_id)
    wanted: list[Part] = [part for part in PARTS if part in request.form.getlist("part")]
    if not wanted:
        return _one_page(found, {"part": str(office_text.CHOOSE_PARTS)}, status=422)
    issued = staff.reset(accounts.guard(), accounts.session().account, staff_id, wanted, accounts.now())
    return _told(issued)


@blueprint.post(f"/{_ID}/roles")
def roles(staff_id: str) -> ResponseReturnValue:
    """Give an account other roles; nobody does so to himself."""
    found, typed = _found(staff_id), _typed()
    faults, post = _post_faults(typed)
    if post is None:
        return _one_page(found, faults, typed, status=422)
    return _changed(staff_id, lambda by: staff.set_post(accounts.guard(), by, staff_id, post, accounts.now()))


@blueprint.post(f"/{_ID}/disable")
def disable(staff_id: str) -> ResponseReturnValue:
    """Shut an account; the last administrator stays."""
    return _changed(staff_id, lambda by: staff.disable(accounts.guard(), by, staff_id, accounts.now()))


@blueprint.post(f"/{_ID}/enable")
def enable(staff_id: str) -> ResponseReturnValue:
    """Open a shut account, and let in at once who tried too often."""
    return _changed(staff_id, lambda by: staff.enable(accounts.guard(), by, staff_id, accounts.now()))


@blueprint.post(f"/{_ID}/sign-out")
def end_sessions(staff_id: str) -> ResponseReturnValue:
    """Sign an account out everywhere."""
    return _changed(staff_id, lambda by: staff.end_sessions(accounts.guard(), by, staff_id, accounts.now()))


def _changed(staff_id: str, change: Callable[[Account], object]) -> ResponseReturnValue:
    found = _found(staff_id)
    try:
        change(accounts.session().account)
    except StaffError:
        return _one_page(found, message=str(office_text.ACCOUNT_REFUSED), status=409)
    return redirect(url_for("people.one", staff_id=staff_id), 303)


def _found(staff_id: str) -> Standing:
    every = standings(portal().store)
    return next((one for one in every if one.account.id == staff_id), None) or abort(404)


def _typed() -> Typed:
    form, shown = request.form, as_shown(request.form)
    return Typed(shown.get("name", ""), shown.get("title", ""), tuple(form.getlist("role")), form.get("unit", ""))


def _name_faults(typed: Typed) -> Faults:
    found: Faults = {}
    for name, check, fault in (
        ("name", checked_name, office_text.NAME_WRONG),
        ("title", checked_title, office_text.TITLE_WRONG),
    ):
        try:
            check(getattr(typed, name))
        except StaffError:
            found[name] = str(fault)
    return found


def _post_faults(typed: Typed) -> tuple[Faults, Post | None]:
    if not typed.roles:
        return {"role": str(office_text.ROLE_MISSING)}, None
    try:
        return {}, post_of(typed.roles, typed.unit or None, portal().definitions.units)
    except StaffError:
        return _post_fault(frozenset(typed.roles), typed.unit), None


def _post_fault(roles: frozenset[str], unit: str) -> Faults:
    """What is wrong with roles and unit, beside the field that is wrong."""
    if not roles <= set(ROLES):
        return {"role": str(office_text.ROLE_MISSING)}
    if "auditor" in roles and len(roles) > 1:
        return {"role": str(office_text.AUDITOR_ALONE)}
    if "admin" in roles and roles & CASE_ROLES:
        return {"role": str(office_text.ADMIN_WITHOUT_CASES)}
    return {"unit": str(office_text.UNIT_UNKNOWN if unit else office_text.UNIT_MISSING)}


def _list_page(typed: Typed, status: int = 200) -> ResponseReturnValue:
    page = render_template("staff/accounts.html", standings=standings(portal().store), typed=typed, **_shared())
    return page, status


def _one_page(
    found: Standing, errors: Faults | None = None, typed: Typed | None = None, *, message: str = "", status: int = 200
) -> ResponseReturnValue:
    post = found.account.post
    page = render_template(
        "staff/account.html",
        one=found,
        typed=typed or Typed(roles=tuple(post.roles), unit=post.unit or ""),
        errors=errors or {},
        message=message,
        own=found.account.id == accounts.session().account.id,
        parts=PARTS,
        **_shared(),
    )
    return page, status


def _shared() -> dict[str, object]:
    language, rules = current(), portal().definitions
    return {
        "role_texts": {role: desk_text.ROLES[role] for role in ROLES},
        "units": {
            code: unit.name[language] for code, unit in rules.units.items() if not is_closed(unit, portal().today())
        },
        "definitions": rules,
        "admin_key": office_text.ADMIN_KEY,
    }


def _told(issued: Issued) -> ResponseReturnValue:
    """What is told once and never again."""
    return render_template(
        "staff/issued.html",
        issued=issued,
        picture=_picture(issued.url) if issued.url else "",
        codes=[grouped(code) for code in issued.recovery],
        days=ONE_TIME_LASTS.days,
        admin_key=office_text.ADMIN_KEY,
    )


def _picture(url: str) -> str:
    made = segno.make_qr(url, error="m").svg_inline(omitsize=True, light="#fff", svgclass=None, lineclass=None)
    return str(made)
