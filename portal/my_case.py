"""The resident's side of a case: number and secret open its page, and each thing she can do there is one post.

There is no session. Both codes travel as hidden fields of the page's own forms and stand in no address, so a
post is answered by the page itself, without a redirect; the same post again does nothing twice.
"""

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal import case_erasing, case_text, pointing, text
from portal.case_page import case_page
from portal.case_text import Offer
from portal.errors import log_store, retry_after
from portal.forms import CaseForm, first_errors
from portal.photo_links import link_to
from portal.state import Portal, portal
from surveys import cases, codes, feeds
from surveys.danger import tells_of_danger
from surveys.errors import CaseError, ConflictError, StoreBusyError, StoreError
from surveys.responses import clean_text, has_words, printable

blueprint = Blueprint("my_case", __name__)
_ANSWERS = ("yes", "no")


@dataclass(frozen=True)
class Typed:
    """What came with an act: her words, her ticks, and the newest event that the page showed her."""

    text: str = ""
    satisfied: str = ""
    ticked: bool = False
    sure: bool = False
    as_it_is: bool = False
    photos: tuple[int, ...] = ()
    parts: tuple[str, ...] = ()
    sequence: int = 0

    @classmethod
    def read(cls, sent: "MultiDict[str, str]") -> "Typed":
        """From the form as it was sent; a sequence that is no number is one that never was."""
        number, satisfied = sent.get("sequence", ""), sent.get("satisfied", "")
        return cls(
            text=printable(sent.get("text", "")),
            satisfied=satisfied if satisfied in _ANSWERS else "",
            ticked="tick" in sent,
            sure="sure" in sent,
            as_it_is="as_it_is" in sent,
            photos=tuple(sorted({int(place) for place in sent.getlist("photo") if re.fullmatch("[1-9]", place)})),
            parts=tuple(part for part in case_erasing.PARTS if part in sent.getlist("part")),
            sequence=int(number) if re.fullmatch(r"[0-9]{1,6}", number) else 0,
        )


@dataclass(frozen=True)
class Said:
    """What a page says about the last post: an error with its status, what was done, or what is asked once more.

    `point` is that numbers of a person are in her words, `feed` the address of a feed that was made just now.
    """

    message: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    done: str = ""
    ask: bool = False
    point: bool = False
    feed: str = ""


@blueprint.get("/case")
def case_form() -> ResponseReturnValue:
    """Where number and secret are typed in."""
    return render_template("case_form.html", form=CaseForm(), errors={})


@blueprint.post("/case")
def case() -> ResponseReturnValue:
    """The case that number and secret open; a mistyped digit costs no try."""
    here, form = portal(), CaseForm(request.form)
    found = opened(here, form)
    return page(here, form, found, Said()) if isinstance(found, cases.Case) else codes_page(form, found)


@blueprint.post("/case/<address>")
def act(address: str) -> ResponseReturnValue:
    """Do one of the things that the page offers, and show the case as it then stands."""
    here, form, typed = portal(), CaseForm(request.form), Typed.read(request.form)
    offer = case_text.BY_ADDRESS.get(address) or abort(404)
    found = opened(here, form)
    if not isinstance(found, cases.Case):
        return codes_page(form, found, offer, typed)
    said = _checked(here, found, offer, typed) or _done(here, found, offer, typed)
    fresh = look_up(here, form) or found
    return page(here, form, fresh, said, offer, typed)


def look_up(here: Portal, form: CaseForm) -> cases.Case | None:
    """The case as it is now, which number and secret opened a moment ago."""
    return cases.look_up(here.store, here.keys, form.number.data or "", form.secret.data or "")


def opened(here: Portal, form: CaseForm) -> cases.Case | Said:
    """The case, or why number and secret do not open it."""
    if not form.validate():
        return Said(errors=first_errors(form), status=422)
    # Right codes open the case although its network is slowed down: one stranger in a hall shuts out nobody else.
    # No guesser gains by it: at 19 free digits he would have to be right once in ten million million million tries.
    if found := look_up(here, form):
        return found
    if not here.guesses_limit.allows(request.remote_addr):
        return Said(str(text.TOO_MANY_TRIES), status=429)
    return Said(errors={"number": str(text.NO_SUCH_CASE)}, status=422)


def _checked(here: Portal, case: cases.Case, offer: Offer, typed: Typed) -> Said | None:
    """What stands against the act, or has been done by it already; None if it can be done."""
    if _is_done(case, offer, typed):
        return _thanks()
    if typed.sequence != case.standing.sequence:
        return Said(str(case_text.MOVED_ON), status=409)
    if offer.kind not in cases.acts(case, cases.resident(case.number), here.today()):
        return Said(str(case_text.NOT_NOW), status=409)
    if faults := _faults(case, offer, typed):
        return Said(errors=faults, status=422)
    if offer.asks in ("sure", "parts"):
        return None if typed.sure else Said(ask=True)
    return Said(point=True) if not typed.as_it_is and pointing.kinds(_pieces(offer, typed)) else None


