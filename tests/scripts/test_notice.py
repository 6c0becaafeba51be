"""Notices for the board: what the page says, two pages of A4 at most, a code that leads back to it."""

import re
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from click.testing import Result

from scripts import notice
from scripts.content_page import Page, read
from scripts.notice_text import sections
from scripts.typesetting import page_count
from surveys.errors import HuiyinError
from tests.conftest import ROOT
from tests.scripts.conftest import run

CONTENT = ROOT / "content"
SITE = "https://huiyin.example"
DAY = date(2026, 11, 22)
LARGE = 12.5
FRONT = """---
title: 试一试
summary: 只为测试。
source:
  - {name: 报警电话, hotline: "110"}
reviewed: 2026-11-01
owner: 反诈宣传岗
expires: 2027-10-30
---
"""


def page(name: str, language: str = "zh") -> Page:
    return notice.page_at(name, language, CONTENT, DAY)


def written(folder: Path, body: str, front: str = FRONT) -> Page:
    path = folder / "zh/guides/page.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(front + body, encoding="utf-8")
    return read(path, "zh", folder)


def printed(pdf: bytes) -> tuple[list[str], list[str]]:
    """The words of each page without blanks, and the codes that another reader finds."""
    words, seen = [], []
    with pypdfium2.PdfDocument(pdf) as document:
        for one in document:
            assert (round(one.get_width()), round(one.get_height())) == (595, 842)
            text = one.get_textpage()
            words.append(re.sub(r"\s", "", text.get_text_bounded()))
            seen += [code.text for code in zxingcpp.read_barcodes(one.render(scale=2).to_pil())]
            text.close()
            one.close()
    return words, seen


def made(*arguments: object) -> Result:
    return run(notice.main, *arguments, "--content", CONTENT)


PAGES = sorted(
    (path.parent.parent.name, f"{path.parent.name}/{path.stem}")
    for folder in notice.SECTIONS
    for path in CONTENT.glob(f"*/{folder}/*.md")
    if path.stem != "index"
) + [(language, notice.EMERGENCY) for language in ("zh", "en")]


def test_every_guide_and_explainer_fits_on_two_pages_in_large_type() -> None:
    assert len(PAGES) > 60
    for language, name in PAGES:
        found = read(CONTENT / language / f"{name}.md", language, CONTENT)
        data = {**notice._data(found, SITE), "size": LARGE}
        assert (language, name, page_count("notice", data) <= notice.MOST_PAGES) == (language, name, True)


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("zh", "guides/fake-police"),
        ("en", "guides/fake-police"),
        ("zh", "policies/identity-card"),
        ("zh", "emergency"),
    ],
)
def test_a_notice_says_what_the_page_says_and_leads_to_it(language: str, name: str) -> None:
    found = page(name, language)
    pdf = notice.notice(found, SITE)
    words, seen = printed(pdf)
    assert len(words) <= notice.MOST_PAGES
    assert seen == [notice.address(found, SITE)]
    everything = "".join(words)
    told = [found.front.title, found.front.summary, found.front.owner, *[block.text for block in found.blocks]]
    for text in told:
        parts = re.split(r"\s*\|\s*|[-\s]{3,}", text or "")
        assert [part for part in parts if re.sub(r"\s", "", part) not in everything] == []
    for foot in words:
        assert f"{found.front.reviewed}" in foot
        assert f"{found.front.expires}" in foot
    for source in found.front.source:
        assert re.sub(r"\s", "", source.hotline or source.name) in everything
    assert notice.notice(found, SITE) == pdf


def test_the_address_is_the_one_the_site_gives_the_page() -> None:
    assert notice.address(page("guides/fake-police"), SITE) == f"{SITE}/guides/fake-police/"
    assert notice.address(page("guides/fake-police", "en"), SITE) == f"{SITE}/en/guides/fake-police/"


def test_signs_that_a_typesetter_would_read_are_printed_as_they_are(tmp_path: Path) -> None:
    body = "价格 #5 是 $10，\\*星号\\* 和 `代码 @x`，<b 不是标签，[站内](mediation.md)打 [110](tel:110)。\n"
    found = written(tmp_path, body)
    words, _ = printed(notice.notice(found, SITE))
    assert "价格#5是$10，*星号*和代码@x，<b不是标签，站内打110。" in words[0]


def test_the_section_to_act_on_is_marked_and_lists_nest(tmp_path: Path) -> None:
    found = sections(written(tmp_path, "先看。\n\n## 现在就做\n\n1. 挂断\n    - 再打 [110](tel:110)\n\n> **他**：好\n"))
    assert [(one["now"], one["whole"]) for one in found] == [(False, True), (True, True)]
    (listed, quoted) = found[1]["blocks"]
    assert listed["ordered"]
    assert [one["kind"] for one in listed["items"][0]] == ["paragraph", "list"]
    assert listed["items"][0][1]["items"][0][0]["inline"][1] == {"kind": "call", "text": "110"}
    assert quoted["blocks"][0]["inline"][0] == {"kind": "strong", "text": "他"}


@pytest.mark.parametrize(
    ("body", "told"),
    [("<div>框</div>\n", "paper cannot show HTML"), ("![图](x.png)\n", "<img>"), ("    缩进\n", "<pre>")],
)
def test_what_paper_cannot_show_is_refused(tmp_path: Path, body: str, told: str) -> None:
    with pytest.raises(HuiyinError, match=told):
        notice.notice(written(tmp_path, body), SITE)


def test_a_page_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HuiyinError, match=r"too long for 2 pages .* shorten it or split it"):
        notice.notice(written(tmp_path, "很长的一段话。\n\n" * 300), SITE)


def test_an_expired_page_and_one_that_is_not_there_are_refused(tmp_path: Path) -> None:
    written(tmp_path, "过期了。\n")
    with pytest.raises(HuiyinError, match="no longer valid: check it, renew"):
        notice.page_at("guides/page", "zh", tmp_path, date(2027, 10, 31))
    for name in ("guides/nothing", "about/privacy", "../zh/guides/fake-police"):
        with pytest.raises(HuiyinError, match="there is no guide or explainer"):
            notice.page_at(name, "zh", CONTENT, DAY)
    with pytest.raises(HuiyinError, match="lists other pages"):
        notice.page_at("guides/index", "zh", CONTENT, DAY)


def test_the_command_writes_the_file_and_asks_for_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUIYIN_SITE_URL", raising=False)
    out = tmp_path / "notice.pdf"
    refused = made("guides/fake-police", "--out", out)
    assert (refused.exit_code, out.exists()) == (1, False)
    assert "set HUIYIN_SITE_URL or --site-url" in refused.stderr
    done = made("guides/fake-police", "--out", out, "--site-url", SITE)
    assert (done.exit_code, done.stderr) == (0, "")
    nowhere = tmp_path / "nope/x"
    refused = made("guides/fake-police", "--out", nowhere / "y.pdf", "--site-url", SITE)
    told = f"{nowhere / 'y.pdf'}: there is no folder {nowhere}: make it, or correct the path\n"
    assert (refused.exit_code, refused.stderr) == (1, told)
    assert printed(out.read_bytes())[1] == [f"{SITE}/guides/fake-police/"]
