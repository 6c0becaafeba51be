"""A test language that is written from right to left: the English pages, set as Arabic is, stand mirrored."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from scripts.build_site import LANGUAGES, ROOT, build_site
from tests.browser.conftest import serve, violations
from tests.browser.test_site import open_page
from tests.site_building import copy_some

PAGES = ("", "guides/", "guides/verification-code/", "emergency/", "about/privacy/", "offline.html")
LANGUAGE = """INHERIT: {root}/mkdocs.en.yml
theme: {{language: ar, custom_dir: {root}/site/overrides}}
extra: {{html_lang: en-x-rtl}}
"""
SIDES = """() => {
    const middle = one => { const box = document.querySelector(one).getBoundingClientRect();
        return (box.left + box.right) / 2 / innerWidth; };
    return Object.fromEntries([".brand", ".tools", ".search__icon", ".search__go", "article", ".aside"]
        .map(one => [one, middle(one)]));
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("mirrored")
    content = copy_some(folder / "content")
    (content / "mkdocs.yml").write_text(LANGUAGE.format(root=ROOT), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LANGUAGES, "en", str(content / "mkdocs.yml"))
        site = build_site(content, folder / "public")
    with serve(site) as found:
        yield found


def test_pages_fit_and_have_no_violations(context: Callable[..., BrowserContext], address: str) -> None:
    page, said = open_page(context())
    for url in PAGES:
        page.goto(f"{address}/en/{url}")
        assert page.evaluate("[document.documentElement.dir, document.documentElement.lang]") == ["rtl", "en-x-rtl"]
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            outside = page.evaluate(
                """() => [...document.querySelectorAll("body *")].filter(one => one.getClientRects().length &&
                    !one.closest(".table-box, pre, .skip, .tool__rest") && !one.matches(".md-toggle") &&
                    (one.getBoundingClientRect().left < -1 || one.getBoundingClientRect().right > innerWidth + 1))
                    .map(one => one.outerHTML.slice(0, 80))"""
            )
            assert (outside, page.evaluate("document.documentElement.scrollWidth") <= width) == ([], True), (url, width)
    assert violations(page) == []
    assert said == []


def test_what_stands_left_in_english_stands_right(context: Callable[..., BrowserContext], address: str) -> None:
    page = context(viewport={"width": 1280, "height": 800}).new_page()
    sides = []
    for root in ("", "en/"):
        page.goto(f"{address}/{root}guides/verification-code/")
        sides.append(page.evaluate(SIDES))
    for part, place in sides[0].items():
        assert (place < 0.5) is (sides[1][part] > 0.5), part
    quote = "getComputedStyle(document.querySelector('blockquote'))"
    assert page.evaluate(f"[{quote}.borderRightWidth, {quote}.borderLeftWidth]") == ["4px", "0px"]
    assert page.evaluate("getComputedStyle(document.querySelector('.search__input')).borderRightWidth") == "1px"


@pytest.mark.parametrize(
    "sheet", [*ROOT.glob("site/assets/*.css"), *ROOT.glob("portal/static/*.css")], ids=lambda one: one.name
)
def test_style_sheets_name_no_side(sheet: Path) -> None:
    """What names left or right, or four sides of which these two differ, would not be mirrored."""
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    four = re.findall(r"((?:margin|padding|border-width|inset): *([^\s;]+) ([^\s;]+) ([^\s;]+) ([^\s;]+);)", text)
    named = re.findall(
        r"[\w-]*(?:-left|-right)(?:-[\w]+)?: *[^;]+;|(?:float|text-align|clear): *(?:left|right)|[{;] *(?:left|right):",
        text,
    )
    uneven = [whole for whole, _, right, _, left in four if right != left and "(" not in whole]
    assert [one for one in (*named, *uneven) if one != "border-width: 0 3px 3px 0;"] == []