def _pieces(offer: Offer | None, typed: Typed | None) -> pointing.Pieces:
    """What is sent of her words, with the numbers of a person apart."""
    return pointing.pieces(typed.text) if offer and typed and offer.words != "none" else ()


def _is_done(case: cases.Case, offer: Offer, typed: Typed) -> bool:
    """Whether this very post came before: twice clicked, or the page loaded anew."""
    if not 0 < typed.sequence < len(case.events):
        return False
    event = case.events[typed.sequence]
    if offer.kind == "consented" and event.data.get("photos", "") != _listed(typed.photos):
        return False
    if offer.kind == "erased" and event.data.get("parts", "") != _listed(typed.parts):
        return False
    return (event.role, event.kind, event.text or "") == ("resident", offer.kind, clean_text(typed.text))


def _listed(ticked: Iterable[object]) -> str:
    return ",".join(map(str, ticked))


def _faults(case: cases.Case, offer: Offer, typed: Typed) -> dict[str, str]:
    words, place = clean_text(typed.text), f"{offer.address}-text"
    if offer.asks == "tick" and not typed.ticked:
        return {f"{offer.address}-tick": str(case_text.TICK)}
    if offer.asks == "parts" and not (typed.parts and set(typed.parts) <= set(case.standing.erasable)):
        return {f"{offer.address}-parts": str(case_erasing.CHOOSE)}
    if offer.words == "must" and not has_words(words):
        return {place: str(case_text.WRITE_WORDS)}
    return {place: text.too_long(cases.TEXT_LIMIT)} if len(words) > cases.TEXT_LIMIT else {}


def _done(here: Portal, case: cases.Case, offer: Offer, typed: Typed) -> Said:
    if not here.cases_limit.allows(request.remote_addr):
        return Said(str(text.TOO_MANY), status=429)
    her, wanted = cases.resident(case.number), cases.Act(offer.kind, *_carried(case, offer, typed))
    try:
        cases.act(here.store, here.definitions, case.number, her, wanted, here.today(), expected=typed.sequence)
    except ConflictError:
        fresh = cases.find(here.store, case.number, her)
        return _thanks() if fresh and _is_done(fresh, offer, typed) else Said(str(case_text.MOVED_ON), status=409)
    except CaseError:
        return Said(str(case_text.NOT_NOW), status=409)
    except (StoreBusyError, StoreError) as error:
        log_store(error)
        return Said(str(text.BUSY), status=503)
    return _thanks()


def _thanks() -> Said:
    return Said(done=str(case_text.DONE))


def _carried(case: cases.Case, offer: Offer, typed: Typed) -> tuple[str, dict[str, str]]:
    """The words and the data of the act, as far as the offer asks for them."""
    words = typed.text if offer.words != "none" else ""
    if offer.asks == "summary":
        ticked = _listed(typed.photos) if offer.kind == "consented" else ""
        return words, {"summary": str(case.standing.summary), "photos": ticked}
    if offer.asks == "parts":
        return "", {"parts": _listed(typed.parts)}
    if offer.asks == "satisfied" and typed.satisfied:
        return words, {"satisfied": typed.satisfied}
    return words, {}


def codes_page(
    form: CaseForm, shut: Said, offer: Offer | None = None, typed: Typed | None = None
) -> ResponseReturnValue:
    """The codes are asked for again; an act that came with them waits in the form and is sent with it."""
    shown = render_template(
        "case_form.html", form=form, errors=shut.errors, message=shut.message, offer=offer, typed=typed
    )
    return shown, shut.status, retry_after(shut.status)


def page(
    here: Portal,
    form: CaseForm,
    case: cases.Case,
    said: Said,
    offer: Offer | None = None,
    typed: Typed | None = None,
) -> ResponseReturnValue:
    """The page of a case with what is said about the last post; an act that was not done keeps what was typed."""
    links = {place: link_to(here, case.number, place) for place in case.standing.kept_photos}
    shown = case_page(here.definitions, case, cases.joined_to(here.store, case), here.today(), links)
    pieces = _pieces(offer, typed) if said.ask or said.point else ()
    page = render_template(
        "case.html",
        page=shown,
        said=said,
        offer=offer,
        typed=None if said.done else typed,
        erasing=case_erasing.told(case, typed.parts) if said.ask and typed and typed.parts else None,
        part_text=case_erasing.part_text,
        danger=typed is not None and tells_of_danger(typed.text),
        pieces=pieces,
        personal=[words for kind, words in text.PERSONAL_HERE.items() if kind in pointing.kinds(pieces)],
        feed_offered="texts" not in case.standing.purged,
        feed_now=feeds.state(here.store, case.number),
        feed_nonce=secrets.token_urlsafe(16),
        secret=form.secret.data,
        grouped=codes.grouped,
        text_limit=cases.TEXT_LIMIT,
    )
    return page, said.status, retry_after(said.status)
