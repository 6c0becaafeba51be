"""Photos of a case: its resident adds them to a case that is filed, and sees them by links that soon end."""

from collections.abc import Iterator

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from portal import case_text, my_case, suggest, text
from portal.errors import log_store
from portal.forms import CaseForm
from portal.my_case import Said
from portal.photo_links import read_link
from portal.state import Portal, portal
from surveys import cases, photos, pictures
from surveys.errors import CaseError, PhotosFullError, PictureError, StoreBusyError, StoreError
from surveys.responses import printable

blueprint = Blueprint("case_photos", __name__)
BODY = photos.PHOTO_LIMIT * pictures.FILE_LIMIT + 256 * 1024
"""Bytes that a post with photos may have."""
FIELD = "photos"
PHOTO_HEADERS = {"Cache-Control": "private, no-store", "Content-Disposition": "inline"}


@blueprint.post("/case/receipt")
def receipt() -> ResponseReturnValue:
    """The receipt again, by its two codes: in another language, as its buttons ask for."""
    here, form = portal(), CaseForm(request.form)
    found = my_case.opened(here, form)
    if not isinstance(found, cases.Case):
        return my_case.codes_page(form, found)
    return suggest.receipt_page(here, cases.Opened(found.number, form.secret.data or ""), found, Said())


@blueprint.post("/case/photos")
def add() -> ResponseReturnValue:
    """Keep the pictures that were sent, all or none, and show the page again from which they came."""
    here, form = portal(), CaseForm(request.form)
    found = my_case.opened(here, form)
    if not isinstance(found, cases.Case):
        return my_case.codes_page(form, found)
    said = _added(here, found)
    fresh = my_case.look_up(here, form) or found
    if "receipt" in request.form:
        return suggest.receipt_page(here, cases.Opened(found.number, form.secret.data or ""), fresh, said)
    return my_case.page(here, form, fresh, said)


def _added(here: Portal, case: cases.Case) -> Said:
    if not case.standing.is_open:
        return Said(str(case_text.NOT_NOW), status=409)
    if not here.cases_limit.allows(request.remote_addr):
        return Said(str(text.TOO_MANY), status=429)
    sent = [file for file in request.files.getlist(FIELD) if file.filename]
    if not sent or len(sent) > photos.PHOTO_LIMIT:
        return _faulty(text.CHOOSE_PHOTO if not sent else text.too_many_photos(photos.PHOTO_LIMIT))
    return _kept(here, case, sent)


def _kept(here: Portal, case: cases.Case, sent: list[FileStorage]) -> Said:
    try:
        cleaned = list(_cleaned(sent))
        photos.add(here.store, case.number, cases.resident(case.number), cleaned, here.today())
    except PictureError as error:
        return _faulty(error)
    except PhotosFullError:
        return _faulty(text.too_many_photos(photos.PHOTO_LIMIT))
    except CaseError:
        return Said(str(case_text.NOT_NOW), status=409)
    except (StoreBusyError, StoreError) as error:
        log_store(error)
        return Said(str(text.BUSY), status=503)
    return Said(done=str(text.PHOTOS_KEPT))


def _cleaned(sent: list[FileStorage]) -> Iterator[bytes]:
    for file in sent:
        try:
            yield pictures.cleaned(file.stream.read())
        except PictureError as error:
            error.args = (text.picture_fault(error.reason, printable(file.filename or "")[:60]),)
            raise


def _faulty(message: object) -> Said:
    return Said(errors={FIELD: str(message)}, status=422)


@blueprint.get("/photo/<token>")
def show(token: str) -> ResponseReturnValue:
    """One photo, to whom its link was given."""
    here = portal()
    number, position = read_link(here, token) or abort(404)
    return answer(photos.image(here.store, number, position, cases.resident(number)))


def answer(image: bytes | None) -> Response:
    """A photo as it is sent, kept by no cache; 404 where there is none."""
    return Response(image, mimetype="image/jpeg", headers=PHOTO_HEADERS) if image else abort(404)
