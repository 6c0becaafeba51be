"""Signing in at the desk, and what stands before each of its pages: a session, and a role that the page is for.

The session's token lies in a cookie that only the desk's addresses are sent. Residents' pages know nothing of it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from threading import BoundedSemaphore
from typing import Literal

from flask import Blueprint, Flask, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal import desk_text, office_text
from portal.errors import retry_after
from portal.forms import as_shown
from portal.state import portal
from portal.text import BUSY
from surveys import cases, devices, paper, sessions
from surveys.accounts import Guard, standings
from surveys.duties import CASE_ROLES, ROLES, TEMPLATE_ROLES, UNIT_ROLES, Role
from surveys.errors import SignInError, StaffError, ThrottledError
from surveys.responses import printable
from surveys.sessions import Session

blueprint = Blueprint("accounts", __name__, url_prefix="/staff")
COOKIE = "huiyin_staff"
DEVICE = "huiyin_device"
_AT_ONCE = BoundedSemaphore(8)
"""Sign-ins that wait for their password to be tried, two at a time; a flood of them leaves threads to residents."""
DEVICE_DAYS = 90
"""How long a browser is known after a sign-in; what strangers try elsewhere does not hold it up."""
_READERS: frozenset[Role] = frozenset((*CASE_ROLES, "publisher", "auditor"))
ACCESS: Mapping[str, frozenset[Role] | None] = {
    "accounts.password": None,
    "accounts.change_password": None,
    "accounts.sign_out_everywhere": None,
    "accounts.sign_out": None,
    "staff.today": frozenset(ROLES),
    "staff.one_list": _READERS - {"publisher"},
    "staff.browse": _READERS,
    "staff.find": _READERS,
    "desk.case": _READERS,
    "desk_photos.show": _READERS - {"auditor"},
    "desk.act": _READERS - {"auditor"},
    "desk.contact": frozenset(("reviewer", "handler")),
    "desk.callbacks": frozenset(("reviewer",)),
    "on_behalf.new": frozenset(("intake",)),
    "on_behalf.take": frozenset(("intake",)),
    "several.act": frozenset(("intake",)),
    "several.outcome": frozenset(("intake",)),
    **dict.fromkeys(
        (
            "templates.listing",
            "templates.new",
            "templates.add",
            "templates.one",
            "templates.change",
            "templates.remove",
        ),
        frozenset(TEMPLATE_ROLES),
    ),
    "trail.listing": frozenset(("auditor",)),
    "trail.export": frozenset(("auditor",)),
    "contacts.listing": frozenset(("reviewer",)),
    "contacts.hand": frozenset(("reviewer",)),
    "contacts.share": frozenset(("reviewer",)),
    **dict.fromkeys(
        ("people.listing", "people.add", "people.one", "people.reset", "people.roles", "people.disable"),
        frozenset(("admin",)),
    ),
    "people.enable": frozenset(("admin",)),
    "people.end_sessions": frozenset(("admin",)),
    "surveys_desk.overview": frozenset(("publisher", "reviewer")),
    "surveys_desk.one": frozenset(("publisher", "reviewer")),
    "surveys_desk.preview": frozenset(("publisher", "reviewer")),
    "surveys_desk.sheets": frozenset(("publisher", "reviewer")),
    "surveys_desk.picture": frozenset(("publisher", "reviewer")),
    "surveys_desk.ask": frozenset(("publisher",)),
    "surveys_desk.decide": frozenset(("publisher",)),
    **dict.fromkeys(
        ("exclusions.listing", "exclusions.day", "exclusions.one"), frozenset(("publisher", "reviewer", "auditor"))
    ),
    "exclusions.propose": frozenset(("publisher",)),
    "exclusions.decide": frozenset(("reviewer",)),
    "themes.listing": frozenset(("publisher", "auditor")),
    "themes.texts": frozenset(("publisher",)),
    "themes.code": frozenset(("publisher",)),
    "pages_desk.listing": frozenset(("publisher",)),
    **dict.fromkeys(("kiosk_desk.listing", "kiosk_desk.give"), frozenset(("admin",))),
    **dict.fromkeys(
        ("paper.listing", "paper.begin", "paper.one", "paper.sheet", "paper.key", "paper.act"),
        frozenset(paper.ROLES),
    ),
    **dict.fromkeys(("phone.listing", "phone.call", "phone.take"), frozenset(paper.ROLES)),
}
"""Which roles an address of the desk is for; None is everyone who has signed in, and one not listed is nobody's."""
KeyState = Literal["held", "shared", "none"]
_OPEN = ("accounts.sign_in", "accounts.begin")


