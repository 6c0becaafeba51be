"""The assessment of impact on personal information: no table is left out, and its figures are the code's."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts import impact
from scripts.holdings import HOLDINGS
from scripts.impact_text import LAWFUL, RISKS, WORDS
from surveys import backup_rotation, case_limits, paper_ends, themes
from surveys.responses import today
from surveys.store.schema import METADATA
from tests.conftest import ROOT
from tests.scripts.conftest import run


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("HUIYIN_CONTACT", "028-12345678, help@office.example")
    monkeypatch.setenv("HUIYIN_ICP", "京ICP备12345678号-1")
    definitions, database = str(ROOT / "surveys/definitions"), str(tmp_path / "none.db")
    command = ["--out", str(tmp_path / "made"), "--definitions", definitions, "--database", database]
    done = CliRunner().invoke(impact.main, command)
    assert (done.exit_code, done.output) == (0, f"{tmp_path / 'made'}: impact.zh.md, impact.en.md\n")
    return {one: (tmp_path / f"made/impact.{one}.md").read_text(encoding="utf-8") for one in ("zh", "en")}


def test_every_table_of_the_store_is_told_once() -> None:
    """Whoever adds a table says here why it is there, how long it is kept and who sees it."""
    told = [table for one in HOLDINGS for table in one.tables]
    assert sorted(told) == sorted(METADATA.tables)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_periods_and_settings_are_those_in_force(pages: dict[str, str], language: str) -> None:
    page = pages[language]
    days = (themes.KEEP_DAYS, case_limits.TEXT_DAYS, case_limits.CONTACT_DAYS, paper_ends.KEEP_DAYS)
    for n in (*days, backup_rotation.LONGEST_DAYS):
        assert re.search(rf"(?<!\d){n} ?(?:天|days)", page), n
    assert "028-12345678, help@office.example" in page
    assert "京ICP备12345678号-1" in page
    assert ("每年一次的安全感问卷" in page) == (language == "zh")
    assert len(re.findall(r"^\| ", page, re.M)) == len(HOLDINGS) + len(RISKS[language]) + 4


def test_both_languages_say_as_much(pages: dict[str, str]) -> None:
    assert set(WORDS["zh"]) == set(WORDS["en"])
    assert len(LAWFUL["zh"]) == len(LAWFUL["en"])
    heads = {language: len(re.findall("^#", page, re.M)) for language, page in pages.items()}
    assert heads["zh"] == heads["en"]
    assert not any(re.search(r"\{\w*\}", page) for page in pages.values())


def test_what_only_the_office_knows_is_left_blank(pages: dict[str, str]) -> None:
    assert all(page.count("____") > 5 and f"{today().year}-" in page for page in pages.values())


def test_a_setting_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HUIYIN_ICP", "12345678")
    command = ["--out", str(tmp_path / "made"), "--definitions", str(ROOT / "surveys/definitions")]
    done = CliRunner().invoke(impact.main, [*command, "--database", str(tmp_path / "none.db")])
    assert done.exit_code == 1
    assert "HUIYIN_ICP is '12345678', must be the number as it was given" in done.output
    assert not (tmp_path / "made").exists()


def test_what_was_filled_in_is_not_written_over(tmp_path: Path) -> None:
    out = tmp_path / "made"
    places = ("--definitions", ROOT / "surveys/definitions", "--database", tmp_path / "none.db", "--out", out)
    for _ in range(2):
        assert run(impact.main, *places).exit_code == 0
    page = out / "impact.en.md"
    page.write_text(page.read_text(encoding="utf-8").replace("____", "Wang", 1), encoding="utf-8")
    before = [path.read_bytes() for path in sorted(out.iterdir())]
    told = run(impact.main, *places)
    assert (told.exit_code, f"{page} is there already, and may be filled in" in told.stderr) == (1, True)
    assert [path.read_bytes() for path in sorted(out.iterdir())] == before
