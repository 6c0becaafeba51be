"""You said, we did: from the ledger to pages and feed, without a number beside a text, and gone when taken back."""

import html
import re
import string
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import html5lib
import pytest

from scripts import said_and_done
from scripts.build_site import build_site
from scripts.finish_site import finish_site
from scripts.said_and_done import echoes_of, renew
from scripts.said_page import Overdue, OverdueList, SaidPages, blank_files
from scripts.said_text import WORDS, shown
from scripts.site_feed import with_addresses
from surveys import case_board, photos
from surveys.case_events import GROUNDS, OUTCOMES
from surveys.case_limits import OWED
from surveys.cases import resident
from surveys.codes import grouped
from surveys.definition import LANGUAGES
from surveys.keys import Keys
from surveys.responses import today
from surveys.store import Store
from tests.conftest import TINY
from tests.scripts.conftest import run
from tests.site_building import copy_some, digest_of
from tests.surveys.case_office import OFFICE, PUBLISHER, REVIEWER, Desk

ATOM = "{http://www.w3.org/2005/Atom}"
ENGLISH = "The street lamp at the east gate works again."
SUMMARY = f"东门的**路灯**修好了。\n\n---\n\n{ENGLISH}"
SECRET = "我叫张三，住 3 栋 502。"
LINK = "https://huiyin.example/notice?a=1&b=2"


@pytest.fixture
def desk(store: Store, office_keys: Keys) -> Desk:
    return Desk(store, office_keys, date(2026, 6, 1))


def agreed(desk: Desk, summary: str = SUMMARY, **opening: str) -> str:
    number = desk.closed(text=SECRET, **opening)
    case = desk.do(number, PUBLISHER, "summarised", summary)
    desk.do(number, resident(number), "consented", summary=str(case.standing.summary))
    return number


def pages(desk: Desk, language: str = "en", day: date = date(2026, 7, 1)) -> dict[str, str]:
    echoes = echoes_of(desk.store, day)
    files = SaidPages(language, echoes, said_and_done.overdue_of(desk.store, day), OFFICE).files()
    return {name: data.decode() for name, data in files.items() if not name.endswith(".jpg")}


def test_each_language_shows_its_own_text_and_nothing_that_she_wrote(desk: Desk) -> None:
    number = agreed(desk, category="suggestion")
    zh, en = pages(desk, "zh"), pages(desk, "en")
    assert "<p>东门的<strong>路灯</strong>修好了。</p>" in zh["2026-06.md"]
    assert f"<p>{ENGLISH}</p>" in en["2026-06.md"]
    assert "[2026 年 6 月](2026-06.md)（1 件）" in zh["index.md"]
    assert "[June 2026](2026-06.md) (1)" in en["index.md"]
    for told in (*zh.values(), *en.values()):
        assert [word for word in (number, grouped(number, 5), "张三", "13800138000") if word in told] == []


def test_a_text_in_the_other_language_says_which_it_is(desk: Desk) -> None:
    agreed(desk, "东门的路灯修好了。")
    assert '<div class="said__words" lang="zh-Hans"><p>东门的路灯修好了。</p></div>' in pages(desk)["2026-06.md"]
    assert ' lang="' not in pages(desk, "zh")["2026-06.md"]


def test_outcome_word_days_and_adoption_are_told(desk: Desk) -> None:
    number = agreed(desk, category="suggestion")
    desk.pass_days(9)
    desk.do(number, REVIEWER, "adopted", on="2026-06-09", link=LINK)
    page = html.unescape(pages(desk)["2026-06.md"])
    for told in ("settled on the spot", "confirmed that it is settled", "<time>2026-06-01</time>", "2026-06-09"):
        assert told in page
    assert f'<a href="{LINK}">' in page


