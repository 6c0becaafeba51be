"""Suggestions and complaints: two steps to a numbered case.

The receipt answers the post itself, without a redirect: its secret may stand in no address. Sending the
same form again is harmless, it gives the same two codes.
"""

from typing import TypeVar

import segno
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal import pointing, text
from portal.errors import log_store, retry_after
from portal.forms import HONEYPOT_FIELD, TOKEN_FIELD, ContactForm, SuggestForm, first_errors
from portal.language import current, names, tag
from portal.my_case import Said
from portal.public import CHANNEL, Refusal, refuse
from portal.security import FormToken
from portal.state import Portal, portal
from surveys import cases, codes, photos
from surveys.danger import tells_of_danger
from surveys.definition import Unit
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
    page, status, _ = _step("suggest.html", here, bind(here, SuggestForm(request.args)))
    return page, status, {"Cache-Control": "private, no-cache"}


@blueprint.post("/suggest")
def contact() -> ResponseReturnValue:
    """Step two: whether she wants to be called; nothing is stored yet."""
    here = portal()
    form = bind(here, ContactForm(request.form))
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
    form = bind(here, ContactForm(request.form))
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
    return receipt_page(here, opened, case, Said())


def receipt_page(here: Portal, opened: cases.Opened, case: cases.Case | None, said: Said) -> Page:
    """The receipt of a case with both its codes, and what is said about photos that were sent from it."""
    page = render_template(
        "case_receipt.html",
        opened=opened,
        said=said,
        grouped=codes.grouped,
        qr=qr_code(opened.number),
        photo_limit=photos.PHOTO_LIMIT,
        site_host=here.config.site_host,
        languages=names(),
        tag_of=tag,
        **_shown(here, case),
    )
    return page, said.status, retry_after(said.status)


def _refuse_case(here: Portal, token: FormToken | None) -> Refusal | None:
    if token is None:
        return str(text.STALE_FORM), 422
    return None if here.cases_limit.allows(request.remote_addr) else (str(text.TOO_MANY), 429)


def _place_of(form: SuggestForm) -> str:
    """The step on which what is wrong can be put right; the second one shows a sound first."""
    return "suggest.html" if set(first_errors(form)) - {"contact"} else "contact.html"


def bind(here: Portal, form: Bound) -> Bound:
    """Fill in the choices in the page's language."""
    language, rules = current(), here.definitions
    form.categories = {item.code: item.text[language] for item in rules.categories.values()}
    form.units = {unit.code: unit.name[language] for unit in rules.units.values() if unit.is_open(here.today())}
    return form


def _step(template: str, here: Portal, form: SuggestForm, message: str = "", status: int = 200) -> Page:
    token = request.form.get(TOKEN_FIELD, "")
    if here.signer.read(token, SUBJECT) is None:
        token = here.signer.new(SUBJECT, 1)
    pieces = pointing.pieces(form.text.data or "")
    page = render_template(
        template,
        form=form,
        pieces=pieces,
        personal=tuple(words for kind, words in text.PERSONAL.items() if kind in pointing.kinds(pieces)),
        release_to=_release_to(here, form),
        danger=tells_of_danger(form.text.data or ""),
        categories=here.definitions.categories,
        errors=first_errors(form),
        message=message,
        token=token,
        token_field=TOKEN_FIELD,
        honeypot_field=HONEYPOT_FIELD,
        text_limit=cases.TEXT_LIMIT,
        contact_limit=cases.CONTACT_LIMIT,
        languages=names(),
        tag_of=tag,
    )
    return page, status, retry_after(status)


def _release_to(here: Portal, form: SuggestForm) -> Unit | None:
    """The unit that she may let have her contact: the one that she named, for a request and nothing else."""
    category = here.definitions.categories.get(form.category.data or "")
    fits = category is not None and category.kind == "request"
    return here.definitions.units.get(form.unit.data or "") if fits else None


def _submission(here: Portal, form: ContactForm, token: FormToken) -> cases.Submission:
    """What was sent; its id is made from all of it, so that another text in the same form is another case."""
    category, unit = form.category.data, form.unit.data or ""
    written, contact = clean_text(form.text.data or ""), clean_text(form.contact.data or "")
    release_to = _release_to(here, form)
    release = bool(contact) and release_to is not None and form.release_to.data == release_to.code
    return cases.Submission(
        id=here.keys.code("case submission", token.id, category, unit, written, contact, *(["released"] * release)),
        category=category,
        unit=unit or None,
        text=written,
        contact=contact,
        channel=CHANNEL,
        language=current(),
        release=release,
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
