"""Every type of page of the site, with everything published on it, in every way that it can be shown."""

from collections.abc import Callable, Iterator
from datetime import date
from io import BytesIO
from itertools import combinations, pairwise, product
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page

from scripts.build_site import build_site
from scripts.history_site import renew_history
from scripts.open_data_site import renew_open_data
from scripts.said_and_done import write_pages
from scripts.said_page import Overdue, OverdueList, SaidPages
from surveys.case_publication import Adoption, Echo
from surveys.definition import LANGUAGES
from surveys.store import Store
from tests.browser.conftest import serve, violations
from tests.browser.test_site import GUIDE, open_page
from tests.scripts import golden_office
from tests.site_building import copy_some
from tests.surveys import case_office

LINK = "https://huiyin.example/a-rather-long-address/that-has-to-break/somewhere/notice-2026-11-09"
"""What a narrow screen has to break."""
MONTH = golden_office.MONTH
PAGES = {
    "home": "",
    "guides": "guides/",
    "guide": GUIDE,
    "explainer": "policies/how-suggestions-are-handled/",
    "emergency": "emergency/",
    "self-check": "check/",
    "reports": "reports/",
    "month": f"reports/{MONTH}/",
    "unit": "reports/units/chengdong/",
    "survey": "reports/surveys/counter-service/",
    "said and done": "said-and-done/",
    "said in a month": f"said-and-done/{MONTH}/",
    "overdue": "said-and-done/overdue/",
    "handbook": "handbook/",
    "page of the handbook": "handbook/operate/",
    "about": "about/privacy/",
    "statement": "about/accessibility/",
    "reading offline": "about/offline/",
    "no such page": "no-such-page/",
    "away": "offline.html",
}
WIDTHS = (320, 360, 1280)
WAYS = {"root": ("", "en/"), "scheme": ("light", "dark"), "print": ("normal", "large"), "contrast": ("normal", "more")}
UNEVEN = ((0, 0, 1), (0, 1, 1), (1, 0, 0), (0, 1, 0), (1, 1, 0), (1, 0, 1))
"""Three picks of two values, each taken at least once."""
Way = dict[str, str]

SHOW = """way => ["scheme", "print", "contrast"].forEach(
    name => document.documentElement.setAttribute("data-" + name, way[name]))"""
WIDER = (
    f"([ways, most]) => ways.filter(way => {{ ({SHOW})(way); return document.documentElement.scrollWidth > most; }})"
)


