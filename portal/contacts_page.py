"""What a reviewer does with the key to contacts besides calling: handing a released contact over, sharing the key."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import accounts, desk_text, office_text
from portal.desk import recorded
from portal.state import Portal, portal
from surveys import codes, contact_handing, duties, staff
from surveys.accounts import Standing, standings
from surveys.cases import Actor
from surveys.errors import CaseError, StaffError
from surveys.responses import printable

blueprint = Blueprint("contacts", __name__, url_prefix="/staff/contacts")
RECEIPT = "handed"
PAGE = 100


@blueprint.get("")
def listing() -> ResponseReturnValue:
    """The contacts to hand over, and the reviewers who have no key yet."""
    read = portal().signer.read_receipt(request.args.get("r", "")) or []
    if len(read) == 2 and read[0] == RECEIPT and read[1].isdecimal():
        return _page(done=office_text.handed_count(int(read[1])))
    return _page()


@blueprint.post("/hand")
def hand() -> ResponseReturnValue:
    """Seal each ticked contact anew to the handlers of its unit; nobody is shown one here."""
    here, by, done = portal(), _reviewer(), 0
    failed: list[str] = []
    try:
        key = accounts.session().contact_key()
    except StaffError:
        return _page(str(desk_text.NO_CONTACT_KEY), status=403)
    for number in dict.fromkeys(map(printable, request.form.getlist("case")[:PAGE])):
        try:
            also = recorded(by, "contact_hand")
            contact_handing.hand_over(here.store, here.definitions, number, by, key, also=also)
            done += 1
        except CaseError:
            failed.append(number)
    if failed or not done:
        message = office_text.NOT_HANDED if failed else office_text.NOTHING_TICKED
        return _page(str(message), failed, office_text.handed_count(done) if done else "", 409 if failed else 422)
    return redirect(url_for("contacts.listing", r=here.signer.sign_receipt(RECEIPT, str(done))), 303)


@blueprint.post("/share/<string(length=16):staff_id>")
def share(staff_id: str) -> ResponseReturnValue:
    """Hand the key itself to another reviewer, who has it from the next sign-in on."""
    me = accounts.session()
    try:
        staff.share_contact_key(accounts.guard(), me.account, staff_id, me.contact_key(), accounts.now())
    except StaffError:
        return _page(str(office_text.NOT_SHARED), status=409)
    return redirect(url_for("contacts.listing"), 303)


def _reviewer() -> Actor:
    return next((actor for actor in accounts.actors() if actor.role == "reviewer"), Actor("reviewer"))


def _page(message: str = "", failed: list[str] | None = None, done: str = "", status: int = 200) -> ResponseReturnValue:
    here = portal()
    page = render_template(
        "staff/contacts.html",
        waiting=contact_handing.waiting(here.store, here.definitions, _reviewer(), PAGE),
        keyless=_keyless(here),
        key_told=office_text.KEY_STATES[accounts.key_state()],
        message=message,
        failed=failed or [],
        done=done,
        definitions=here.definitions,
        grouped=codes.grouped,
    )
    return page, status


def _keyless(here: Portal) -> list[Standing]:
    """The other reviewers who open no contacts."""
    me = accounts.session().account.id
    return [
        one
        for one in standings(here.store)
        if duties.opens_contacts(one.account.roles) and not one.opens_contacts and one.account.id != me
    ]
