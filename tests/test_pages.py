"""What the pages tell residents and staff, held to the code and the definitions that they speak of."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from portal.config import Config
from scripts import answer_map, backup, open_data
from scripts.content_lint import HOTLINES, SECTIONS
from scripts.content_page import Page, read, written_by_hand
from surveys import (
    backup_rotation,
    case_limits,
    definition,
    disclosure,
    indicators,
    keys,
    office,
    paper_ends,
    released,
    responses,
    themes,
)
from surveys.case_events import PHOTO_LIMIT
from surveys.store import HEAD, Store, schema, settling

ROOT = Path(__file__).parents[1]
CONTENT = ROOT / "content"


def pages() -> Iterator[Page]:
    """Every page of the project that a person wrote."""
    for language in ("zh", "en"):
        for path in written_by_hand(CONTENT / language):
            yield read(path, language, CONTENT)


def source_of(page: Page) -> str:
    return page.path.read_text(encoding="utf-8")


SCAMS = sorted(page.stem for page in (CONTENT / "zh/guides").glob("*.md") if page.stem != "index")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("scam", SCAMS)
def test_a_guide_has_the_script_three_signs_and_numbers_to_call(language: str, scam: str) -> None:
    page = read(CONTENT / language / "guides" / f"{scam}.md", language, CONTENT)
    written = source_of(page)
    dialogue = [block for block in page.blocks if block.kind == "quotation" and block.text]
    signs = re.search(r"## (?:三个信号|Three signs)\n\n((?:\d\. .*\n)+)", written)
    assert len(dialogue) >= 3
    assert signs is not None
    assert len(signs[1].splitlines()) == 3
    assert re.search(r"^## .*(?:现在就做|[Dd]o this now).*\n\n1\. ", written, re.MULTILINE)
    assert {"110", "96110"} <= set(re.findall(r"\]\(tel:(\d+)\)", written)) | set(hotlines(page))


def hotlines(page: Page) -> list[str]:
    return [source.hotline for source in page.front.source if source.hotline]


def test_every_number_that_can_be_tapped_is_a_known_hotline() -> None:
    for page in pages():
        assert set(re.findall(r"\]\(tel:([^)]*)\)", source_of(page))) <= set(HOTLINES), page.path
        assert set(hotlines(page)) <= set(HOTLINES), page.path


def test_pages_name_no_person_as_owner() -> None:
    for page in pages():
        assert page.front.owner is None or re.search(r"岗|窗口|desk|counter", page.front.owner), page.path


def cells(written: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in written.splitlines() if line.startswith("|")
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_promised_limits_are_those_of_the_definitions(language: str) -> None:
    written = (CONTENT / language / "policies" / "how-suggestions-are-handled.md").read_text(encoding="utf-8")
    limits = [row[1] for row in cells(written)[2:]]
    categories = definition.load(ROOT / "surveys" / "definitions").categories.values()
    assert {category.first_reply_days for category in categories} == {int(re.findall(r"\d+", limits[1])[0])}
    assert {category.outcome_days for category in categories} == {int(re.findall(r"\d+", limits[2])[0])}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_worked_example_of_the_method_page_is_right(language: str) -> None:
    written = (CONTENT / language / "about" / "method.md").read_text(encoding="utf-8")
    interval = indicators.wilson(40, 50)
    assert interval is not None
    low, high = (indicators.half_up(bound * 100, 0) for bound in interval)
    assert re.search(rf"80 ?%\D+{low} ?%\D+{high} ?%", written)
    assert str(indicators.half_up(indicators.Z_95, 6)) in written


def test_the_formula_of_the_method_page_gives_what_the_code_gives() -> None:
    p, n, z = 40 / 50, 50, 1.959964
    a, b, c = p + z**2 / (2 * n), z * (p * (1 - p) / n + z**2 / (4 * n**2)) ** 0.5, 1 + z**2 / n
    assert indicators.wilson(40, 50) == pytest.approx(((a - b) / c, (a + b) / c), abs=1e-6)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_method_page_names_the_limits_of_the_code(language: str) -> None:
    written = (CONTENT / language / "about" / "method.md").read_text(encoding="utf-8")
    first = [row[0] for row in cells(written)]
    assert [name for name in first if str(indicators.INTERVAL_FROM) in name]
    assert [name for name in first if str(indicators.PERCENT_FROM) in name]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_worked_example_of_merging_is_what_the_code_does(language: str) -> None:
    """The units of the example with levels that its figures leave open (worst first)."""
    levels = {"A": (0, 1, 1, 2, 4), "B": (1, 2, 0, 5, 12), "C": (2, 3, 5, 10, 20), "D": (5, 5, 5, 15, 30)}
    rows = [disclosure.Row(unit, found, sum(found)) for unit, found in levels.items()]
    passes = {row.unit: disclosure.rating_passes(row.cells) for row in rows}
    assert passes == {"A": False, "B": True, "C": True, "D": True}
    everything, *units, other = disclosure.protect(rows, lambda row: disclosure.rating_passes(row.cells))
    assert [row.status for row in units] == ["merged", "merged", "merged", "shown"]
    pair = rows[0].cells[2] + rows[1].cells[2]
    told = (CONTENT / language / "about" / "method.md").read_text(encoding="utf-8")
    example = re.search(r"^(?:举例|An example).*$", told, re.M)
    assert example is not None
    figures = [8, 20, 40, 60, 28, pair, 0, pair, pair - 0, everything.cells[2], other.total, other.cells[2], 0, 6]
    found = [int(number) for number in re.findall(r"\d+", example[0])]
    assert set(found) == {*figures, *(row.total for row in units)}
    assert pair - max(0, rows[0].total + pair - 28) < released.LEAST_SIDE


def test_the_privacy_page_speaks_of_all_that_a_rating_stores() -> None:
    """A new column must be told to residents first: then it is added here and on the page."""
    assert set(schema.responses.c.keys()) == {
        "id", "survey", "version", "unit", "channel", "basis", "language", "day", "period", "answers", "digest",
    }  # fmt: skip
    assert set(schema.response_texts.c.keys()) == {"id", "question", "text"}
    assert set(schema.page_votes.c.keys()) == {"page", "period", "helpful", "n"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_privacy_page_speaks_of_all_that_paper_and_calls_leave(language: str) -> None:
    assert set(schema.phone_calls.c.keys()) == {"id", "survey", "unit", "period", "outcome"}
    written = (CONTENT / language / "about" / "privacy.md").read_text(encoding="utf-8")
    paper = re.search(r"^## (?:在纸上填|When you answer on paper).*?(?=^## )", written, re.M | re.S)
    assert paper is not None
    assert re.findall(r"\d+", paper[0]) == [str(paper_ends.KEEP_DAYS)]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_privacy_page_tells_the_periods_that_are_in_force(language: str) -> None:
    """The table of periods, and every number of days, photos and seconds beside it, are those of the code."""
    written = (CONTENT / language / "about" / "privacy.md").read_text(encoding="utf-8")
    kept = re.search(r"^## (?:留多久|How long it is kept).*?(?=^## )", written, re.M | re.S)
    assert kept is not None
    days = (themes.KEEP_DAYS, case_limits.CONTACT_DAYS, case_limits.TEXT_DAYS, backup_rotation.LONGEST_DAYS)
    assert re.findall(r"\d+", kept[0]) == [str(n) for n in days]
    told = {int(n) for n in re.findall(r"(\d+) ?(?:天|days)", written)}
    assert told == {*days, paper_ends.KEEP_DAYS}
    assert (PHOTO_LIMIT, settling.SETTLE_AFTER) == (3, 30.0)
    assert re.search("最多三张" if language == "zh" else "three at most", written)
    assert re.search("半分钟" if language == "zh" else "half a minute", written)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_privacy_page_names_every_way_in_which_a_rating_comes(language: str) -> None:
    written = (CONTENT / language / "about" / "privacy.md").read_text(encoding="utf-8")
    (told,) = [row[0] for row in cells(written) if re.match("网页、|web, ", row[0])]
    ways = {"zh": ("网页", "窗口平板", "纸面", "电话"), "en": ("web", "counter tablet", "paper", "telephone")}[language]
    assert len(ways) == len(set(get_args(definition.Channel)) - {"other"})
    assert all(way in told for way in ways)


def test_no_page_names_a_tag_twice() -> None:
    for page in pages():
        assert len(page.front.tags) == len({tag.lower() for tag in page.front.tags}), page.path


# The handbook, held to the code it speaks of


def handbook(language: str, name: str) -> str:
    return (CONTENT / language / "handbook" / f"{name}.md").read_text(encoding="utf-8")


def fenced(written: str, kind: str) -> list[str]:
    """The code blocks of one kind in a page."""
    return re.findall(rf"```{kind}\n(.*?)```", written, re.S)


def keys_of(*kinds: type) -> set[str]:
    return {item.name for kind in kinds for item in fields(kind)} - {"place"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_handbook_explains_every_key_and_every_value(language: str) -> None:
    written = handbook(language, "definitions")
    keys = keys_of(
        definition.Survey, definition.Question, definition.Option, definition.Scale, definition.Level, office.Unit
    ) | keys_of(office.Category)
    values = {
        value
        for kind in (definition.Kind, definition.Basis, office.UnitKind, office.CaseKind)
        for value in get_args(kind)
    } | set(get_args(get_type_hints(definition.Level)["counts"]))
    told = {word for code in re.findall(r"`([^`\n]+)`", written) for word in re.split(r"[^a-z_-]+", code)}
    assert keys | values <= told


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_units_of_the_handbook_can_be_loaded(language: str, tmp_path: Path) -> None:
    copy = tmp_path / "definitions"
    shutil.copytree(ROOT / "surveys" / "definitions", copy)
    example = next(block for block in fenced(handbook(language, "definitions"), "yaml") if "units:" in block)
    (copy / "units.yaml").write_text(example, encoding="utf-8")
    assert set(definition.load(copy).units) == {"chengdong", "chengdong-hukou"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_of_the_handbook_has_all_that_a_guide_needs(language: str, tmp_path: Path) -> None:
    path = tmp_path / language / "guides" / "page.md"
    path.parent.mkdir(parents=True)
    path.write_text(fenced(handbook(language, "pages"), "yaml")[0], encoding="utf-8")
    page = read(path, language, tmp_path)
    assert all(getattr(page.front, key) for key in SECTIONS["guides"].required)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_handbook_names_the_limits_of_the_lint(language: str) -> None:
    written = handbook(language, "pages")
    guides = SECTIONS["guides"]
    assert guides.zh_characters is not None
    numbers = {int(number) for number in re.findall(r"\d+", written)}
    assert {*guides.zh_characters, *guides.longest_sentence.values()} <= numbers
    assert all(f"`{key}`" in written for key in guides.required)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_handbook_lists_every_setting_with_its_default(language: str) -> None:
    rows = {row[0]: row[-1] for row in cells(handbook(language, "operate"))}
    assert rows["`HOST`、`PORT`" if language == "zh" else "`HOST`, `PORT`"].split("`")[1::2] == ["127.0.0.1", "8000"]
    for item in fields(Config):
        if item.name not in ("host", "port"):
            told = rows[f"`HUIYIN_{item.name.upper()}`"]
            assert told == (f"`{item.default}`" if item.default is not None else told), item.name
            assert (item.default is None) == ("`" not in told), item.name


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_handbook_names_the_files_that_must_be_kept(language: str) -> None:
    named = {row[0].strip("`") for row in cells(handbook(language, "operate"))}
    database = Config().database
    assert {str(database), *map(str, keys.key_paths(database))} <= named
    folders = {name for row in cells(handbook(language, "operate")) for name in row[0].split("`")[1::2] if "/" in name}
    assert {
        "surveys/definitions",
        *(f"content/{one}{part}" for one in ("zh", "en") for part in ("", "/reports")),
    } <= folders


def by_handbook(command: str, places: dict[str, str], folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command as the handbook writes it, with its example's places changed to those of a test."""
    for written, meant in places.items():
        command = command.replace(written, meant)
    python = shlex.split(command)
    assert python[0] == ".venv/bin/python"
    environment = {"PYTHONPATH": str(ROOT), "HUIYIN_DEFINITIONS": str(ROOT / "surveys/definitions")}
    return subprocess.run(
        [sys.executable, *python[1:]], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_commands_for_backups_do_what_the_handbook_says(language: str, tmp_path: Path) -> None:
    blocks = fenced(handbook(language, "backup"), "sh")
    keygen, nightly, again = (
        next(block for block in blocks if word in block) for word in ("keygen", "--to", "restore")
    )
    database = tmp_path / "var/huiyin.db"
    keys.load_keys(database, create=True)
    Store.open(database, create=True).close()
    places = {"/media/stick": str(tmp_path / "stick"), "/mnt/backups": str(tmp_path / "kept")}
    places |= {"/srv/huiyin-again": str(tmp_path / "again")}
    assert by_handbook(keygen, places, tmp_path).returncode == 0
    (tmp_path / "stick/huiyin-backup-public.key").rename(tmp_path / "var/huiyin-backup-public.key")
    done = by_handbook(nightly, places, tmp_path)
    assert done.returncode == 0, done.stderr
    (made,) = (tmp_path / "kept").glob("*.backup")
    places["huiyin-2026-11-22.backup"] = made.name
    for status in (0, 1):
        assert by_handbook(again, places, tmp_path).returncode == status
    with Store.open(tmp_path / "again/huiyin.db") as copy:
        assert copy.version() == HEAD


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_handbook_names_how_long_backups_are_kept(language: str) -> None:
    numbers = set(map(int, re.findall(r"\d+", handbook(language, "backup"))))
    assert {backup.DAYS, backup.MONTHS, backup_rotation.LONGEST_DAYS} <= numbers


def test_every_command_of_the_handbook_exists() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    for page in pages():
        for block in fenced(source_of(page), "sh"):
            assert all(target in targets for target in re.findall(r"make ([a-z]+)", block)), page.path
            for name in re.findall(r"-m scripts\.([a-z_]+)", block):
                assert (ROOT / "scripts" / f"{name}.py").exists(), f"{page.path}: {name}"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_example_of_the_clerk_can_be_imported_twice(language: str, tmp_path: Path) -> None:
    written = handbook(language, "clerk")
    command = shlex.split(next(block for block in fenced(written, "sh") if "import_answers" in block))
    (tmp_path / command[3]).write_text(fenced(written, "csv")[0], encoding="utf-8")
    (tmp_path / "paper.yaml").write_text(fenced(written, "yaml")[0], encoding="utf-8")
    made = "made a new database at var/huiyin.db"
    for told, begins in (("3 new, 0 already there", made), ("0 new, 3 already there", "")):
        done = subprocess.run(
            [sys.executable, *command[1:], "--definitions", str(ROOT / "surveys" / "definitions")],
            cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr.partition(",")[0]) == (0, begins)
        assert told in done.stdout


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_clerk_is_told_every_key_of_a_map(language: str) -> None:
    told = set(re.findall(r"`([a-z_]+)`", handbook(language, "clerk")))
    assert keys_of(answer_map.AnswerMap, answer_map.Source) | set(definition.CHANNELS) <= told


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_clerk_is_told_messages_that_the_commands_really_say(language: str) -> None:
    paths = [path for folder in ("scripts", "surveys") for path in (ROOT / folder).rglob("*.py")]
    code = "".join(path.read_text(encoding="utf-8") for path in paths)
    said = re.sub(r"\{[^{}]*\}", "…", code)
    messages = [row[0].strip("`") for row in cells(handbook(language, "clerk")) if row[0].count(" ") and "…" in row[0]]
    assert len(messages) >= 6
    for message in messages:
        assert all(part.strip(" '") in said for part in message.split("…")), message


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_method_page_names_every_column_of_the_open_data(language: str) -> None:
    written = (CONTENT / language / "about" / "method.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`([a-z_0-9]+)`", written)) | {f"n_{level}" for level in range(2, 5)}
    assert {*open_data.RATING_HEADER.split(","), *open_data.ANSWER_HEADER.split(",")} <= told
    assert {*get_args(disclosure.Status), "all"} <= told


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_day_for_rehearsals_is_the_portals_alone(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYIN_TODAY", "2001-01-01")
    assert responses.today().year > 2001
    (told,) = [row[1] for row in cells(handbook(language, "operate")) if row[0] == "`HUIYIN_TODAY`"]
    assert re.search("只对填表的网页|for the portal only", told)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_office_is_told_that_its_paper_counts_as_imported(language: str) -> None:
    (told,) = [row[1] for row in cells(handbook(language, "definitions")) if row[0] == "`bases`"]
    assert re.search(r"`import_answers`[^.。]*(?:纸面|paper)", told)
    readme = (ROOT / "surveys/definitions/README.md").read_text(encoding="utf-8")
    assert all("imported" in listed for listed in re.findall(r"bases: \[(.*?)\]", readme))
