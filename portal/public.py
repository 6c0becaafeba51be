"""The resident's side: surveys, receipts, and search."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape

from portal import pages, search, text
from portal.errors import log_store, retry_after
from portal.forms import HONEYPOT_FIELD, TOKEN_FIELD, WITHOUT_CARD, SurveyForm
from portal.language import current, explicit, links_to_others, said, said_in
from portal.security import FormToken
from portal.state import Portal, portal
from surveys import cards, codes, grants, responses
from surveys.definition import Basis, Channel, Survey, Unit
from surveys.errors import CardError, StoreBusyError, StoreError
from surveys.grants import Grant
from surveys.store import answers

blueprint = Blueprint("public", __name__)
GRACE_DAYS = 7
# The visitor's own browser may keep it, so that going back does not empty the form.
FORM_HEADERS = {"Cache-Control": "private, no-cache"}
CHANNEL: Channel = "web"
FAILED = "huiyin.failed"
"""Where a request carries the error of the store that it met on its way here: it is not counted or tried again."""
Refusal = tuple[str, int]


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """The open surveys, and the doors to suggestions and cases."""
    here = portal()
    return render_template("home.html", surveys=here.definitions.open_surveys(here.today()))


@blueprint.get("/s/<key>")
def survey(key: str) -> ResponseReturnValue:
    """The form of a survey for one unit, or the list of units to choose from."""
    here = portal()
    asked = here.definitions.current(key, here.today()) or abort(404)
    unit = unit_of(here, asked, request.args.get("unit"))
    if unit is None:
        return _choose_unit(here, asked)
    here.pages.render(page_key(asked, current(), explicit()), lambda: _blank_page(here, asked))
    return filled_page(here, asked, unit, current(), explicit()), FORM_HEADERS


def page_key(asked: Survey, language: str, explicit: str | None) -> pages.PageKey:
    """Under what the form of a version is kept."""
    return asked.key, asked.version, language, explicit or ""


def filled_page(here: Portal, asked: Survey, unit: Unit, language: str, explicit: str | None) -> bytes:
    """The empty form for a unit with a token of its own; that version was rendered before."""
    token, submission = here.signer.new_with_id(asked.key, asked.version)
    values = {
        pages.TOKEN: token,
        pages.UNIT: unit.code,
        pages.UNIT_NAME: str(escape(unit.name[language])),
        pages.UNIT_SAID: str(escape(said_in(unit.name, language))),
        pages.GRANT: _grant(here, asked, unit.code),
        pages.SUBMISSION: submission.hex(),
    }
    return here.pages.fill(page_key(asked, language, explicit), values)


def _blank_page(here: Portal, asked: Survey) -> str:
    """What all visitors share: of the request that happens to come first, nothing may stand in it."""
    others = links_to_others({"unit": pages.UNIT})
    return form_page(
        here,
        asked,
        pages.UNIT,
        pages.UNIT_NAME,
        pages.TOKEN,
        unit_said=pages.UNIT_SAID,
        other_languages=others,
        grant=pages.GRANT,
        submission=pages.SUBMISSION,
    )


def _grant(here: Portal, asked: Survey, unit: str) -> str:
    """What lets this form be answered without a network, and be sent for a long time after."""
    return _sign_grant(here.keys, Grant(asked.key, asked.version, unit, here.today()))


_sign_grant = lru_cache(maxsize=1024)(grants.sign)


def unit_of(here: Portal, asked: Survey, code: str | None, grace_days: int = 0) -> Unit | None:
    """The unit if the survey can be about it now, or could so many days ago."""
    unit, today = here.definitions.units.get(code or ""), here.today()
    if unit is None or unit.kind not in asked.unit_kinds:
        return None
    return unit if unit.is_open(today) or unit.is_open(today - timedelta(days=grace_days)) else None


def _choose_unit(here: Portal, asked: Survey) -> ResponseReturnValue:
    units = here.definitions.units_for(asked, here.today())
    unknown = responses.printable(request.args.get("unit", ""))
    return render_template("units.html", survey=asked, units=units, unknown=unknown), 404 if unknown else 200


def form_page(here: Portal, asked: Survey, unit: str, unit_name: str, token: str, **shown: object) -> str:
    """The form of a version for a unit, with what was typed and what is wrong with it."""
    return render_template(
        "survey.html",
        survey=asked,
        definitions=here.definitions,
        branches=pages.branches(asked, here.definitions, current()),
        openers=pages.openers,
        unit=unit,
        unit_name=unit_name,
        token=token,
        token_field=TOKEN_FIELD,
        honeypot_field=HONEYPOT_FIELD,
        takes_cards=asked.key in here.carded,
        without_card=WITHOUT_CARD,
        grouped=codes.grouped,
        **{"values": {}, "errors": {}, "message": "", "preview": False, "card_typed": False, **shown},
    )


@blueprint.post("/s/<key>")
def answer(key: str) -> ResponseReturnValue:
    """Take one answer set: store it once, then show its receipt."""
    here = portal()
    token = here.signer.read(request.form.get(TOKEN_FIELD, ""), key)
    asked = version_asked(here, key, token)
    if asked is None:
        return _closed(here, key, token)
    unit = unit_of(here, asked, request.args.get("unit"), GRACE_DAYS if token else 0)
    if unit is None:
        return _choose_unit(here, asked)
    form = SurveyForm(asked, request.form)
    refusal, valid = refuse(here, token), form.validate()
    if refusal or token is None or not valid:
        return _again(here, asked, unit, form, refusal or ("", 422))
    basis: Basis = "card" if form.card else responses.basis_of(CHANNEL)
    response = response_of(here, asked, unit, token, current(), form.answers, form.texts, basis)
    try:
        stored = _save(here, response, form)
    except CardError as error:
        return _again(here, asked, unit, form, _card_refused(here, form, error))
    except (StoreBusyError, StoreError) as error:
        log_store(error)
        return _again(here, asked, unit, form, (str(text.BUSY), 503))
    return redirect(url_for(".receipt", r=receipt_of(here, stored, response)), 303)


def _save(here: Portal, response: responses.Response, form: SurveyForm) -> answers.StoredResponse:
    if failed := request.environ.get(FAILED):
        raise failed
    if form.card is None:
        return responses.save(here.store, response)
    return cards.answer(here.store, here.keys, response, form.card)


def _card_refused(here: Portal, form: SurveyForm, error: CardError) -> Refusal:
    """What to do about a card that cannot be used; a right one passes although its network is slowed down."""
    if not here.cards_limit.allows(request.remote_addr):
        return str(text.CARD_TRIES), 429
    form.beside.card_number.errors = [card_fault(here, error)]
    return "", 422


def card_fault(here: Portal, error: CardError) -> str:
    """What is wrong with a card, in words."""
    versions = here.definitions.versions(error.survey)
    if error.reason == "elsewhere" and versions and error.unit in here.definitions.units:
        return text.card_elsewhere(versions[-1].title[current()], here.definitions.units[error.unit].name[current()])
    return str(text.CARD_VOID if error.reason == "void" else text.CARD_UNKNOWN)


def version_asked(here: Portal, key: str, token: FormToken | None) -> Survey | None:
    """The version that the form showed, for a week after the survey closed too; else the one that is open."""
    shown = here.definitions.surveys.get((key, token.version)) if token else None
    today = here.today()
    if shown and shown.is_open_between(today - timedelta(days=GRACE_DAYS), today):
        return shown
    return here.definitions.current(key, today)


def _closed(here: Portal, key: str, token: FormToken | None) -> ResponseReturnValue:
    """No such survey, or one that closed too long ago; then the texts are given back, to be copied."""
    shown = here.definitions.surveys.get((key, token.version)) if token else None
    if shown is None:
        abort(404)
    texts = (question.code for question in shown.questions if question.kind == "text")
    kept = [written for code in texts if (written := request.form.get(code, "").strip())]
    return render_template("closed.html", survey=shown, kept=kept), 404


def refuse(here: Portal, token: FormToken | None) -> Refusal | None:
    """Why a form cannot be taken as it was sent, with its status; None if it can."""
    if FAILED not in request.environ and not here.answers_limit.allows(request.remote_addr):
        return str(text.TOO_MANY), 429
    if token is None:
        return str(text.STALE_FORM), 422
    if request.form.get(HONEYPOT_FIELD):
        return str(text.FIELD_FOR_MACHINES), 422
    return (str(text.TOO_FAST), 422) if is_hasty(here, token) else None


def is_hasty(here: Portal, token: FormToken) -> bool:
    """Whether a form was sent sooner than it can be read."""
    # Younger than nothing is a form from before the clock was set back.
    return 0 <= token.age() < here.config.minimum_seconds


def _again(here: Portal, asked: Survey, unit: Unit, form: SurveyForm, refusal: Refusal) -> ResponseReturnValue:
    """The form once more, with all that was typed and what to do about it."""
    message, status = refusal
    token = request.form.get(TOKEN_FIELD, "")
    found = here.signer.read(token, asked.key)
    submission = found.id if found else b""
    if found is None:
        token, submission = here.signer.new_with_id(asked.key, asked.version)
    page = form_page(
        here,
        asked,
        unit.code,
        unit.name[current()],
        token,
        unit_said=said(unit.name),
        values=form.typed(),
        errors=form.faults(),
        message=message,
        card_typed=form.beside.card is not None,
        grant=_grant(here, asked, unit.code),
        submission=submission.hex(),
    )
    return page, status, retry_after(status)


def response_of(
    here: Portal,
    asked: Survey,
    unit: Unit,
    token: FormToken,
    language: str,
    answers: Mapping[str, responses.Answer],
    texts: Mapping[str, str],
    basis: Basis,
) -> responses.Response:
    """What came in through this form, as it is stored."""
    return responses.Response(
        id=token.id,
        survey=asked.key,
        version=asked.version,
        unit=unit.code,
        channel=CHANNEL,
        basis=basis,
        language=language,
        day=here.today(),
        answers=answers,
        texts=texts,
    )


def receipt_of(here: Portal, stored: answers.StoredResponse, sent: responses.Response | None) -> str:
    """What the receipt page of an answer set shows, signed; told what was `sent`, also whether that is what counts."""
    kept = "same" if sent is None or responses.same_answers(stored, sent) else "first"
    return here.signer.sign_receipt(stored.survey, stored.unit, stored.day, kept, _standing(here, stored))


def _standing(here: Portal, stored: answers.StoredResponse) -> str:
    """How the report will hold an answer set: by its card, apart as unverified, or simply counted."""
    if stored.survey not in here.carded or stored.basis not in ("card", "open"):
        return "counted"
    return "card" if stored.basis == "card" else "unverified"


@blueprint.get("/receipt")
def receipt() -> ResponseReturnValue:
    """What was received, where and on which day; nothing on it leads back to the answers."""
    here = portal()
    parts = here.signer.read_receipt(request.args.get("r", "")) or abort(404)
    key, unit, day, kept, *standing = parts
    return render_template(
        "receipt.html",
        survey=_newest(here, key) or abort(404),
        unit=here.definitions.units.get(unit) or abort(404),
        day=datetime.fromisoformat(day).date(),
        first_counts=kept == "first",
        standing=standing[0] if standing else "counted",
        follow_up=next((item.code for item in here.definitions.categories.values() if item.kind == "follow-up"), None),
    )


def _newest(here: Portal, key: str) -> Survey | None:
    """The newest version that residents were ever shown."""
    opened = (one for one in reversed(here.definitions.versions(key)) if one.opened <= here.today())
    return next(opened, None)


@blueprint.get("/search")
def find() -> ResponseReturnValue:
    """Search of the published site, for browsers without JavaScript."""
    query = responses.clean_text(request.args.get("q", ""))[:100]
    return render_template("search.html", query=query, hits=_hits(portal(), query))


def _hits(here: Portal, query: str) -> list[search.Hit]:
    root = here.config.public.resolve()
    pack = (root / "en" if current() == "en" else root) / "search" / "pack.json"
    return search.search(_pack(pack), query) if pack.exists() else []


def titles(here: Portal) -> dict[str, str]:
    """The titles of all pages of the published site in both languages, by their addresses."""
    root = here.config.public.resolve()
    packs = [path for path in (root / "search/pack.json", root / "en/search/pack.json") if path.exists()]
    return {page["url"]: page["title"] for path in packs for page in _pack(path)["pages"]}


# The folder of a release never changes once it is published, so its pack is read once.
_pack = lru_cache(maxsize=4)(search.load_pack)
