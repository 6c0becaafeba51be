"""The whole loop in a browser: guide, survey, receipt; then tally, publish, and the report page, both languages."""

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from scripts.build_site import build_site
from tests.browser.conftest import violations
from tests.serving import ROOT, Running, serving
from tests.site_building import copy_some

GUIDE = {"zh": "/guides/verification-code/", "en": "/en/guides/verification-code/"}
REPORT = {"zh": "/reports/2026-10/", "en": "/en/reports/2026-10/"}
CODEBOOK = {"zh": "/reports/codebook/", "en": "/en/reports/codebook/"}
SHARE = {"zh": "非常满意", "en": "Very satisfied"}


def run(folder: Path, *command: str) -> str:
    environment = {**os.environ, "HUIYIN_DATABASE": str(folder / "huiyin.db")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def answer(page: Page, base: str, lang: str, level: int) -> None:
    """From a guide to the receipt, by following links as a resident does."""
    page.goto(base + GUIDE[lang])
    page.locator("a[href^='/portal/']").first.click()
    page.locator("main a[href*='/s/counter-service']").click()
    page.locator("main a[href*='unit=chengdong-hukou']").click()
    page.locator(f"input[name=overall][value='{level}']").check()
    page.locator("main form button").first.click()
    expect(page.locator("h1")).to_have_text({"zh": "谢谢，已经计入", "en": "Thank you, it is counted"}[lang])


def answers_by_hand(server: Running, levels: list[int]) -> None:
    """Many more residents, without the browser."""
    from tests.portal.conftest import token_in

    address = "/portal/s/counter-service?unit=chengdong-hukou"
    for level in levels:
        token = token_in(server.ask("GET", address)[2].decode())
        assert server.ask("POST", address, {"_token": token, "overall": level})[0] == 303


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office")
    build_site(copy_some(folder / "content"), folder / "public")
    return folder


def test_from_guide_to_published_report(folder: Path, context: Callable[..., BrowserContext]) -> None:
    month = {"HUIYIN_TODAY": "2026-10-20"}
    with serving(folder, HUIYIN_PUBLIC=str(folder / "public"), **month) as server:
        base = f"http://127.0.0.1:{server.port}"
        for lang, scripts, width in (("zh", True, 360), ("zh", False, 1280), ("en", True, 1280), ("en", False, 360)):
            size, locale = {"width": width, "height": 740}, {"zh": "zh-CN", "en": "en-GB"}[lang]
            opened = context(java_script_enabled=scripts, viewport=size, locale=locale)
            answer(opened.new_page(), base, lang, 5 if scripts else 2)
            assert opened.cookies() == []
        answers_by_hand(server, [4] * 20 + [1] * 6 + [5] * 2 + [2] * 2)
        publish(folder)
        for lang, locale, scheme in (("zh", "zh-CN", "dark"), ("en", "en-GB", "light")):
            page = context(color_scheme=scheme, locale=locale, viewport={"width": 360, "height": 740}).new_page()
            messages: list[str] = []
            page.on("console", partial(note, messages))
            page.goto(base + REPORT[lang])
            check_report(page, lang)
            page.goto(base + CODEBOOK[lang])
            check_codebook(page)
            assert messages == []


def note(messages: list[str], message: ConsoleMessage) -> None:
    messages.append(message.text)


def publish(folder: Path) -> None:
    """What a clerk does on the first of the next month, twice: the second time changes no byte."""
    command = ["--period", "2026-10", "--content", str(folder / "content"), "--output", str(folder / "public")]
    run(folder, "scripts.tally", "--period", "2026-10", "--out", str(folder / "out"))
    with (folder / "out/ratings.csv").open(encoding="utf-8") as file:
        rows = {(row["survey"], row["question"], row["unit"]): row for row in csv.DictReader(file)}
    row = rows["counter-service", "overall", "all"]
    levels = [row[f"n_{level}"] for level in range(1, 6)]
    assert levels == ["6", "4", "0", "20", "4"]
    assert (row["n"], row["satisfied"], row["status"]) == ("34", "0.705882", "shown")
    run(folder, "scripts.publish", *command)
    before = tree(folder)
    run(folder, "scripts.publish", *command)
    assert tree(folder) == before


def tree(folder: Path) -> dict[str, bytes]:
    roots = [folder / "content", (folder / "public").resolve()]
    return {
        str(path.relative_to(root)): path.read_bytes() for root in roots for path in root.rglob("*") if path.is_file()
    }


def check_report(page: Page, lang: str) -> None:
    expect(page.locator("main h1")).to_be_visible()
    text = page.locator("main").inner_text()
    for part in ("34", "71%", SHARE[lang]):
        assert part in text, part
    assert page.locator("main svg").count() > 0
    assert page.locator("a[href$='ratings.csv']").count() > 0
    check_axe(page)


def check_codebook(page: Page) -> None:
    """The page explains the codes, and every file that it names can be downloaded."""
    for code in ("overall", "merged", "n_5"):
        assert page.get_by_role("rowheader", name=code, exact=True).count() > 0
    files = page.locator("main a[href$='.csv'], main a[href$='.xlsx'], main a[href$='.json'], main a[href$='.db']")
    addresses = files.evaluate_all("links => links.map(link => link.href)")
    assert len(addresses) > 5
    assert [address for address in addresses if not page.request.get(address).ok] == []
    check_axe(page)


def check_axe(page: Page) -> None:
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
