"""You said, we did, and the overdue list in a real browser, with summaries, a photo and late cases on them."""

from collections.abc import Callable, Iterator
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext

from scripts.build_site import build_site
from scripts.said_and_done import write_pages
from scripts.said_page import Overdue, OverdueList, SaidPages
from surveys.case_publication import Adoption, Echo
from surveys.definition import LANGUAGES
from tests.browser.conftest import serve
from tests.browser.test_site import open_page, violations
from tests.site_building import copy_some
from tests.surveys.case_office import OFFICE

LINK = "https://huiyin.example/a-rather-long-address/that-has-to-break/somewhere/notice-2026-11-09"
"""What a narrow screen has to break."""
PAGES = ("said-and-done/", "said-and-done/2026-10/", "said-and-done/overdue/")


def jpeg(width: int, height: int) -> bytes:
    target = BytesIO()
    Image.new("RGB", (width, height), "teal").save(target, "JPEG")
    return target.getvalue()


def echo(number: int, **values: str) -> Echo:
    days = ("2026-10-08", "2026-10-09", "2026-10-13")
    texts = {"zh": "东门的**路灯**修好了。\n\n- 东门\n- 车棚"} | values
    adoption = Adoption("2026-11-09", LINK)
    told = ("by-date", days[2], None, True, *days, False, adoption)
    return Echo(f"{number:016x}", "2026-10", "visit", "east", texts, *told)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("said")
    content = copy_some(folder / "content")
    late = tuple(Overdue(f"01234567{number:02}", "west", "first_reply", number) for number in range(1, 30))
    echoes = {echo(1): (), echo(2, en="The lamp works again."): (jpeg(1600, 1200), jpeg(900, 1600))}
    overdue = OverdueList(date(2026, 11, 22), late)
    write_pages(content, {one: SaidPages(one, echoes, overdue, OFFICE).files() for one in LANGUAGES})
    with serve(build_site(content, folder / "public")) as found:
        yield found


def test_pages_have_no_violations_and_fit_a_phone(context: Callable[..., BrowserContext], address: str) -> None:
    for width, scheme in ((320, "light"), (360, "dark"), (1280, "light")):
        page, said = open_page(context(viewport={"width": width, "height": 800}, color_scheme=scheme))
        for root in ("", "en/"):
            for url in PAGES:
                page.goto(f"{address}/{root}{url}")
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (url, width)
                assert violations(page) == [], (url, width)
        assert said == []
    page.goto(f"{address}/said-and-done/2026-10/")
    for photo in page.locator(".said__photo img").all():
        photo.scroll_into_view_if_needed()
        assert photo.evaluate("image => image.decode().then(() => image.naturalWidth)") in (900, 1600)
