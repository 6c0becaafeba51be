"""Templates for replies at the desk: the list, and one to write, change or remove."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import accounts, desk_text, office_text
from portal.errors import log_store, retry_after
from portal.forms import TOKEN_FIELD, as_shown
from portal.state import portal
from portal.text import BUSY, STALE_FORM
from surveys import reply_templates
from surveys.case_events import ANSWER_LIMIT
from surveys.errors import StoreBusyError, TemplateConflictError
from surveys.reply_templates import TITLE_LIMIT, Draft, Template

blueprint = Blueprint("templates", __name__, url_prefix="/staff/templates")
SUBJECT = "template"
_ID = "<string(length=16):template_id>"


@blueprint.get("")
def listing() -> ResponseReturnValue:
    """Every template, and what a good reply holds."""
    found = reply_templates.listing(portal().store)
    return render_template("staff/templates.html", templates=found, languages=desk_text.LANGUAGES)


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """The form for a new template."""
    return _form(Draft("", "", ""), None)


@blueprint.post("/new")
def add() -> ResponseReturnValue:
    """Store a new template, once however often it is sent."""
    here, draft = portal(), _sent()
    token = here.signer.read(request.form.get(TOKEN_FIELD, ""), SUBJECT)
    if draft.faults() or token is None:
        return _form(draft, None, "" if token else str(STALE_FORM), 422)
    template_id = here.keys.code("template", token.id).hex()[:16]
    by = accounts.session().account
    try:
        reply_templates.add(here.store, by, template_id, draft, here.today(), accounts.now())
    except StoreBusyError as error:
        log_store(error)
        return _form(draft, None, str(BUSY), 503)
    return redirect(url_for("templates.listing"), 303)


@blueprint.get(f"/{_ID}")
def one(template_id: str) -> ResponseReturnValue:
    """One template, to be changed or removed."""
    found = reply_templates.find(portal().store, template_id) or abort(404)
    return _form(found.draft, found)


@blueprint.post(f"/{_ID}")
def change(template_id: str) -> ResponseReturnValue:
    """Write a template anew, unless somebody else did so meanwhile."""
    here, draft = portal(), _sent()
    found = reply_templates.find(here.store, template_id)
    if found is None or str(found.revision) != request.form.get("revision"):
        return _form(draft, found, str(office_text.TEMPLATE_MOVED), 409)
    if draft.faults():
        return _form(draft, found, "", 422)
    try:
        reply_templates.change(here.store, accounts.session().account, found, draft, here.today(), accounts.now())
    except TemplateConflictError:
        newest = reply_templates.find(here.store, template_id)
        return _form(draft, newest, str(office_text.TEMPLATE_MOVED), 409)
    except StoreBusyError as error:
        log_store(error)
        return _form(draft, found, str(BUSY), 503)
    return redirect(url_for("templates.listing"), 303)


@blueprint.post(f"/{_ID}/remove")
def remove(template_id: str) -> ResponseReturnValue:
    """Take a template away; one that is gone already is gone."""
    here = portal()
    found = reply_templates.find(here.store, template_id)
    if found is None:
        return redirect(url_for("templates.listing"), 303)
    if str(found.revision) != request.form.get("revision"):
        return _form(found.draft, found, str(office_text.TEMPLATE_MOVED), 409)
    try:
        reply_templates.remove(here.store, accounts.session().account, found, accounts.now())
    except TemplateConflictError:
        newest = reply_templates.find(here.store, template_id)
        return _form(found.draft, newest, str(office_text.TEMPLATE_MOVED), 409)
    return redirect(url_for("templates.listing"), 303)


def _sent() -> Draft:
    form = as_shown(request.form)
    return Draft(form.get("title", ""), form.get("language", ""), form.get("text", ""))


def _form(draft: Draft, template: Template | None, message: str = "", status: int = 200) -> ResponseReturnValue:
    """The form; of a template that is gone what was typed can be stored as a new one."""
    here = portal()
    token = request.form.get(TOKEN_FIELD, "")
    if here.signer.read(token, SUBJECT) is None:
        token = here.signer.new(SUBJECT, 1)
    faults = draft.faults() if status == 422 else {}
    page = render_template(
        "staff/template.html",
        draft=draft,
        template=template,
        shown=template.draft if template and message else None,
        errors={name: str(office_text.TEMPLATE_FAULTS[name]) for name in faults},
        message=message,
        token=token,
        token_field=TOKEN_FIELD,
        languages=desk_text.LANGUAGES,
        title_limit=TITLE_LIMIT,
        text_limit=ANSWER_LIMIT,
    )
    return page, status, retry_after(status)