def install(app: Flask) -> None:
    """Put the guard before every address of the desk."""
    app.before_request(require)
    app.context_processor(_shown)
    app.register_blueprint(blueprint)


def guard() -> Guard:
    """What the accounts are checked against."""
    here = portal()
    return Guard(here.store, here.keys)


def now() -> datetime:
    """The moment, by which sessions end and the audit is dated."""
    return datetime.now(UTC)


def session() -> Session:
    """The session of this request, which `require` let in."""
    found: Session = g.session
    return found


def key_state() -> KeyState:
    """Whether this session opens contacts, would after signing in again, or its account has no key yet."""
    try:
        session().contact_key()
    except StaffError:
        mine, every = session().account.id, standings(portal().store)
        return "shared" if any(one.account.id == mine and one.opens_contacts for one in every) else "none"
    return "held"


def actors() -> tuple[cases.Actor, ...]:
    """The account in each of its roles at cases, those that see most first.

    A unit that was taken out of units.yaml leaves its handlers and reviewers without cases, and breaks no page.
    """
    order: tuple[Role, ...] = ("intake", "reviewer", "handler", "publisher", "auditor")
    account, rules = session().account, portal().definitions
    unit = account.post.unit if account.post.unit in rules.units else None
    mine = (role for role in order if role in session().roles and (unit or role not in UNIT_ROLES))
    return tuple(cases.staff(rules, role, account.id, unit) for role in mine)


def require() -> ResponseReturnValue | None:
    """Before each request to the desk: sign in first, change a one-time password, keep to your role."""
    rule = request.url_rule
    if rule is None or not rule.rule.startswith("/staff") or request.endpoint in _OPEN:
        return None
    token = _brought(COOKIE) or ""
    found = sessions.resume(guard(), token, now()) if token else None
    if found is None:
        return _signed_out()
    g.session = found
    wanted = ACCESS.get(request.endpoint or "", frozenset())
    if wanted is None:
        return None
    if found.must_change:
        return redirect(url_for("accounts.password"), 303)
    return None if found.roles & wanted else refused()


def _signed_out() -> ResponseReturnValue:
    """Back to the sign-in; what was being sent is shown, for a session may end while somebody writes."""
    if request.method == "GET":
        return redirect(url_for("accounts.sign_in"), 303)
    kept = [text for name, text in as_shown(request.form).items() if name == "text" and text.strip()]
    return _sign_in_page(str(desk_text.SESSION_ENDED), 401, kept)


def refused() -> ResponseReturnValue:
    """The page that says that it is not for this role."""
    return render_template("staff/refused.html", message=str(desk_text.NOT_YOUR_ROLE)), 403


def _shown() -> dict[str, object]:
    found = g.get("session")
    roles = found.roles if found else frozenset()
    pages = {page for page, wanted in ACCESS.items() if wanted and wanted & roles}
    return {"me": found.account if found else None, "my_roles": roles, "my_pages": pages}


def _sign_in_page(message: str = "", status: int = 200, kept: list[str] | None = None) -> tuple[str, int]:
    name = printable(request.form.get("name", ""))[:100]
    return render_template("staff/sign_in.html", message=message, name=name, kept=kept or []), status


