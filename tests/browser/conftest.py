"""A real Chromium, and the built site served over HTTP with the headers that it asks for."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

expect.set_options(timeout=30_000)  # a busy machine may take more than the five seconds that are usual

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without its windows, which takes a third less of a processor; CHROMIUM names another."""
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium-headless-shell")
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


def read_headers(folder: Path, path: str) -> list[tuple[str, str]]:
    """The headers that `_headers` sets for the file at `path`."""
    found, block = [], ""
    for line in (folder / "_headers").read_text(encoding="utf-8").splitlines():
        if not line.startswith(" "):
            block = line
        elif block in ("/*", path):
            name, _, value = line.partition(":")
            found.append((name.strip(), value.strip()))
    return found


class SiteHandler(SimpleHTTPRequestHandler):
    """Serves the site's files with its own headers and its own page for what is missing."""

    protocol_version = "HTTP/1.1"

    def end_headers(self) -> None:
        for name, value in read_headers(Path(self.directory), self.path):
            self.send_header(name, value)
        super().end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        folder = Path(self.directory)
        body = (folder / "en/404.html" if self.path.startswith("/en/") else folder / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def site_url(built_site: Path) -> Iterator[str]:
    """The address of a small server that gives out the built site."""
    with serve(built_site) as address:
        yield address


@contextmanager
def serve(site: Path) -> Iterator[str]:
    """A small server that gives out a built site; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SiteHandler, directory=str(site)))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Open a browser context with the given options; all are closed after the test."""
    opened: list[BrowserContext] = []

    def open_context(**options: Any) -> BrowserContext:
        opened.append(browser.new_context(**options))
        return opened[-1]

    yield open_context
    for one in opened:
        one.close()


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[Page]:
    """One page for many tests, which keeps no choice: a new one for each costs more than what is looked at."""
    with browser.new_context(locale="zh-CN", service_workers="block") as opened:
        opened.add_init_script("localStorage.clear()")
        yield opened.new_page()


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules that look at colours: nothing else of a page changes with its scheme."""
_TOO_SMALL = """targets => targets.filter(one => {
    const box = one.getBoundingClientRect();
    const isShown = box.width > 0 && box.height > 0 && getComputedStyle(one).visibility !== "hidden";
    return isShown && box.height < 44 && !one.closest(".honeypot");
}).map(one => one.outerHTML)"""


FORM_KEPT = """async () =>
  (await caches.has("huiyin.portal.forms")) && (await (await caches.open("huiyin.portal.forms")).keys()).length > 0"""


def until(page: Page, promise: str) -> None:
    """Wait until what a function of the page promises is true; Playwright's own wait takes the promise for that."""
    end = time.monotonic() + 30
    while not page.evaluate(promise):
        assert time.monotonic() < end, promise
        page.wait_for_timeout(50)


def violations(page: Page, only: list[str] | None = None) -> list[str]:
    """What axe finds in the page by all rules, or by those that are named."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    rules = {"type": "rule", "values": only} if only else {"type": "tag", "values": RULES}
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(options).then(results => results.violations)", options)
    return [f"{one['id']}: {[node['html'][:200] for node in one['nodes']]}" for one in found]


def too_small(page: Page, selector: str) -> list[str]:
    """The shown targets that are lower than a finger wants them, 44 pixels."""
    found: list[str] = page.locator(selector).evaluate_all(_TOO_SMALL)
    return found
