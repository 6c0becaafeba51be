"""Where a device sends the answers that were given on it: one at a time, as JSON, with a receipt in return."""

from flask import Blueprint, Response, jsonify, request, url_for
from flask_babel import gettext

from portal import text
from portal.errors import log_store, retry_after
from portal.public import card_fault, receipt_of
from portal.state import Portal, portal
from surveys import offline
from surveys.errors import CardError, StoreBusyError, StoreError
from surveys.offline import OfflineError, Submission

blueprint = Blueprint("offline_api", __name__)
Answer = tuple[Response, int, dict[str, str]]


@blueprint.post("/api/answers")
def take() -> Answer:
    """Store one answer set once: 200 with its receipt, 422 with what is wrong, 429 or 503 to be sent again later."""
    here = portal()
    try:
        sent = offline.read(here.keys, _body())
    except OfflineError as error:
        return _refused(here, "", error)
    if not _is_within_limits(here, sent):
        return _told(429, sent.id.hex(), "busy", str(text.TOO_MANY))
    try:
        return _stored(here, sent)
    except OfflineError as error:
        return _refused(here, sent.id.hex(), error)
    except CardError as error:
        return _card_refused(here, sent, error)
    except (StoreBusyError, StoreError) as error:
        log_store(error)
        return _told(503, sent.id.hex(), "busy", str(text.BUSY))


def _body() -> object:
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None


def _is_within_limits(here: Portal, sent: Submission) -> bool:
    if sent.grant.kiosk:
        return here.kiosks_limit.allows_name(sent.grant.kiosk)
    return here.answers_limit.allows(request.remote_addr)


def _stored(here: Portal, sent: Submission) -> Answer:
    response = offline.response_of(here.definitions, sent, here.today())
    stored = offline.take(here.store, here.keys, sent, response)
    # The same receipt whatever is stored under the id: whoever has got hold of an id must not try out its answers.
    receipt = url_for("public.receipt", r=receipt_of(here, stored, None))
    return jsonify({"id": sent.id.hex(), "receipt": receipt, "day": stored.day}), 200, {}


def _card_refused(here: Portal, sent: Submission, error: CardError) -> Answer:
    if not here.cards_limit.allows(request.remote_addr):
        return _told(429, sent.id.hex(), "busy", str(text.CARD_TRIES))
    return _told(422, sent.id.hex(), "card", card_fault(here, error))


def _refused(here: Portal, wanted: str, error: OfflineError) -> Answer:
    sentences = {
        "form": lambda: gettext("This could not be read. Open the form again and answer once more."),
        "grant": lambda: gettext("This was given on a page of another office. Show it to the office that it is for."),
        "gone": lambda: gettext("This form is not known any more. Save the answers as a file and ask the office."),
        "over": lambda: gettext("This survey closed more than 90 days ago, so the answers cannot be counted."),
        "kiosk": lambda: gettext("The address of this kiosk has ended, so its answers are not taken any more."),
        "answers": lambda: gettext("Some answers do not fit. Change them and send once more."),
    }
    faults = {
        code: text.fault_text(error.survey.by_code[code], fault) for code, fault in error.faults.items() if error.survey
    }
    return _told(422, wanted, error.reason, str(sentences[error.reason]()), faults)


def _told(status: int, wanted: str, reason: str, message: str, faults: dict[str, str] | None = None) -> Answer:
    told = {"id": wanted, "error": reason, "message": message, "faults": faults or {}}
    return jsonify(told), status, retry_after(status)
