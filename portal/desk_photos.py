"""The photos of a case at the desk, for who may read the case."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal import accounts
from portal.case_photos import answer
from portal.state import portal
from surveys import photos

blueprint = Blueprint("desk_photos", __name__, url_prefix="/staff")


@blueprint.get("/case/<string(length=10):number>/photo/<int:position>")
def show(number: str, position: int) -> ResponseReturnValue:
    """One photo; whether there is none or it is none of the account's is not told."""
    here = portal()
    seen = (photos.image(here.store, number, position, actor) for actor in accounts.actors())
    return answer(next((image for image in seen if image), None))