def ways_of(place: int) -> dict[int, Way]:
    """How a page is shown at each width: every value once at least, and each page otherwise than the one before."""
    rows = {width: {} for width in WIDTHS}  # type: dict[int, Way]
    for number, (name, values) in enumerate(WAYS.items()):
        picks = UNEVEN[(place + number * (1 + place // len(UNEVEN))) % len(UNEVEN)]
        for width, pick in zip(WIDTHS, picks, strict=True):
            rows[width][name] = values[pick]
    return rows


def test_every_two_values_meet_on_some_page() -> None:
    """So that a fault of two things together, as dark and large print, shows as well."""
    shown = [way | {"width": str(width)} for place in range(len(PAGES)) for width, way in ways_of(place).items()]
    values = WAYS | {"width": tuple(map(str, WIDTHS))}
    for one, other in combinations(values, 2):
        assert {(way[one], way[other]) for way in shown} == set(product(values[one], values[other])), (one, other)
    for place in range(len(PAGES)):
        ways = ways_of(place).values()
        assert all({way[name] for way in ways} == set(values[name]) for name in WAYS), place


def jpeg(width: int, height: int) -> bytes:
    target = BytesIO()
    Image.new("RGB", (width, height), "teal").save(target, "JPEG")
    return target.getvalue()


def echo(number: int, **values: str) -> Echo:
    days = ("2026-10-08", "2026-10-09", "2026-10-13")
    texts = {"zh": "东门的**路灯**修好了。\n\n- 东门\n- 车棚"} | values
    adoption = Adoption("2026-11-09", LINK)
    told = ("by-date", days[2], None, True, *days, False, adoption)
    return Echo(f"{number:016x}", MONTH, "visit", "east", texts, *told)


def write_said_and_done(content: Path) -> None:
    """Summaries with photos, and late cases."""
    late = tuple(Overdue(f"01234567{number:02}", "west", "first_reply", number) for number in range(1, 30))
    echoes = {echo(1): (), echo(2, en="The lamp works again."): (jpeg(1600, 1200), jpeg(900, 1600))}
    overdue = OverdueList(date(2026, 11, 22), late)
    files = {one: SaidPages(one, echoes, overdue, case_office.OFFICE).files() for one in LANGUAGES}
    write_pages(content, files)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("everything")
    content = copy_some(folder / "content")
    office = golden_office.GoldenOffice(folder)
    office.fill()
    with Store.open(office.database) as store:
        renew_history(store, folder / "tally.db", golden_office.OFFICE, content)
    renew_open_data(content)
    write_said_and_done(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUIYIN_ICP", "京ICP备12345678号-1")
        patch.setenv("HUIYIN_POLICE_FILING", "京公网安备11010102001234号")
        patch.setenv("HUIYIN_CONTACT", "028-12345678, help@office.example")
        site = build_site(content, folder / "public")
    with serve(site) as found:
        yield found


@pytest.fixture(scope="module")
def page(browser: object, address: str) -> Iterator[Page]:
    """One for all, because a new one for each costs more than what is looked at."""
    opened: BrowserContext = browser.new_context(service_workers="block", reduced_motion="reduce")  # type: ignore[attr-defined]
    page, said = open_page(opened)
    yield page
    opened.close()
    assert [text for text in said if "404" not in text and "Service Worker" not in text] == []


@pytest.mark.parametrize("name", PAGES)
def test_it_has_no_violations_and_fits_each_way(page: Page, address: str, name: str) -> None:
    """Width in every way, all two and three of them together; axe in the ways that the table above gives the page."""
    ways = ways_of(list(PAGES).index(name))
    for root in WAYS["root"]:
        page.goto(f"{address}/{root}{PAGES[name]}")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        every = [dict(zip(WAYS, (root, *values), strict=True)) for values in product(*list(WAYS.values())[1:])]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(WIDER, [every, width]) == [], width
            if ways[width]["root"] == root:
                page.evaluate(SHOW, ways[width])
                assert violations(page) == [], (width, ways[width])


def test_photos_are_shown_whole(context: Callable[..., BrowserContext], address: str) -> None:
    page = context().new_page()
    page.goto(f"{address}/said-and-done/{MONTH}/")
    for photo in page.locator(".said__photo img").all():
        photo.scroll_into_view_if_needed()
        assert photo.evaluate("image => image.decode().then(() => image.naturalWidth)") in (900, 1600)


@pytest.mark.parametrize("options", [{"contrast": "more"}, {"forced_colors": "active"}], ids=["more", "forced"])
def test_levels_of_a_chart_are_told_apart_by_lightness_and_outline(
    context: Callable[..., BrowserContext], address: str, options: dict[str, str]
) -> None:
    page = context(**options).new_page()
    page.goto(f"{address}/reports/{MONTH}/")
    drawn = page.evaluate(
        """() => [5, 4, 3, 2, 1].map(level => {
            const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
            const style = getComputedStyle(document.querySelector(".swatch .level-" + level));
            pen.fillStyle = style.fill;
            pen.fillRect(0, 0, 1, 1);
            const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
            return [red, green, blue, style.stroke, parseFloat(style.strokeWidth)];
        })"""
    )
    assert all(red == green == blue for red, green, blue, *_ in drawn)
    assert all(later - grey >= 30 for (grey, *_), (later, *_) in pairwise(drawn)), drawn
    assert {(stroke, width) for *_, stroke, width in drawn} == {("rgb(0, 0, 0)", 1.5)}
