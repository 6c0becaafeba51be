"""The self-check in the built pages: put in once, in the page's language, with links to pages that there are."""

import json
import re
import shutil
from pathlib import Path

import pytest

from scripts.check import check_guides
from scripts.site_pages import Page, SiteError, read_page
from scripts.site_scam_check import fill, load_rules
from surveys.definition import load
from surveys.scam_check import ScamCheck
from tests.conftest import ROOT

RULES = ROOT / "surveys/definitions/scam-check.yaml"
ASKING = '<html lang="zh-Hans"><article><h1>x</h1><!-- scam-check --><!-- /scam-check --></article></html>'
PAGES = ("guides/", "guides/fake-police/", "emergency/", "en/guides/", "en/guides/fake-police/", "en/emergency/")


def pages_of(*urls: str) -> dict[str, Page]:
    return {url: read_page(Path("/") / url / "index.html", Path("/"), "") for url in urls}


@pytest.fixture
def check() -> ScamCheck:
    found = load_rules(RULES)
    assert found is not None
    return found


@pytest.mark.parametrize(("language", "root"), [("zh-Hans", ""), ("en", "en/")])
def test_it_is_put_in_once_in_the_language_of_the_page(check: ScamCheck, language: str, root: str) -> None:
    html = fill(ASKING, language, root, check, pages_of(*PAGES))
    assert fill(html, language, root, check, pages_of(*PAGES)) == html
    assert html.count("<fieldset") == len(check.questions)
    assert f'action="/portal/check?lang={language[:2]}"' in html
    assert re.findall(r'href="/([^"]*guides[^"]*)"', html) == [f"{root}guides/fake-police/", f"{root}guides/"]
    assert html.count(f'href="/{root}emergency/"') == 2
    assert all(
        check.label(question, code)[language[:2]] in html for question in check.questions for code in question.codes
    )


def test_the_rules_beside_it_are_data_and_cannot_end_their_element(check: ScamCheck) -> None:
    html = fill(ASKING, "zh-Hans", "", check, {})
    (found,) = re.findall(r'<script type="application/json" id="scam-check-rules">(.*?)</script>', html)
    assert "<" not in found
    assert set(json.loads(found)) == {"enough", "questions", "signs", "guides", "alone"}
    assert not re.search(r"[\u4e00-\u9fff]", found)


def test_without_an_emergency_page_the_number_stands_there(check: ScamCheck) -> None:
    assert fill(ASKING, "zh-Hans", "", check, {}).count('href="tel:110"') >= 2


def test_pages_that_do_not_ask_and_offices_without_rules_stay_as_they_are(check: ScamCheck) -> None:
    assert fill("<html></html>", "en", "en/", check, {}) == "<html></html>"
    assert fill(ASKING, "zh-Hans", "", None, {}) == ASKING
    assert load_rules(RULES.with_name("none.yaml")) is None


def test_faulty_rules_stop_the_build_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "scam-check.yaml"
    path.write_text(RULES.read_text(encoding="utf-8").replace("enough: 2", "enough: 0"), encoding="utf-8")
    with pytest.raises(SiteError, match=r"scam-check\.yaml:\d+:\d+: 'enough' must be 1 or more"):
        load_rules(path)


def test_a_guide_that_is_no_page_is_told(tmp_path: Path) -> None:
    known = load(ROOT / "surveys/definitions")
    assert check_guides(known, ROOT / "content") == []
    shutil.copytree(ROOT / "content/zh/guides", tmp_path / "zh/guides")
    (tmp_path / "zh/guides/qr-codes.md").unlink()
    (problem,) = check_guides(known, tmp_path)
    assert re.search(
        r"scam-check\.yaml:\d+:\d+: there is no page .*zh/guides/qr-codes\.md: write the guide", str(problem)
    )
