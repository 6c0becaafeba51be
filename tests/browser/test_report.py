"""The month's report in a real browser: two sheets of paper, and little to fetch."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, PdfMargins, expect

from scripts.account import account_of
from scripts.build_site import build_site
from scripts.counts import open_tally
from scripts.history_site import renew_history
from scripts.open_data_site import renew_open_data
from scripts.site_checks import FIRST_VIEW_LIMIT, first_view
from scripts.site_pages import read_site
from scripts.tally import months_of
from surveys.definition import load
from surveys.store import Store
from tests.browser.conftest import serve
from tests.scripts.conftest import EXAMPLE, import_example
from tests.scripts.golden_office import MONTH, OFFICE, GoldenOffice
from tests.site_building import copy_some

REAL = "2021-08"
SHEETS = 2


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with the golden office's two months, and the real survey with its many questions beside them."""
    folder: Path = tmp_path_factory.mktemp("reports")
    content = copy_some(folder / "content")
    office = GoldenOffice(folder)
    office.fill()
    real, known = folder / "real.db", load(EXAMPLE)
    assert import_example(real).exit_code == 0
    with Store.open(real) as store, open_tally(folder / "real-tally.db") as counts:
        counts.refresh(store, REAL)
        office.publish(account_of(store, known, months_of(counts, known, REAL), REAL))
    with Store.open(office.database) as store:
        renew_history(store, folder / "tally.db", OFFICE, content)
    renew_open_data(content)
    return build_site(content, folder / "public")


@pytest.fixture(scope="module")
def address(published: Path) -> Iterator[str]:
    """Where that site is served."""
    with serve(published) as found:
        yield found


def test_the_pages_of_reports_are_light_at_first_view_too(published: Path) -> None:
    found = {url: first_view(published, page) for url, page in read_site(published).items() if "reports/" in url}
    assert len(found) > 10
    assert {url: weight for url, weight in found.items() if weight > FIRST_VIEW_LIMIT} == {}


@pytest.mark.parametrize("month", [MONTH, REAL])
def test_a_month_is_printed_on_two_sheets(context: Callable[..., BrowserContext], address: str, month: str) -> None:
    for root in ("", "en/"):
        page = context().new_page()
        page.goto(f"{address}/{root}reports/{month}/")
        margin: PdfMargins = {"top": "12mm", "bottom": "12mm", "left": "12mm", "right": "12mm"}
        sheets = re.findall(rb"/Type\s*/Page[^s]", page.pdf(format="A4", margin=margin, print_background=True))
        assert 1 <= len(sheets) <= SHEETS, (root, month)
        page.emulate_media(media="print")
        expect(page.locator(".table-box").first).to_be_visible()
        assert not page.locator(".web:visible").count()
        if month == REAL:
            expect(page.locator(".paper").first).to_be_visible()
