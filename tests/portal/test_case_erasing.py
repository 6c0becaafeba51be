"""The resident has what she left deleted on her case's page: told first, asked once more, done once."""

import re

import pytest
from flask import Flask

from portal import accounts, case_erasing
from portal.state import Portal
from surveys.backup_rotation import LONGEST_DAYS
from tests.portal.conftest import ROOT, rows
from tests.portal.desk_office import Office
from tests.portal.test_case_photos import BLUE, add
from tests.portal.test_my_case import PHONE, Bench, answered, closed, summarised


@pytest.fixture
def bench(app: Flask) -> Bench:
    return Bench(app).opened(contact=PHONE)


@pytest.fixture
def office(app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = Office(app, here)
    monkeypatch.setattr(accounts, "guard", lambda: made.guard)
    return made


def ticked(bench: Bench, *parts: str, **more: str) -> str:
    """The page after she ticked some parts and pressed the button."""
    data = {"number": bench.number, "secret": bench.secret, "sequence": str(len(bench.case.events)), **more}
    sent = [*data.items(), *(("part", part) for part in parts)]
    encoded = "&".join(f"{key}={value}" for key, value in sent)
    form = "application/x-www-form-urlencoded"
    return bench.app.test_client().post(f"/case/erase?lang={bench.lang}", data=encoded, content_type=form).text


def ask(page: str) -> str:
    found = re.search(r'<section class="ask".*?</section>', page, re.DOTALL)
    return found[0] if found else ""


def parts_offered(page: str) -> list[str]:
    return re.findall(r'<input type="checkbox" name="part" value="([a-z0-9-]+)"', page)


def test_all_that_is_there_is_offered_and_nothing_else(bench: Bench) -> None:
    assert parts_offered(bench.page()) == ["contact", "words"]
    add(bench, BLUE)
    assert parts_offered(bench.page()) == ["contact", "photo-1", "words"]
    summarised(bench)
    assert parts_offered(bench.page()) == ["contact", "photo-1", "words", "summary"]
    for part in ("contact", "photo-1", "words", "summary"):
        ticked(bench, part, sure="1")
    assert 'action="/case/erase' not in bench.page()
    assert bench.post("erase", part="words", sure="1").status_code == 409


def test_nothing_is_deleted_before_she_said_so_twice(bench: Bench) -> None:
    page = ticked(bench, "contact", "words")
    assert bench.kinds == ["received"]
    assert "确定要删除吗" in ask(page)
    assert "15 天没有回话" in ask(page), "what follows while the case is open"
    assert f"最多留 {LONGEST_DAYS} 天" in ask(page)
    assert [name for name in ("sure", "part") if f'name="{name}"' in ask(page)] == ["sure", "part"]
    page = ticked(bench, "contact", "words", sure="1")
    assert bench.kinds == ["received", "erased"]
    assert "您删除了：您的联系方式、您写的内容。" in page
    assert "路灯不亮" not in page
    assert "内容您已经删掉了" in page
    assert rows(bench.here, "SELECT count(*) FROM case_contacts") == rows(bench.here, "SELECT count(*) FROM case_texts")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_goes_and_stays_fits_the_case(bench: Bench, lang: str) -> None:
    bench.lang = lang
    add(bench, BLUE)
    summarised(bench).does("consent", photo="1")
    page = ask(ticked(bench, "contact", "photo-1", "words", "summary"))
    said = {
        "zh": ("公布出去的那张，到明天也会撤下", "摘要和照片，到明天都会撤下", "别人存下的副本", "留到 2027-"),
        "en": ("gone from the public page, too", "gone from the public page with", "Copies that others", "until 2027-"),
    }
    assert all(words in page for words in said[lang])
    assert ("撤回事项" in page, "withdraw the case" in page) == (False, False), "it is closed"


def test_nothing_ticked_or_something_that_is_not_there_is_told(bench: Bench) -> None:
    for parts in ((), ("photo-2",), ("secret",), ("summary", "words")):
        page = ticked(bench, *parts, sure="1")
        assert "请勾选要删除的内容" in page
        assert 'href="#q-erase-parts"' in page
    assert bench.kinds == ["received"]


def test_twice_pressed_is_once_and_an_old_page_does_nothing(bench: Bench) -> None:
    for _ in range(2):
        assert "notice done" in ticked(bench, "words", sure="1", sequence="1")
    assert bench.kinds == ["received", "erased"]
    assert "notice done" not in ticked(bench, "contact", sure="1", sequence="1")
    assert bench.kinds == ["received", "erased"]


def test_wrong_codes_keep_what_was_ticked(bench: Bench) -> None:
    page = ticked(bench, "contact", secret="0" * 20)
    assert 'name="part" value="contact"' in page
    assert "路灯" not in page


def test_the_desk_reads_that_it_was_taken_back(office: Office) -> None:
    case = Bench(office.app).opened(contact=PHONE)
    add(case, BLUE)
    answered(case)
    for part in ("contact", "photo-1", "words"):
        ticked(case, part, sure="1")
    handler = office.client("handler")
    page = handler.get(f"/staff/case/{case.number}").text
    assert page.count("居民已收回") == 5, "at the words, at the photo, and the three acts"
    assert "删除的内容：联系方式" in page
    assert "路灯不亮" not in page
    assert '<img class="photo"' not in page
    assert f"她在 {case.day} 把它删除了" in page
    assert handler.get(f"/staff/case/{case.number}/photo/1").status_code == 404


def test_after_the_close_it_is_no_other(bench: Bench) -> None:
    closed(bench)
    page = ticked(bench, "words", "contact", sure="1")
    assert "notice done" in page
    assert bench.case.state == "closed"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_privacy_page_names_every_part(language: str) -> None:
    written = (ROOT / f"content/{language}/about/privacy.md").read_text(encoding="utf-8")
    named = {
        "zh": {"contact": "联系方式", "photo": "照片", "words": "您写的内容", "summary": "公布的摘要"},
        "en": {"contact": "contact", "photo": "photo", "words": "what you wrote", "summary": "summary"},
    }[language]
    line = next(line for line in written.splitlines() if line.startswith(("- 提前删除", "- Deletion before")))
    assert {part.partition("-")[0] for part in case_erasing.PARTS} == set(named)
    assert all(words in line for words in named.values()), line
