"""Posters: what people can say, a code that another reader reads, and no figure that the month's report hides."""

import re
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from scripts import poster
from scripts.account_tables import CASES_HEADER
from scripts.open_data import RATING_HEADER
from scripts.poster_month import month_of
from surveys.definition import LANGUAGES, load
from tests.conftest import ROOT
from tests.scripts.conftest import run

SITE = "https://huiyin.example"
PAPER = {"A4": (595, 842), "A3": (842, 1191)}
OFFICE = load(ROOT / "surveys" / "definitions")


def rating(unit: str, levels: tuple[int, ...] | None) -> str:
    cells = ",".join(map(str, levels)) if levels else ",,,,"
    more = f"2,{sum(levels)},0.5,0.4,0.6,3.5,shown" if levels else ",,,,,,merged"
    return f"2026-10,visit,overall,{unit},{cells},{more}"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "content/zh/reports/2026-10"
    folder.mkdir(parents=True)
    rows = [rating("all", (2, 3, 5, 40, 50)), rating("chengdong", (1, 2, 3, 34, 40)), rating("xiyuan", None)]
    (folder / "ratings.csv").write_text("\n".join([RATING_HEADER, *rows, ""]), encoding="utf-8")
    (folder / "answers.csv").write_text("period,survey,question,unit,code,n,share,low,high,status\n", encoding="utf-8")
    on_time = "2026-10,chengdong,first_reply_on_time,11,12,0.9,0.6,0.9,shown"
    hidden = "2026-10,xiyuan,first_reply_on_time,,3,,,,hidden"
    (folder / "cases.csv").write_text("\n".join([CASES_HEADER, on_time, hidden, ""]), encoding="utf-8")
    return tmp_path / "content"


def printed(path: Path, size: str = "A4") -> tuple[str, list[str]]:
    """The words of the one page without blanks, and the codes that another reader finds."""
    with pypdfium2.PdfDocument(path) as document:
        assert len(document) == 1
        one = document[0]
        assert (round(one.get_width()), round(one.get_height())) == PAPER[size]
        text = one.get_textpage()
        words = re.sub(r"\s", "", text.get_text_bounded())
        seen = [code.text for code in zxingcpp.read_barcodes(one.render(scale=2).to_pil())]
        text.close()
        one.close()
    return words, seen


@pytest.mark.parametrize("size", poster.SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_poster_of_a_survey_leads_to_its_form(content: Path, tmp_path: Path, language: str, size: str) -> None:
    made = []
    for name in ("one.pdf", "two.pdf"):
        where = ("--content", content, "--out", tmp_path / name, "--site-url", SITE)
        run(poster.main, "--unit", "chengdong", "--survey", "visit", "--size", size, "--language", language, *where)
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    words, seen = printed(tmp_path / "one.pdf", size)
    link = f"{SITE}/portal/s/visit?unit=chengdong{'&lang=en' if language == 'en' else ''}"
    assert seen == [link]
    scale = OFFICE.scale_of(OFFICE.versions("visit")[-1].by_code["overall"])
    told = [link.removeprefix("https://"), "huiyin.example/portal/suggest", OFFICE.units["chengdong"].name[language]]
    told += ["chengdong", "110", "119", "120", "93%", "80", "11", "12", "34", "40"]
    told += [word for level in scale.levels for word in level.text[language].split()]
    assert [one for one in told if re.sub(r"\s", "", one) not in words] == []


def test_without_a_survey_it_leads_to_suggestions_and_says_what_they_can_be(content: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.pdf"
    run(poster.main, "--unit", "dongyuan", "--content", content, "--out", out, "--site-url", SITE)
    words, seen = printed(out)
    assert seen == [f"{SITE}/portal/suggest?unit=dongyuan"]
    assert [one.code for one in OFFICE.categories.values() if one.text["zh"] not in words] == []
    assert "还没有人评价" in words


def test_what_the_report_hides_is_on_no_poster(content: Path, tmp_path: Path) -> None:
    month = month_of(OFFICE, content, OFFICE.units["xiyuan"], None, "en")
    assert month is not None
    assert month["answered"] == ""
    assert month["ratings"] == {"said": poster.WORDS["few"]["en"]}
    assert not re.search(r"\d", poster.WORDS["few"]["en"])


def test_before_anything_was_published_there_is_no_month(tmp_path: Path) -> None:
    assert month_of(OFFICE, tmp_path, OFFICE.units["xiyuan"], None, "en") is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--unit", "chengdong"), "set HUIYIN_SITE_URL or --site-url"),
        (("--unit", "nowhere", "--site-url", SITE), "choose one of chengdong"),
        (("--unit", "chengqu", "--site-url", SITE), "'chengqu' is no unit that takes answers today"),
        (("--unit", "chengdong", "--survey", "nothing", "--site-url", SITE), "there is no survey 'nothing'"),
        (("--unit", "dongyuan", "--survey", "counter-service", "--site-url", SITE), "takes no answers to"),
    ],
)
def test_what_cannot_be_printed_is_refused_with_advice(
    tmp_path: Path, arguments: tuple[str, ...], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUIYIN_SITE_URL", raising=False)
    result = run(poster.main, *arguments, "--content", ROOT / "content", "--out", tmp_path / "x.pdf")
    assert result.exit_code == 1
    assert words in result.stderr
    assert not (tmp_path / "x.pdf").exists()