@blueprint.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Name, password and second factor, on one page."""
    return _sign_in_page()


@blueprint.post("/sign-in")
def begin() -> ResponseReturnValue:
    """Begin a session; what does not fit is never said. Wrong tries are counted by address too."""
    form, limit = request.form, portal().sign_in_limit
    if not limit.allows(request.remote_addr, count=False):
        return *_sign_in_page(str(office_text.TOO_MANY_WRONG), 429), retry_after(429)
    given = (form.get("name", ""), form.get("password", ""), form.get("code", ""))
    if not _AT_ONCE.acquire(blocking=False):
        return *_sign_in_page(str(BUSY), 503), retry_after(503)
    try:
        brought = sessions.Brought(_brought(COOKIE), _brought(DEVICE))
        begun = sessions.sign_in(guard(), *given, now(), brought)
    except ThrottledError as error:
        return *_sign_in_page(desk_text.throttled(error.seconds), 429), {"Retry-After": str(error.seconds)}
    except SignInError:
        limit.allows(request.remote_addr)
        return _sign_in_page(str(desk_text.SIGN_IN_REFUSED), 422)
    finally:
        _AT_ONCE.release()
    answer = _with_cookie(redirect(url_for("staff.today"), 303), begun.token)
    _set(answer, DEVICE, devices.new_mark(guard().keys, begun.account.name), DEVICE_DAYS * 86400)
    return answer


def _with_cookie(answer: Response, token: str) -> Response:
    _set(answer, COOKIE, token)
    return answer


def _set(answer: Response, name: str, value: str, seconds: int | None = None) -> None:
    """A cookie that only the desk's addresses are sent."""
    path = f"{request.script_root}/staff"
    secure = request.is_secure
    answer.set_cookie(_named(name), value, max_age=seconds, path=path, secure=secure, httponly=True, samesite="Strict")


def _named(cookie: str) -> str:
    """Over TLS a name that browsers take from a secure answer alone, so that nobody on the way can set it."""
    return f"__Secure-{cookie}" if request.is_secure else cookie


def _brought(cookie: str) -> str | None:
    """The one value of a cookie; of two, one was put there by a neighbouring name of the site, and none is taken."""
    found = request.cookies.getlist(_named(cookie))
    return found[0] if len(found) == 1 else None


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session."""
    sessions.sign_out(guard(), session(), now())
    return _signed_off()


def _signed_off() -> Response:
    answer = redirect(url_for("accounts.sign_in"), 303)
    path, secure = f"{request.script_root}/staff", request.is_secure
    answer.delete_cookie(_named(COOKIE), path=path, secure=secure, httponly=True, samesite="Strict")
    return answer


@blueprint.post("/sign-out-everywhere")
def sign_out_everywhere() -> ResponseReturnValue:
    """End every session of one's own, wherever it is open."""
    try:
        sessions.sign_out_everywhere(guard(), session(), request.form.get("password", ""), now())
    except ThrottledError as error:
        return _password_again(desk_text.throttled(error.seconds), 429)
    except SignInError:
        return _password_again(str(desk_text.OLD_PASSWORD_WRONG))
    return _signed_off()


@blueprint.get("/password")
def password() -> ResponseReturnValue:
    """Where one's own password is changed."""
    return _password_page("")


@blueprint.post("/password")
def change_password() -> ResponseReturnValue:
    """Change one's own password and go on in a new session."""
    form = request.form
    old, new = form.get("old", ""), form.get("new", "")
    try:
        if new != form.get("again", ""):
            return _password_again(str(desk_text.PASSWORDS_DIFFER))
        begun = sessions.change_password(guard(), session(), old, new, now())
    except ThrottledError as error:
        return _password_again(desk_text.throttled(error.seconds), 429)
    except SignInError:
        return _password_again(str(desk_text.OLD_PASSWORD_WRONG))
    except StaffError:
        return _password_again(str(desk_text.PASSWORD_WEAK))
    return _with_cookie(redirect(url_for("staff.today"), 303), begun.token)


def _password_again(message: str, status: int = 422) -> ResponseReturnValue:
    return _password_page(message), status


def _password_page(message: str) -> str:
    must_change, since = session().must_change, sessions.open_since(guard(), session(), now())
    return render_template("staff/password.html", must_change=must_change, message=message, since=since)
