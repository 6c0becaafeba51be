"""Intake on behalf: what a resident said on the telephone, at the counter or on paper becomes her case, marked so."""

from collections.abc import Mapping

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, Field, StringField
from wtforms.validators import ValidationError

from portal import accounts, desk_text, text
from portal.desk import recorded
from portal.errors import log_store, retry_after
from portal.forms import TOKEN_FIELD, ContactForm, first_errors
from portal.language import current
from portal.security import FormToken
from portal.state import Portal, portal
from surveys import cases, codes
from surveys.case_fields import assignable
from surveys.definition import LANGUAGES, Channel
from surveys.errors import StoreBusyError
from surveys.responses import clean_text

blueprint = Blueprint("on_behalf", __name__, url_prefix="/staff")
SUBJECT = "on behalf"
CHANNELS: Mapping[str, Channel] = {"telephone": "telephone", "kiosk": "kiosk", "paper": "paper"}


class BehalfForm(ContactForm):
    """What the resident said, and how and in which language she said it."""

    channel = StringField()
    language = StringField()
    release = BooleanField()

    def validate_channel(self, field: Field) -> None:
        """One of the three ways in which staff take a case."""
        if field.data not in CHANNELS:
            raise ValidationError(str(desk_text.CHOOSE))

    def validate_language(self, field: Field) -> None:
        """One of the languages that answers are written in."""
        if field.data not in LANGUAGES:
            raise ValidationError(str(desk_text.CHOOSE))


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """The form for what somebody says at the telephone or the counter, or sent on paper."""
    here = portal()
    return _page(here, _bind(here, BehalfForm(language=current())))


@blueprint.post("/new")
def take() -> ResponseReturnValue:
    """Open the case, once, and show its number and secret to be handed over."""
    here = portal()
    form = _bind(here, BehalfForm(request.form))
    token = here.signer.read(request.form.get(TOKEN_FIELD, ""), SUBJECT)
    if not form.validate() or token is None:
        return _page(here, form, "" if token else str(text.STALE_FORM), 422)
    sent = _submission(here, form, token)
    by = next(actor for actor in accounts.actors() if actor.role == "intake")
    also = recorded(by, "case_act", kind="received", channel=sent.channel)
    try:
        opened = cases.open_case(here.store, here.keys, here.definitions, sent, here.today(), by=by, also=also)
    except StoreBusyError as error:
        log_store(error)
        return _page(here, form, str(text.BUSY), 503)
    case = cases.look_up(here.store, here.keys, opened.number, opened.secret)
    limit = cases.limits(case.standing).get("first_reply") if case else None
    return render_template("staff/receipt.html", opened=opened, case=case, first_reply=limit, grouped=codes.grouped)


def _bind(here: Portal, form: BehalfForm) -> BehalfForm:
    language, rules = current(), here.definitions
    form.categories = {item.code: item.text[language] for item in rules.categories.values()}
    form.units = {code: rules.units[code].name[language] for code in assignable(rules, (), here.today())}
    return form


def _submission(here: Portal, form: BehalfForm, token: FormToken) -> cases.Submission:
    """What was said; its id is made from all of it, so that sending twice opens one case."""
    category, unit = form.category.data, form.unit.data or ""
    written, contact = clean_text(form.text.data or ""), clean_text(form.contact.data or "")
    return cases.Submission(
        id=here.keys.code("case submission", token.id, category, unit, written, contact),
        category=category,
        unit=unit or None,
        text=written,
        contact=contact,
        channel=CHANNELS[form.channel.data or ""],
        language=form.language.data or "",
        release=bool(form.release.data),
    )


def _page(here: Portal, form: BehalfForm, message: str = "", status: int = 200) -> ResponseReturnValue:
    token = request.form.get(TOKEN_FIELD, "")
    if here.signer.read(token, SUBJECT) is None:
        token = here.signer.new(SUBJECT, 1)
    page = render_template(
        "staff/new.html",
        form=form,
        errors=first_errors(form),
        message=message,
        token=token,
        token_field=TOKEN_FIELD,
        text_limit=cases.TEXT_LIMIT,
        contact_limit=cases.CONTACT_LIMIT,
        channels={code: desk_text.CHANNELS[code] for code in CHANNELS},
        languages=desk_text.LANGUAGES,
    )
    return page, status, retry_after(status)
