"""From the printed card to the receipt, in a real browser: what the codes lead to, and that no log can hold it."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from scripts import cards
from tests.browser.conftest import violations
from tests.browser.test_portal import require_sound, send
from tests.conftest import ROOT
from tests.scripts.conftest import run
from tests.scripts.test_cards import SURVEY, UNIT, read_codes
from tests.serving import Running, serving

Context = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("portal")) as running:
        yield running


@pytest.fixture(scope="module")
def links(server: Running, tmp_path_factory: pytest.TempPathFactory) -> Sequence[str]:
    """What the codes of three cards hold: outside, inside, outside and so on."""
    out = tmp_path_factory.mktemp("print")
    asked = ("--survey", SURVEY, "--unit", UNIT, "--count", 3, "--out", out, "--database", server.folder / "huiyin.db")
    site = ("--site-url", f"http://127.0.0.1:{server.port}", "--definitions", ROOT / "surveys/definitions")
    assert run(cards.main, "issue", *asked, *site).exit_code == 0
    found = read_codes(Path(out / "cards-00001.pdf").read_bytes())
    wait_for_cards(found[0].partition("#")[0])
    return found


def values(page: Page) -> tuple[str, str]:
    return page.input_value("#q-_card_number"), page.input_value("#q-_card_secret").replace(" ", "")


def opened(context: Context, link: str, **options: object) -> tuple[Page, list[str]]:
    page = context(locale="zh-CN", **options).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(link)
    expect(page.locator("#q-_card_number")).to_be_visible()
    return page, asked


def wait_for_cards(address: str) -> None:
    """The server looks once a second whether a survey has cards, and a batch is made sooner on a fast machine."""
    until = time.monotonic() + 30
    while b"q-_card_number" not in urlopen(address).read():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_the_code_under_the_fold_fills_both_in_and_the_card_answers_once(
    context: Context, server: Running, links: Sequence[str]
) -> None:
    number, secret = links[1].partition("#card=")[2].split(".")
    page, asked = opened(context, links[1])
    expect(page.locator("#q-_card_number")).to_have_value(number)
    assert values(page) == (number, secret)
    assert "#" not in page.url
    page.locator("input[name=overall]").first.check()
    send(page)
    expect(page.locator("h1")).to_be_visible()
    assert "/portal/receipt" in page.url
    assert not [url for url in asked if secret in url.partition("#")[0] or number in url.partition("#")[0]]
    assert server.rows("SELECT basis FROM responses") == [("card",)]
    again, _ = opened(context, links[1])
    again.locator("input[name=overall]").first.check()
    send(again)
    assert values(again) == (number, secret)
    assert again.locator("input[name=overall]").first.is_checked()
    require_sound(again, "a used card", "zh")
    again.locator("button[name=_without_card]").click()
    again.wait_for_url("**/portal/receipt**")
    assert sorted(server.rows("SELECT basis FROM responses")) == [("card",), ("open",)]


def test_the_code_outside_leads_to_the_form_and_answers_nothing_alone(
    context: Context, server: Running, links: Sequence[str]
) -> None:
    number = links[2].partition("#card=")[2]
    page, _ = opened(context, links[2])
    expect(page.locator("#q-_card_number")).to_have_value(number)
    page.locator("input[name=overall]").first.check()
    send(page)
    expect(page.locator("#e-_card_secret")).to_be_visible()
    assert server.rows(f"SELECT count(*) FROM cards WHERE number = '{number}'") == [(1,)]


def test_without_scripts_both_are_typed_in(context: Context, server: Running, links: Sequence[str]) -> None:
    number, secret = links[5].partition("#card=")[2].split(".")
    page, _ = opened(context, links[5], java_script_enabled=False)
    assert values(page) == ("", "")
    page.fill("#q-_card_number", number)
    page.fill("#q-_card_secret", " ".join(secret[place : place + 4] for place in range(0, 20, 4)))
    page.locator("input[name=overall]").first.check()
    send(page)
    assert "/portal/receipt" in page.url
    assert server.rows(f"SELECT count(*) FROM cards WHERE number = '{number}'") == [(0,)]


def test_the_form_with_the_card_is_accessible_in_english_too(context: Context, links: Sequence[str]) -> None:
    page, _ = opened(context, links[0].replace("?", "?lang=en&"), color_scheme="dark")
    assert violations(page) == []
