"""The portal as an app on a device: what it keeps there, and the pages of answers that wait to be sent."""

import hashlib
import json
from base64 import b64encode
from functools import lru_cache
from pathlib import Path
from typing import get_args

from flask import Blueprint, Response, abort, current_app, jsonify, render_template, url_for
from flask_babel import gettext

from portal import text
from portal.language import current, names, tag
from portal.state import portal
from surveys import queue_file
from surveys.definition import Kind

blueprint = Blueprint("offline", __name__)
# The worker fetches in its own name, so that it needs a policy of its own.
_WORKER_POLICY = (
    "default-src 'none'; connect-src 'self'; script-src 'self'; "
    "object-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_KEPT = (
    "portal.css", "app.css", "display.js", "start.js", "queue.js", "offline.js", "waiting.js", "card.js",
    "kiosk.css", "kiosk.js", "favicon.svg", "app-192.png", "app-512.png",
)  # fmt: skip
"""The static files that kept pages load."""


@blueprint.get("/waiting")
def waiting() -> str:
    """What waits on this device, what was sent from it, and which forms are kept; the script fills it in."""
    return _waiting_page()


def _waiting_page() -> str:
    public = b64encode(queue_file.public_key(portal().keys)).decode()
    return render_template("waiting.html", public_key=public)


@blueprint.get("/take")
def choose() -> str:
    """The units whose forms can be taken along."""
    here = portal()
    today = here.today()
    return render_template(
        "take_units.html", units=[one for one in here.definitions.units.values() if one.is_open(today)]
    )


@blueprint.get("/take/<unit>")
def take(unit: str) -> str:
    """The surveys of a unit, to be kept on the device."""
    here = portal()
    today = here.today()
    found = here.definitions.units.get(unit)
    if found is None or not found.is_open(today):
        abort(404)
    surveys = [one for one in here.definitions.open_surveys(today) if found.kind in one.unit_kinds]
    return render_template("take.html", unit=found, surveys=surveys)


@blueprint.get("/words.json")
def words() -> Response:
    """What the scripts say on forms and lists, in the language of the page."""
    return jsonify(
        copy=gettext(
            "This form is the copy on your device. What you answer here waits on it until there is a network."
        ),
        unkept=gettext(
            "This browser could not keep your answers. They are still in the form: send them with a network."
        ),
        waiting=gettext("Waiting on this device to be sent:"),
        list=gettext("See the list"),
        needed={kind: text.needed(kind) for kind in get_args(Kind)},
        most=gettext("Choose at most %(limit)s", limit="{n}"),
    )


@blueprint.get("/worker.js")
def worker() -> Response:
    """The service worker of the portal, with what it keeps from the start written in front."""
    source = (_static() / "worker.js").read_text(encoding="utf-8")
    pages = [url_for("public.home"), url_for(".waiting")]
    kept = {
        "version": _version(),
        "base": pages[0],
        "pages": pages,
        "languages": list(names()),
        "files": [url_for("static", filename=name) for name in _KEPT]
        + [f"{url_for('.words', lang=None).partition('?')[0]}?lang={language}" for language in names()],
    }
    response = Response(f"var KEPT = {json.dumps(kept)};\n{source}", mimetype="text/javascript")
    response.headers["Content-Security-Policy"] = _WORKER_POLICY
    response.headers["Cache-Control"] = "no-cache"
    return response


def _static() -> Path:
    return Path(current_app.static_folder or "")


@lru_cache(maxsize=4)
def _version_of(folder: Path) -> str:
    """Another one whenever a file that is kept, a page or its words are others."""
    catalogues = sorted((folder.parent / "translations").glob("*/LC_MESSAGES/messages.mo"))
    pages = sorted((folder.parent / "templates").glob("*.html"))
    files = [*(folder / name for name in (*_KEPT, "worker.js")), *pages, *catalogues]
    return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)).hexdigest()[:16]


def _version() -> str:
    return _version_of(_static())


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    """What a phone needs to show the portal among its apps, in the language of the page that asks."""
    icons = [
        {
            "src": url_for("static", filename=f"app-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": use,
        }
        for size in (192, 512)
        for use in ("any", "maskable")
    ]
    response = jsonify(
        id=url_for("public.home"),
        name=gettext("Huiyin: rate or suggest"),
        short_name=gettext("Huiyin"),
        lang=tag(current()),
        start_url=url_for("public.home"),
        scope=url_for("public.home", lang=None).split("?", maxsplit=1)[0],
        display="standalone",
        background_color="#faf9f5",
        theme_color="#0b5563",
        icons=[*icons, {"src": url_for("static", filename="app.svg"), "sizes": "any", "type": "image/svg+xml"}],
    )
    response.mimetype = "application/manifest+json"
    return response
