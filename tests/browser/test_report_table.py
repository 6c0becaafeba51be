"""A report's table on a phone: share and interval stand beside the name, and the name stays while the rest scrolls."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext

from scripts.account import Account
from scripts.report_page import ReportPage
from surveys.definition import LANGUAGES, Definitions
from surveys.store import Store
from tests.conftest import ROOT
from tests.scripts.test_tally import Office

EDGES = """() => [...document.querySelectorAll(".table-box")].map(box => {
    const [name, share, interval] = box.querySelector("tbody tr").cells
    const edge = cell => Math.round(cell.getBoundingClientRect().right - box.getBoundingClientRect().left)
    return {box: box.clientWidth, name: edge(name), share: edge(share), interval: edge(interval)}
})"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_shows_share_and_interval_and_says_that_there_is_more(
    store: Store, tiny: Definitions, context: Callable[..., BrowserContext], language: str
) -> None:
    office = Office(store, tiny)
    for level in "5" * 80 + "1" * 40:
        office.answer("scale", {"overall": level})
    text = ReportPage(language, Account("2026-10", [office.month("scale")], tiny)).text()
    tables = "".join(re.findall(r'<div class="table-box".*?</div>', text, re.DOTALL))
    css = (ROOT / "site/assets/site.css").read_text(encoding="utf-8")
    page = context(viewport={"width": 360, "height": 640}).new_page()
    page.set_content(f"<!doctype html><meta charset=utf-8><style>{css}</style><main>{tables}</main>")
    found = page.evaluate(EDGES)
    assert len(found) == 3
    for edges in found[1:]:
        assert edges["name"] <= 160
        assert edges["share"] < edges["interval"] <= edges["box"]
    assert page.locator(".swipe").first.is_visible()
    page.evaluate("document.querySelectorAll('.table-box').forEach(box => box.scrollLeft = 200)")
    assert [edges["name"] for edges in page.evaluate(EDGES)] == [edges["name"] for edges in found]
    page.set_viewport_size({"width": 1280, "height": 800})
    assert not page.locator(".swipe").first.is_visible()
