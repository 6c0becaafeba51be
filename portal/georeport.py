"""Open311 GeoReport v2 over suggestions: other programs may send one in, without a name, and read what is public.

A post is taken as the form's last step is: the same rules, the same limits, the same danger words, and once only under
an idempotency key. The secret code stands in the answer to the post and nowhere else.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, current_app, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from portal import georeport_public, spark, suggest, text
from portal.errors import log_store, log_unexpected, retry_after
from portal.forms import SuggestForm, first_errors
from portal.georeport_public import DatesError, Remembered, matching, wanted
from portal.language import current
from portal.spark import CONTENT_TYPES, PREFIX, Value, encode
from portal.state import Portal, portal
from surveys import cases, codes
from surveys.danger import tells_of_danger
from surveys.definition import Category, Channel
from surveys.errors import CaseError, StoreBusyError, StoreError
from surveys.responses import clean_text, has_words

blueprint = Blueprint("georeport", __name__, url_prefix=PREFIX)
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANNEL: Channel = "other"
KEY_FIELD = "idempotency_key"
KEY_LENGTHS = range(22, 256)
"""Signs of an idempotency key: whoever guesses one, with every word that was sent, is told the secret again."""
_READ = frozenset(
    ["api_key", "jurisdiction_id", "service_code", "description", "address_string", "attribute[unit]", "lang"]
)
_PERSONAL = frozenset(
    ["first_name", "last_name", "email", "phone", "device_id", "account_id", "lat", "long", "address_id", "media_url"]
)
"""Fields of the standard that no case has room for."""
_FORM = "<any(xml, json):form>"


class Refused(Exception):
    """A request that cannot be taken: the status, and what to do about it."""

    def __init__(self, status: int, sentence: object) -> None:
        super().__init__(status)
        self.status, self.sentence = status, str(sentence)


def _answer(form: str, root: str, body: Value, status: int = 200) -> Response:
    made = Response(encode(form, root, body), status, content_type=CONTENT_TYPES[form])
    made.headers.update(retry_after(status))
    return made


@blueprint.get(f"/discovery.{_FORM}")
def discovery(form: str) -> Response:
    """Where the service stands and what it speaks."""
    here = portal()
    changed = max((changed for *_, changed in here.mark), default=0) // 10**9
    changeset = datetime.fromtimestamp(changed, UTC).isoformat(" ", "minutes")[:16]
    endpoint: Mapping[str, Value] = {
        "specification": SPECIFICATION,
        "url": f"{here.config.site_url or ''}{request.script_root}{PREFIX}",
        "changeset": changeset,
        "type": "production",
        "formats": [kind.partition(";")[0] for kind in CONTENT_TYPES.values()],
    }
    body: Mapping[str, Value] = {
        "changeset": changeset,
        "contact": gettext("Ask the office that runs this site; its pages tell where it is."),
        "key_service": gettext("No key is needed."),
        "endpoints": [endpoint],
    }
    return _answer(form, "discovery", body)


@blueprint.get(f"/services.{_FORM}")
def services(form: str) -> Response:
    """What a case can be about."""
    return _answer(form, "services", georeport_public.services(portal()))


@blueprint.get(f"/services/<code>.{_FORM}")
def service(code: str, form: str) -> Response:
    """What else may be said of a request of this service."""
    here = portal()
    return _answer(form, "service_definition", georeport_public.definition(here, _category(here, code)))


@blueprint.get(f"/requests.{_FORM}")
def requests(form: str) -> Response:
    """What is public of cases: what is overdue, and summaries that were agreed to."""
    here = portal()
    try:
        asked = wanted(request.args, here.today())
    except DatesError:
        raise Refused(400, gettext("Give dates as 2026-11-01T00:00:00Z, not more than 90 days apart.")) from None
    found = matching(here, _public(here), asked)
    return _answer(form, "service_requests", list(found))


@blueprint.get(f"/requests/<number>.{_FORM}")
def one_request(number: str, form: str) -> Response:
    """One of them; a case that is not public looks the same as one that there is not."""
    here = portal()
    found = list(matching(here, _public(here), georeport_public.Wanted(ids=frozenset((number,)))))
    if not found:
        raise Refused(404, gettext("Nothing is public under this number. With its secret code, look it up as a case."))
    return _answer(form, "service_requests", found)


def _public(here: Portal) -> georeport_public.Public:
    kept: Remembered = current_app.extensions.setdefault("georeport", Remembered())
    return kept.of(here)


@blueprint.post(f"/requests.{_FORM}")
def send(form: str) -> Response:
    """Open a case without a name, and answer with its number and, this once, its secret code."""
    here = portal()
    if not here.cases_limit.allows(request.remote_addr):
        abort(429)
    category, sent = _category(here, _field("service_code")), _checked(here)
    submission = cases.Submission(
        id=here.keys.code("open311 submission", _key(), category.code, sent["unit"], sent["text"]),
        category=category.code,
        unit=sent["unit"] or None,
        text=sent["text"],
        contact="",
        channel=CHANNEL,
        language=current(),
    )
    opened = cases.open_case(here.store, here.keys, here.definitions, submission, here.today())
    told: Mapping[str, Value] = {
        "service_request_id": opened.number,
        "service_notice": "\n".join(_notice(here, category, opened, submission)),
        "account_id": None,
    }
    return _answer(form, "service_requests", [told])


def _field(name: str) -> str:
    return clean_text(request.form.get(name, ""))


def _category(here: Portal, code: str) -> Category:
    if not code:
        raise Refused(400, gettext("Give a service_code: services.xml lists them."))
    if code not in here.definitions.categories:
        raise Refused(404, gettext("There is no such service_code: services.xml lists them."))
    return here.definitions.categories[code]


def _checked(here: Portal) -> Mapping[str, str]:
    """Unit and words, by the rules of the form; a place in words is added to them, for a case has no other place."""
    written, place = _field("description"), _field("address_string")
    if has_words(written) and has_words(place):
        where = gettext("Place: %(place)s", place=place)
        written = f"{written}\n\n{where}"
    sent = {"category": _field("service_code"), "unit": _field("attribute[unit]"), "text": written}
    form = suggest.bind(here, SuggestForm(MultiDict(sent)))
    if not form.validate():
        names = {"unit": "attribute[unit]", "text": "description"}
        raise Refused(400, "\n".join(f"{names.get(name, name)}: {why}" for name, why in first_errors(form).items()))
    return sent


def _key() -> bytes:
    """What makes a repeat of the post the same case: the sender's key, or else something new each time."""
    key = request.headers.get("Idempotency-Key") or request.form.get(KEY_FIELD, "")
    if not key:
        return os.urandom(16)
    if len(key) not in KEY_LENGTHS:
        raise Refused(400, gettext("Make the idempotency key of 22 to 255 random signs, or leave it out."))
    return b"sender " + key.encode("utf-8", "surrogatepass")


