"""Suggestions and complaints: two steps to a numbered case.

The receipt answers the post itself, without a redirect: its secret may stand in no address. Sending the
same form again is harmless, it gives the same two codes.
"""

from collections.abc import Iterator
from typing import TypeVar

import segno
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal import text
from portal.errors import log_store, retry_after
from portal.forms import HONEYPOT_FIELD, TOKEN_FIELD, ContactForm, SuggestForm, first_errors
from portal.language import current
from portal.public import CHANNEL, Refusal, refuse
from portal.security import FormToken
from portal.state import Portal, portal
from surveys import cases, codes, personal
from surveys.danger import tells_of_danger
from surveys.errors import StoreBusyError, StoreError
from surveys.responses import clean_text

blueprint = Blueprint("suggest", __name__)
SUBJECT = "suggest"
Bound = TypeVar("Bound", bound=SuggestForm)
Page = tuple[str, int, dict[str, str]]


@blueprint.get("/suggest")
def suggest() -> ResponseReturnValue:
    """Step one: what it is about, for which unit, and what she wants to say."""
    here = portal()
    page, status, _ = _step("suggest.html", here, _bind(here, SuggestForm(request.args)))
    return page, status, {"Cache-Control": "private, no-cache"}


@blueprint.post("/suggest")
def contact() -> ResponseReturnValue:
    """Step two: whether she wants to be called; nothing is stored yet."""
    here = portal()
    form = _bind(here, ContactForm(request.form))
    refusal = refuse(here, here.signer.read(request.form.get(TOKEN_FIELD, ""), SUBJECT))
    if "edit" in request.form:
        return _step("suggest.html", here, form)
    if not form.validate():
        return _step(_place_of(form), here, form, *(refusal or ("", 422)))
    if refusal:
        return _step("suggest.html", here, form, *refusal)
    return _step("contact.html", here, form)


@blueprint.post("/suggest/send")
def send() -> ResponseReturnValue:
    """Open the case, once, and show its number and secret."""
    here = portal()
    form = _bind(here, ContactForm(request.form))
    token = here.signer.read(request.form.get(TOKEN_FIELD, ""), SUBJECT)
    valid = form.validate()
    refusal = _refuse_case(here, token)
    if refusal or token is None or not valid:
        return _step(_place_of(form), here, form, *(refusal or ("", 422)))
    try:
        opened = cases.open_case(here.store, here.keys, here.definitions, _submission(here, form, token), here.today())
        case = cases.look_up(here.store, here.keys, opened.number, opened.secret)
    except (StoreBusyError, StoreError) as error:
        log_store(error)
        return _step("contact.html", here, form, str(text.BUSY), 503)
    return render_template(
        "case_receipt.html", opened=opened, grouped=codes.grouped, qr=qr_code(opened.number), **_shown(here, case)
    )


def _refuse_case(here: Portal, token: FormToken | None) -> Refusal | None:
    if token is None:
        return str(text.STALE_FORM), 422
    return None if here.cases_limit.allows(request.remote_addr) else (str(text.TOO_MANY), 429)


def _place_of(form: SuggestForm) -> str:
    """The step on which what is wrong can be put right; the second one shows a sound first."""
    return "suggest.html" if set(first_errors(form)) - {"contact"} else "contact.html"


def _bind(here: Portal, form: Bound) -> Bound:
    """Fill in the choices in the page's language."""
    language, rules = current(), here.definitions
    form.categories = {item.code: item.text[language] for item in rules.categories.values()}
    form.units = {unit.code: unit.name[language] for unit in rules.units.values() if unit.is_open(here.today())}
    return form


def _step(template: str, here: Portal, form: SuggestForm, message: str = "", status: int = 200) -> Page:
    token = request.form.get(TOKEN_FIELD, "")
    if here.signer.read(token, SUBJECT) is None:
        token = here.signer.new(SUBJECT, 1)
    pieces = tuple(_pieces(form.text.data or ""))
    page = render_template(
        template,
        form=form,
        pieces=pieces,
        personal=tuple(words for kind, words in text.PERSONAL.items() if kind in dict(pieces)),
        danger=tells_of_danger(form.text.data or ""),
        categories=here.definitions.categories,
        errors=first_errors(form),
        message=message,
        token=token,
        token_field=TOKEN_FIELD,
        honeypot_field=HONEYPOT_FIELD,
        text_limit=cases.TEXT_LIMIT,
        contact_limit=cases.CONTACT_LIMIT,
    )
    return page, status, retry_after(status)


def _pieces(written: str) -> Iterator[tuple[str, str]]:
    """The text in pieces, each behind the kind of number that it is, '' for all else."""
    end = 0
    for found in personal.find(written):
        yield "", written[end : found.start]
        yield found.kind, written[found.start : found.end]
        end = found.end
    yield "", written[end:]


def _submission(here: Portal, form: ContactForm, token: FormToken) -> cases.Submission:
    """What was sent; its id is made from all of it, so that another text in the same form is another case."""
    category, unit = form.category.data, form.unit.data or ""
    written, contact = clean_text(form.text.data or ""), clean_text(form.contact.data or "")
    return cases.Submission(
        id=here.keys.code("case submission", token.id, category, unit, written, contact),
        category=category,
        unit=unit or None,
        text=written,
        contact=contact,
        channel=CHANNEL,
        language=current(),
    )


def qr_code(number: str) -> Markup:
    """The case number, and nothing else, as a picture for scanners."""
    picture = segno.make_qr(number, error="m").svg_inline(omitsize=True, light="#fff", svgclass=None, lineclass=None)
    return Markup(picture)  # noqa: S704  (drawn from digits)


def _shown(here: Portal, case: cases.Case | None) -> dict[str, object]:
    """What the receipt says of a case: the limits that run from now on."""
    if case is None:
        return {"case": None}
    category = here.definitions.categories[case.category]
    return {
        "case": case,
        "triage": cases.triage_limit(case.received),
        "first_reply": cases.first_reply_limit(category, case.received),
    }
