"""Take the screenshots of the README: a survey form on a phone, and the report of the worked example."""

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

from scripts.options import Command
from surveys.errors import HuiyinError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

SHOTS = Path("site/screenshots")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@click.command(cls=Command)
@click.option("--chromium", envvar="CHROMIUM", default="/usr/bin/chromium", show_default=True, help="The browser.")
def main(chromium: str) -> None:
    """Take the README's screenshots from the worked example; run `python -m scripts.demo` first."""
    with _playwright() as playwright:
        SHOTS.mkdir(parents=True, exist_ok=True)
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        with _serving("build/demo/form.db", "surveys/definitions") as address:
            _take(browser, address + "/portal/s/counter-service?unit=chengdong-hukou", "form", 360, 640)
        with _serving("build/demo/huiyin.db", "surveys/examples/kcmo-resident-survey") as address:
            _take(browser, address + "/reports/2021-08/", "report", 1000, 820)
        browser.close()
    click.echo(f"{SHOTS}: {', '.join(sorted(path.name for path in SHOTS.glob('*.png')))}")


@contextmanager
def _playwright() -> "Iterator[Playwright]":
    """What drives the browser; HuiyinError if it is not installed, for serving needs none."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  (a test package)
    except ModuleNotFoundError as error:
        raise HuiyinError("Playwright is not installed: run make screenshots, which installs it") from error
    with sync_playwright() as playwright:
        yield playwright


def _take(browser: "Browser", address: str, name: str, width: int, height: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN", color_scheme="light")
    page.goto(address)
    page.screenshot(path=SHOTS / f"{name}.png")
    page.close()


@contextmanager
def _serving(database: str, definitions: str) -> Iterator[str]:
    """A server on a free port, with the demonstration's site."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "PORT": str(port),
        "HUIYIN_DATABASE": database,
        "HUIYIN_PUBLIC": "build/demo/public",
        "HUIYIN_DEFINITIONS": definitions,
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