def _notice(here: Portal, category: Category, opened: cases.Opened, sent: cases.Submission) -> Iterator[str]:
    """What the sender must show to the resident: whom to call in danger, both codes, the day, and what was not kept."""
    if tells_of_danger(sent.text):
        yield gettext(
            "Is somebody in danger now? Do not wait for us: call 110 (police), 119 (fire) or 120 (ambulance)."
        )
    yield gettext(
        "Case number: %(number)s. Secret code: %(secret)s. Write both down: the code is told here only, and it alone "
        "opens the case at %(address)s.",
        number=codes.grouped(opened.number, 5),
        secret=codes.grouped(opened.secret),
        address=f"{here.config.site_host}{url_for('my_case.case_form', lang=None)}",
    )
    yield gettext("A person answers by %(day)s.", day=cases.first_reply_limit(category, here.today()).day.isoformat())
    if has_words(_field("address_string")):
        yield gettext("Kept as words of the report, which whoever works on it reads: address_string.")
    if dropped := _dropped():
        yield gettext("Not kept, because cases have no name and no map: %(names)s.", names=", ".join(dropped))


def _dropped() -> list[str]:
    """The fields that were sent and thrown away, by the names that the standard gives them."""
    filled = (name for name, value in request.form.items() if name not in {*_READ, KEY_FIELD} and value.strip())
    return sorted({name if name in _PERSONAL else gettext("other fields") for name in filled})


@blueprint.errorhandler(Refused)
def _refused(error: Refused) -> Response:
    return _error(error.status, error.sentence)


@blueprint.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    known = {
        403: gettext("Posts from the pages of other sites are not taken: send it from a program, or use the form."),
        429: str(text.TOO_MANY),
        503: str(text.BUSY),
    }
    return _error(error.code or 500, known.get(error.code or 500, gettext("This request could not be read.")))


@blueprint.errorhandler(StoreBusyError)
@blueprint.errorhandler(StoreError)
@blueprint.errorhandler(CaseError)
def _store(error: Exception) -> Response:
    log_store(error)
    return _error(503, str(text.BUSY))


@blueprint.errorhandler(Exception)
def _unexpected(error: Exception) -> Response:
    log_unexpected(error)
    return _error(500, gettext("Something went wrong here, and nothing was stored. Please send it once more."))


def _error(status: int, sentence: str) -> Response:
    form = spark.form_of(request.path)
    headers = retry_after(status)
    return Response(spark.error(form, status, sentence), status, headers, content_type=CONTENT_TYPES[form])
