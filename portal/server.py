"""One WSGI application: the published site at /, the portal at /portal/."""

import signal
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response
from whitenoise import WhiteNoise

from portal import create_app, journal, security
from portal.config import Config
from portal.metrics import Counted
from portal.state import portal_of
from surveys.soundness import require_kept

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ROOT_HEADERS = security.HEADERS | {"Cache-Control": "no-cache"}


class PublishedSite:
    """Serves the folder that a link points to, and notices when the link is swapped to a new release."""

    def __init__(self, link: Path) -> None:
        self._link = link
        self._release: str | None = None
        self._files: Any = None
        self._headers: dict[str, str] = {}
        self._not_found: dict[str, bytes] = {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer from the current release, or with its 404 page, the one of the address's folder (/en/) first."""
        release = _release(self._link)
        if release is None:
            start = _completed(start_response, _ROOT_HEADERS)
            return _text(503, "The site is not built yet: run `make run`.\n")(environ, start)
        if release != self._release:
            self._load(release)
        return cast(Iterable[bytes], self._files(environ, _completed(start_response, self._headers)))

    def _load(self, release: str) -> None:
        root = Path(release)
        asked = read_headers(root / "_headers")
        self._headers = _ROOT_HEADERS | asked.get("/*", {})
        self._not_found = {"": b"Not found\n"} | {
            page.parent.relative_to(root).as_posix().strip("."): page.read_bytes()
            for page in (*root.glob("404.html"), *root.glob("*/404.html"))
        }
        self._files = WhiteNoise(
            self._missing(),
            root=root,
            index_file=True,
            allow_all_origins=False,
            max_age=60,
            add_headers_function=partial(_own_headers, asked),
        )
        self._release = release

    def _missing(self) -> "WSGIApplication":
        pages = self._not_found

        def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            body = pages.get(environ["PATH_INFO"].split("/")[1], pages[""])
            return Response(body, 404, mimetype="text/html")(environ, start_response)

        return application


def _completed(start_response: "StartResponse", headers: dict[str, str]) -> "StartResponse":
    """Headers for every answer, the redirects and refusals included that WhiteNoise makes bare."""

    def start(status: str, found: list[tuple[str, str]], *rest: Any) -> Any:
        names = {name.lower() for name, _ in found}
        missing = [(name, value) for name, value in headers.items() if name.lower() not in names]
        return start_response(status, found + missing, *rest)

    return start


def _release(link: Path) -> str | None:
    try:
        target = link.parent / link.readlink()
    except OSError:
        target = link
    return str(target.absolute()) if target.is_dir() else None


def read_headers(path: Path) -> dict[str, dict[str, str]]:
    """What the site's `_headers` file asks for: headers by address, `/*` for every file."""
    blocks: dict[str, dict[str, str]] = {}
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    block: dict[str, str] = {}
    for line in lines:
        if line.startswith((" ", "\t")) and ":" in line:
            name, value = line.split(":", 1)
            block[name.strip()] = value.strip()
        elif line.strip():
            block = blocks.setdefault(line.strip(), {})
    return blocks


def _own_headers(asked: dict[str, dict[str, str]], sent: Any, _: str, address: str) -> None:
    """Put the headers that were asked for one file alone in place of the usual ones."""
    for name, value in asked.get(address, {}).items():
        sent[name] = value


def _text(status: int, text: str) -> Response:
    return Response(text, status, mimetype="text/plain")


def make_application(config: Config | None = None) -> "WSGIApplication":
    """Site and portal under one roof; settings from the environment unless given."""
    config = config or Config.from_environment()
    application: WSGIApplication = DispatcherMiddleware(
        PublishedSite(config.public), {"/portal": create_app(config).wsgi_app}
    )
    application = _strict_over_tls(application)
    if config.proxies:
        application = ProxyFix(application, x_for=config.proxies, x_proto=config.proxies)
    return Counted(application)


def try_application(config: Config) -> None:
    """Make it once, so that what is wrong stops the start, and keep nothing open.

    A worker is forked from this process: it would take the locks that SQLite has here for its own, and have none.
    """
    portal_of(create_app(config)).store.close()


def _strict_over_tls(application: "WSGIApplication") -> "WSGIApplication":
    strict = {"Strict-Transport-Security": security.STRICT_TRANSPORT}

    def over_tls(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        secure = environ["wsgi.url_scheme"] == "https"
        return application(environ, _completed(start_response, strict) if secure else start_response)

    return over_tls


def make_worker_application() -> "WSGIApplication":
    """The application inside a worker process.

    Ctrl-C reaches the whole process group, but only the main process may act on it: a worker that is told
    to stop twice never does (granian 2.8).
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    journal.install()
    config = Config.from_environment()
    require_kept(config.database)
    return make_application(config)
