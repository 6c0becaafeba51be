"""Take the screenshots of the README and of the handbook again, from the worked example and a made-up office."""

import io
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
from PIL import Image

from scripts.options import Command
from scripts.screenshot_list import DESK, SHOTS, Shot
from scripts.screenshot_office import TODAY, Office, make
from surveys.definition import LANGUAGES
from surveys.errors import HuiyinError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Page, Playwright

README = Path("site/screenshots")
CONTENT = Path("content")
DEFINITIONS = Path("surveys/definitions")
OFFICE = Path("build/screenshots")
COLOURS = 24
ROOTS = {"zh": "/", "en": "/en/"}
PUBLIC = Path("build/demo/public")
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
MARGIN = 12
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@click.command(cls=Command)
@click.option("--chromium", envvar="CHROMIUM", default="/usr/bin/chromium", show_default=True, help="The browser.")
@click.option("--only", multiple=True, metavar="NAME", help="One screenshot of the handbook; may be repeated.")
def main(chromium: str, only: tuple[str, ...]) -> None:
    """Take the screenshots of the README and of the handbook.

    Those of the README come from the worked example: run `python -m scripts.demo` first. Those of the handbook
    come from an office that is made up anew under build/screenshots, and from the site of the worked example.
    """
    if unknown := set(only) - {shot.name for shot in SHOTS}:
        raise HuiyinError(f"there is no screenshot '{min(unknown)}': see scripts/screenshot_list.py")
    with _playwright() as playwright:
        for language in LANGUAGES:
            with _browser(playwright, chromium, language) as browser:
                _handbook(browser, language, [shot for shot in SHOTS if not only or shot.name in only])
        if not only:
            with _browser(playwright, chromium, "zh") as browser:
                _readme(browser)


def place_of(shot: Shot, language: str, content: Path = CONTENT) -> Path:
    """The file of a screenshot of the handbook."""
    return content / language / "handbook/img" / f"{shot.name}.webp"


def _handbook(browser: "Browser", language: str, shots: list[Shot]) -> None:
    database = OFFICE / language / "huiyin.db"
    office = make(database, DEFINITIONS, language)
    with closing(office.store), _serving(database, DEFINITIONS, HUIYIN_TODAY=TODAY.isoformat()) as address:
        for shot in shots:
            path = place_of(shot, language)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(smaller(_take(browser, address, office, shot)))
            click.echo(f"{path}: {path.stat().st_size} bytes")


def _readme(browser: "Browser") -> None:
    README.mkdir(parents=True, exist_ok=True)
    demo = Path("build/demo")
    with _serving(demo / "form.db", DEFINITIONS) as address:
        _photograph(browser, address + "/portal/s/counter-service?unit=chengdong-hukou", "form", 360, 640)
    with _serving(demo / "huiyin.db", Path("surveys/examples/kcmo-resident-survey")) as address:
        _photograph(browser, address + "/reports/2021-08/#ratings", "report", 1280, 900)


def smaller(picture: bytes) -> bytes:
    """A PNG as a lossless WebP of few colours, which a page of text on white bears well."""
    with Image.open(io.BytesIO(picture)) as image:
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).convert("RGB")
        kept = io.BytesIO()
        few.save(kept, "WEBP", lossless=True, quality=100, method=6)
    return kept.getvalue()


@contextmanager
def _browser(playwright: "Playwright", chromium: str, language: str) -> "Iterator[Browser]":
    """A browser whose own words, as in a field for a day, are in the language if chromium-l10n is installed."""
    environment = {**os.environ, "LANGUAGE": LOCALES[language].replace("-", "_")}
    flags = [*FLAGS, f"--lang={LOCALES[language]}"]
    browser = playwright.chromium.launch(executable_path=chromium, args=flags, env=environment)  # type: ignore[arg-type]
    with closing(browser):
        yield browser


@contextmanager
def _playwright() -> "Iterator[Playwright]":
    """What drives the browser; HuiyinError if it is not installed, for serving needs none."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  (a test package)
    except ModuleNotFoundError as error:
        raise HuiyinError("Playwright is not installed: run make screenshots, which installs it") from error
    with sync_playwright() as playwright:
        yield playwright


def _take(browser: "Browser", address: str, office: Office, shot: Shot) -> bytes:
    """The part of the page that the screenshot keeps, as PNG."""
    locale = LOCALES[office.language]
    context = browser.new_context(
        viewport={"width": shot.width, "height": 900}, locale=locale, color_scheme="light", reduced_motion="reduce"
    )
    if shot.who:
        context.add_cookies(
            [{"name": "huiyin_staff", "value": office.tokens[shot.who], "domain": "127.0.0.1", "path": DESK}]
        )
    page = context.new_page()
    page.goto(address + (ROOTS[office.language] + shot.path if shot.site else office.named(shot.path)))
    _prepare(page, office, shot)
    box = page.locator(shot.part).first.bounding_box()
    if box is None:
        raise HuiyinError(
            f"the page of the screenshot '{shot.name}' has no '{shot.part}': mend scripts/screenshot_list.py"
        )
    left, top = max(box["x"] - MARGIN, 0), max(box["y"] - MARGIN, 0)
    right = min(box["x"] + box["width"] + MARGIN, shot.width)
    height = min(box["height"] + 2 * MARGIN, shot.height)
    clip: FloatRect = {"x": left, "y": top, "width": right - left, "height": height}
    picture = page.screenshot(full_page=True, clip=clip, animations="disabled")
    context.close()
    return picture


def _prepare(page: "Page", office: Office, shot: Shot) -> None:
    """Fold out, type, choose and tick what the screenshot shows."""
    for selector in shot.opened:
        page.locator(selector).evaluate("one => { one.open = true; }")
    for selector, text in shot.typed.items():
        page.fill(selector, office.named(text[office.language]))
    for selector, value in shot.chosen.items():
        page.select_option(selector, value)
    for name in shot.ticked:
        page.check(f"input[name=case][value^='{office.places[name]}']")
    if shot.pressed:
        page.click(shot.pressed)
        page.wait_for_load_state()
    if shot.awaited:
        page.locator(shot.awaited).first.wait_for()
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


def _photograph(browser: "Browser", address: str, name: str, width: int, height: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN", color_scheme="light")
    page.goto(address)
    page.screenshot(path=README / f"{name}.png")
    page.close()
    click.echo(str(README / f"{name}.png"))


@contextmanager
def _serving(database: Path, definitions: Path, **more: str) -> Iterator[str]:
    """A server on a free port, with the demonstration's site."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "PORT": str(port),
        "HUIYIN_DATABASE": str(database),
        "HUIYIN_PUBLIC": str(PUBLIC),
        "HUIYIN_DEFINITIONS": str(definitions),
        **more,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "portal"], env={**os.environ, **settings}, stdout=subprocess.DEVNULL
    )
    try:
        yield _answering(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(timeout=20)


def _answering(address: str) -> str:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with suppress(OSError):
            urllib.request.urlopen(address + "/portal/", timeout=5).close()  # noqa: S310  (our own address)
            return address
        time.sleep(0.1)
    raise click.ClickException("the server did not answer within 30 s")


if __name__ == "__main__":
    main()