def test_what_was_late_names_months_only(desk: Desk) -> None:
    number = desk.opened().number
    desk.pass_days(20)
    case = desk.do(desk.brought(number, "closed"), PUBLISHER, "summarised", SUMMARY)
    desk.do(number, resident(number), "consented", summary=str(case.standing.summary))
    page = pages(desk)["2026-06.md"]
    assert "This case missed a limit" in page
    assert re.findall(r"2026-06-\d\d", page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_markup_in_a_summary_stays_harmless(desk: Desk, language: str) -> None:
    evil = '<script>alert(1)</script> <b onclick="x">b</b> [here](https://evil.example) ![i](http://x/y.png) {: .a }'
    agreed(desk, evil)
    page = pages(desk, language)["2026-06.md"]
    assert [word for word in ("<script", "onclick", "<img", "<a ", "<b") if word in page] == []
    assert "here (https://evil.example)" in page
    sections = re.findall(r'<div class="said".*</div>', page)
    assert len(sections) == 1
    html5lib.HTMLParser(strict=True).parseFragment(sections[0])


def test_headings_and_links_of_a_summary() -> None:
    assert shown("# A\n\nb\nc") == "<h3>A</h3> <p>b<br> c</p>"
    assert shown("[https://a.example](https://a.example)") == "<p>https://a.example</p>"


class TestTakenBack:
    def test_page_feed_and_photos_are_gone_at_the_next_build(self, desk: Desk, tmp_path: Path) -> None:
        number = agreed(desk)
        assert renew(desk.store, OFFICE, tmp_path, date(2026, 7, 1)) == (1, 0)
        page, photos = tmp_path / "zh/said-and-done/2026-06.md", tmp_path / "zh/said-and-done/2026-06"
        assert page.is_file()
        photos.mkdir()
        (photos / "left.jpg").write_bytes(b"x")
        desk.do(number, resident(number), "refused", summary=str(desk.whole(number).standing.summary))
        assert renew(desk.store, OFFICE, tmp_path, date(2026, 7, 1)) == (0, 0)
        assert not page.exists()
        assert not photos.exists()
        feed = (tmp_path / "zh/said-and-done/feed.xml").read_text(encoding="utf-8")
        assert "<entry>" not in feed

    def test_a_repeat_writes_nothing_and_another_order_gives_the_same_bytes(self, desk: Desk, tmp_path: Path) -> None:
        for category in ("suggestion", "visit", "complaint"):
            agreed(desk, category=category)
        renew(desk.store, OFFICE, tmp_path, date(2026, 7, 1))
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        renew(desk.store, OFFICE, tmp_path, date(2026, 7, 1))
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_photos_that_she_ticked_are_files_with_words_and_load_late(desk: Desk) -> None:
    number = desk.opened().number
    photos.add(desk.store, number, resident(number), (b"one", b"two", b"three"), desk.day)
    case = desk.do(desk.brought(number, "closed"), PUBLISHER, "summarised", SUMMARY)
    desk.do(number, resident(number), "consented", summary=str(case.standing.summary), photos="1,3")
    echoes = echoes_of(desk.store, date(2026, 7, 1))
    (echo,) = echoes
    files = SaidPages("en", echoes, None, OFFICE).files()
    assert [files[f"2026-06/{echo.id}-{place}.jpg"] for place in (1, 2)] == [b"one", b"three"]
    assert re.findall(r'<img src="([^"]+)" alt="([^"]+)" loading="lazy"', files["2026-06.md"].decode()) == [
        (f"{echo.id}-1.jpg", "Photo by the resident, Some: Some, 1 of 2"),
        (f"{echo.id}-2.jpg", "Photo by the resident, Some: Some, 2 of 2"),
    ]


class TestFeed:
    def test_it_is_atom_with_stable_names_days_and_no_text(self, desk: Desk) -> None:
        agreed(desk)
        desk.pass_days(31)
        agreed(desk)
        found = pages(desk, day=date(2026, 8, 1))
        feed = ElementTree.fromstring(found["feed.xml"])
        assert feed.tag == f"{ATOM}feed"
        for name in ("id", "title", "updated", "author"):
            assert feed.find(f"{ATOM}{name}") is not None
        entries = feed.findall(f"{ATOM}entry")
        updated = [entry.findtext(f"{ATOM}updated") for entry in entries]
        assert updated == ["2026-08-01T00:00:00+08:00", "2026-07-01T00:00:00+08:00"]
        assert feed.findtext(f"{ATOM}updated") == updated[0]
        names = [str(entry.findtext(f"{ATOM}id")) for entry in entries]
        assert len(set(names)) == 2
        assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", name) for name in names)
        earlier = ElementTree.fromstring(pages(desk)["feed.xml"]).find(f"{ATOM}entry")
        assert earlier is not None and earlier.findtext(f"{ATOM}id") == names[1]
        assert ENGLISH not in found["feed.xml"]
        for entry in entries:
            link = entry.find(f"{ATOM}link")
            assert link is not None
            page, _, anchor = link.attrib["href"].partition("/#")
            assert f'id="{anchor}"' in found[f"{page}.md"]

    def test_with_the_sites_address_every_link_is_whole_and_a_second_time_nothing_changes(self, desk: Desk) -> None:
        agreed(desk)
        page = "https://huiyin.example/en/said-and-done/"
        whole = with_addresses(pages(desk)["feed.xml"], page)
        feed = ElementTree.fromstring(whole)
        links = [link.attrib["href"] for link in feed.iter(f"{ATOM}link")]
        assert links[:2] == [f"{page}feed.xml", page]
        assert links[2].startswith(f"{page}2026-06/#s-")
        assert feed.findtext(f"{ATOM}id") == f"{page}feed.xml"
        assert with_addresses(whole, page) == whole


class TestOverdue:
    def test_the_list_is_that_of_the_desk_and_nothing_is_left_out(self, desk: Desk) -> None:
        late = [desk.assigned(text=SECRET), desk.opened(text=SECRET).number, desk.proposed("west", text=SECRET)]
        desk.pass_days(2)
        desk.opened(text=SECRET)
        day = date(2026, 7, 1)
        listed = case_board.listing(desk.store, "overdue", day)
        page = pages(desk, day=day)["overdue.md"]
        rows = re.findall(r'<th scope="row">([0-9 ]{11})</th><td class="number">([0-9]+)</td>', page)
        assert {number.replace(" ", "") for number, _ in rows} == {row.number for row in listed} > set(late)
        assert [int(days) for _, days in rows] == sorted((int(days) for _, days in rows), reverse=True)
        assert "Overdue as of 2026-07-01: 4." in page
        assert "not assigned to a unit yet" in page
        assert [word for word in ("张三", "13800138000") if word in page] == []

    def test_units_stand_in_the_order_of_the_register_with_their_counts(self) -> None:
        cases = [Overdue("0123456789", unit, "outcome", 3) for unit in ("west", "east", "east", None, "gone")]
        page = SaidPages("en", {}, OverdueList(date(2026, 7, 1), tuple(cases)), OFFICE).files()["overdue.md"].decode()
        first = page.split("</table>")[0]
        rows = re.findall(r'<th scope="row">([^<]*)</th><td class="number">([0-9]+)</td>', first)
        assert rows == [("not assigned to a unit yet", "1"), ("gone", "1"), ("Some", "2"), ("Some", "1")]

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_an_empty_list_says_so(self, desk: Desk, language: str) -> None:
        told = {"zh": "截至 2026-07-01，没有事项超期。", "en": "As of 2026-07-01 no case is overdue."}
        assert told[language] in pages(desk, language)["overdue.md"]
        blank = blank_files(language)["overdue.md"].decode()
        assert {"zh": "还没有列出过这份清单。", "en": "not been drawn up yet"}[language] in blank


class TestWords:
    def test_both_languages_have_the_same_words_with_the_same_blanks(self) -> None:
        def blanks(text: str) -> set[str]:
            return {name for _, name, _, _ in string.Formatter().parse(text) if name} - {"month", "month_name", "year"}

        assert WORDS["zh"].keys() == WORDS["en"].keys()
        assert {key for key in WORDS["zh"] if blanks(WORDS["zh"][key]) != blanks(WORDS["en"][key])} == set()
        assert {*OUTCOMES, *GROUNDS} <= WORDS["en"].keys()
        assert {kind if f"limit_{kind}" not in WORDS["en"] else f"limit_{kind}" for kind in OWED} <= WORDS["en"].keys()

    def test_chinese_keeps_its_own_punctuation(self) -> None:
        assert [text for text in WORDS["zh"].values() if re.search("[一-鿿][,:;?!()]|[,:;?!(][一-鿿]", text)] == []


def test_the_command_builds_both_sites_and_a_repeat_changes_no_byte(desk: Desk, database: Path, tmp_path: Path) -> None:
    desk.day = today() - timedelta(days=45)
    number = agreed(desk)
    desk.opened(text=SECRET)
    content, output = copy_some(tmp_path / "content"), tmp_path / "build/public"
    places = ("--content", content, "--output", output, "--database", database, "--definitions", TINY)
    told = run(said_and_done.main, *places)
    assert told.stdout == "summaries: 1, overdue: 1; the site shows release 1\n", told.stderr
    before = digest_of(output)
    assert run(said_and_done.main, *places).stdout == told.stdout
    assert digest_of(output) == before
    month = desk.whole(number).events[-1].day.isoformat()[:7]
    for root in ("", "en/"):
        page = (output / f"{root}said-and-done/{month}/index.html").read_text(encoding="utf-8")
        assert f'type="application/atom+xml" title="{WORDS["en" if root else "zh"]["title"]}" href="/{root}said' in page
        assert '<div class="said" id="s-' in page
        overdue = (output / f"{root}said-and-done/overdue/index.html").read_text(encoding="utf-8")
        assert overdue.count('class="table-box"') == 2
        ElementTree.fromstring((output / f"{root}said-and-done/feed.xml").read_bytes())
    finish_site(output.resolve())
    assert digest_of(output) == before


def test_without_a_database_nothing_is_written(tmp_path: Path) -> None:
    content = copy_some(tmp_path / "content")
    told = run(said_and_done.main, "--content", content, "--database", tmp_path / "none.db", "--definitions", TINY)
    assert told.exit_code == 1
    assert "no database at" in told.stderr
    assert not (content / "zh/said-and-done").exists()


def test_a_site_of_an_office_without_cases_has_the_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYIN_SITE_URL", "https://huiyin.example/")
    site = build_site(copy_some(tmp_path / "content"), tmp_path / "public")
    for root in ("", "en/"):
        feed = (site / f"{root}said-and-done/feed.xml").read_text(encoding="utf-8")
        assert f'href="https://huiyin.example/{root}said-and-done/feed.xml"' in feed
        assert (site / f"{root}said-and-done/overdue/index.html").is_file()


def test_an_echo_is_told_in_the_same_way_whatever_its_unit_is_called(desk: Desk) -> None:
    agreed(desk)
    (echo,) = echoes_of(desk.store, date(2026, 7, 1))
    stranger = replace(echo, unit="gone", category="gone", outcome="explained", ground="law", confirmed=False)
    page = SaidPages("en", {stranger: ()}, None, OFFICE).files()["2026-06.md"].decode()
    assert ">gone: gone</h2>" in page
    assert "on the ground of the law" in page
    assert "does not count as settled" in page
