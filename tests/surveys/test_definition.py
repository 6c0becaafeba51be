"""What an office writes: every fault has its place and its advice, and a version's digest pins its words."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from surveys.definition import DONT_KNOW, LEVELS, Definitions, Kind, Scale, Survey, load
from surveys.errors import DefinitionError
from surveys.yaml_reading import Code, Text
from tests.conftest import ROOT, TINY

FAULTS = sorted((Path(__file__).parents[1] / "fixtures/faults").glob("*.yaml"))
MARK = "# fault: "


def place_of(fixture: Path, folder: Path) -> Path:
    part = fixture.stem.partition("-")[0]
    return folder / ("surveys/faulty.v1.yaml" if part == "survey" else f"{part}.yaml")


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        load(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


@pytest.mark.parametrize("fixture", FAULTS, ids=lambda path: path.stem)
def test_every_fault_is_told_with_place_and_advice(fixture: Path, folder: Path) -> None:
    shutil.copy(fixture, place_of(fixture, folder))
    expected = [line for line in fixture.read_text("utf-8").splitlines() if line.startswith(MARK)]
    assert [MARK + problem for problem in problems_of(folder)] == expected


def test_faults_of_several_files_are_told_at_once(folder: Path) -> None:
    for name in ("survey-key-of-another-kind", "scales-four-levels", "units-unknown-kind", "categories-no-days"):
        fixture = next(path for path in FAULTS if path.stem == name)
        shutil.copy(fixture, place_of(fixture, folder))
    told = {problem.partition(":")[0] for problem in problems_of(folder)}
    assert told == {"surveys/faulty.v1.yaml", "scales.yaml", "units.yaml", "categories.yaml"}


@pytest.mark.parametrize("name", ["units.yaml", "scales.yaml", "categories.yaml"])
def test_a_missing_file_is_told(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert problems_of(folder) == [f"{name}: cannot be read: No such file or directory"]


@pytest.mark.parametrize("name", ["declared.yaml", "themes.yaml", "surveys/new.v1.yaml"])
def test_a_link_to_a_file_that_is_gone_is_told(folder: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to("gone.yaml")
    assert problems_of(folder) == [f"{name}: cannot be read: No such file or directory"]


def test_a_folder_without_surveys_is_told(folder: Path) -> None:
    shutil.rmtree(folder / "surveys")
    assert problems_of(folder) == ["surveys: no survey: add <key>.v1.yaml"]


def test_a_file_that_would_not_be_read_is_told(folder: Path) -> None:
    (folder / "surveys/scale.v1.yaml").rename(folder / "surveys/scale.v1.yml")
    assert problems_of(folder) == ["surveys/scale.v1.yml: would not be read: name it scale.v1.yaml"]


def test_a_second_file_of_the_same_version_is_told(folder: Path) -> None:
    shutil.copy(folder / "surveys/scale.v1.yaml", folder / "surveys/scale-copy.v1.yaml")
    assert problems_of(folder) == [
        "surveys/scale-copy.v1.yaml:1:6: key and version ask for the file name scale.v1.yaml"
    ]


@pytest.mark.parametrize("path", ["surveys/definitions", "surveys/examples/kcmo-resident-survey"])
def test_the_shipped_definitions_hold(path: str) -> None:
    found = load(ROOT / path)
    assert found.surveys
    assert found.units


def changed(folder: Path, old: str, new: str, key: str = "shown", file: str = "surveys/shown.v1.yaml") -> str:
    """The digest of a version after one change to a file."""
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    found = load(folder)
    return found.digest(found.surveys[key, 1])


SHOWN = "surveys/shown.v1.yaml"


@pytest.mark.parametrize(
    ("old", "new", "file"),
    [
        ("Satisfied}", "Are you satisfied}", SHOWN),
        ("满意吗", "您满意吗", SHOWN),
        ("zh: 等太久", "zh: 等得太久", SHOWN),
        ("code: manner", "code: manners", SHOWN),
        ("[1, 2]", "[1]", SHOWN),
        ("    required: true\n", "", SHOWN),
        ("opened: 2026-01-01", "opened: 2026-01-02", SHOWN),
        ("bases: [open, assisted]", "bases: [open]", SHOWN),
        ("minutes: 1", "minutes: 2", SHOWN),
        ("zh: 基本满意", "zh: 一般", "scales.yaml"),
        ("counts: wide", "counts: neutral", "scales.yaml"),
        ("Don't know", "Cannot say", "scales.yaml"),
    ],
)
def test_the_digest_changes_with_what_was_asked(tiny: Definitions, folder: Path, old: str, new: str, file: str) -> None:
    assert changed(folder, old, new, file=file) != tiny.digest(tiny.surveys["shown", 1])


@pytest.mark.parametrize(
    ("old", "new", "file"),
    [
        ("key: shown\nversion: 1\n", "# a remark\nversion: 1\nkey: shown\n", SHOWN),
        ("{zh: 满意吗, en: Satisfied}", '{en: "Satisfied", zh: 满意吗}', SHOWN),
        ("minutes: 1\n", "minutes: 1\nclosed: 2026-12-31\n", SHOWN),
        ("{value: 5, counts: satisfied,", "{counts: satisfied, value: 5,", "scales.yaml"),
        ("name: {zh: 大厅, en: Hall}", "name: {zh: 服务大厅, en: Service hall}", "units.yaml"),
        ("first_reply_days: 3", "first_reply_days: 2", "categories.yaml"),
    ],
)
def test_the_digest_stays_with_the_rest(tiny: Definitions, folder: Path, old: str, new: str, file: str) -> None:
    assert changed(folder, old, new, file=file) == tiny.digest(tiny.surveys["shown", 1])


def test_a_scale_that_a_version_does_not_use_leaves_its_digest(tiny: Definitions, folder: Path) -> None:
    assert changed(folder, "基本满意", "一般", key="number", file="scales.yaml") == tiny.digest(
        tiny.surveys["number", 1]
    )


def version_of(folder: Path, number: int, opened: str, closed: str = "") -> None:
    text = (TINY / "surveys/scale.v1.yaml").read_text("utf-8").replace("version: 1", f"version: {number}")
    text = text.replace("opened: 2026-01-01", f"opened: {opened}" + (f"\nclosed: {closed}" if closed else ""))
    (folder / f"surveys/scale.v{number}.yaml").write_text(text, "utf-8")


def test_the_current_version_is_the_newest_that_is_open(folder: Path) -> None:
    version_of(folder, 1, "2026-01-01", "2026-05-31")
    version_of(folder, 2, "2026-04-01", "2026-06-30")
    version_of(folder, 10, "2026-08-01")
    found = load(folder)

    def current(day: str) -> int | None:
        survey = found.current("scale", date.fromisoformat(day))
        return survey.version if survey else None

    assert [survey.version for survey in found.versions("scale")] == [1, 2, 10]
    assert current("2025-12-31") is None
    assert current("2026-01-01") == 1
    assert current("2026-04-01") == 2
    assert current("2026-06-30") == 2
    assert current("2026-07-01") is None
    assert current("2026-08-01") == 10
    assert "scale" not in [survey.key for survey in found.open_surveys(date(2026, 7, 1))]
    assert found.current("nothing", date(2026, 7, 1)) is None


def test_units_follow_kind_days_and_whether_they_take_answers(tiny: Definitions) -> None:
    survey = tiny.surveys["scale", 1]
    assert [unit.code for unit in tiny.units_for(survey, date(2026, 6, 30))] == ["hall"]
    assert list(tiny.units) == ["town", "hall", "gate"]
    assert tiny.units["gate"].is_open(date(2026, 6, 30))
    assert not tiny.units["gate"].is_open(date(2026, 7, 1))
    assert not tiny.units["gate"].is_open(date(2019, 12, 31))
    assert not tiny.units["town"].is_open(date(2026, 6, 30))


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("scale", (*LEVELS, DONT_KNOW)),
        ("single", ("walk", "bus")),
        ("multiple", ("waiting", "manner", "result")),
        ("text", ()),
        ("number", ()),
        ("date", ()),
        ("statement", ()),
    ],
)
def test_each_kind_has_its_codes(tiny: Definitions, kind: Kind, codes: tuple[str, ...]) -> None:
    question = tiny.surveys[kind, 1].questions[0]
    assert question.kind == kind
    assert question.codes() == codes


def test_only_a_scale_that_says_so_has_a_wide_rate(tiny: Definitions, folder: Path) -> None:
    assert tiny.scales["satisfaction"].wide
    changed(folder, "counts: wide", "counts: neutral", file="scales.yaml")
    assert not load(folder).scales["satisfaction"].wide


def test_what_is_loaded_cannot_be_changed(tiny: Definitions) -> None:
    changes: list[Callable[[], object]] = [
        lambda: vars(tiny)["surveys"].update({("x", 1): None}),
        lambda: setattr(tiny.surveys["scale", 1], "minutes", 5),
        lambda: setattr(tiny, "units", {}),
    ]
    for change in changes:
        with pytest.raises((TypeError, AttributeError)):
            change()


def test_a_scale_made_in_code_is_checked_too() -> None:
    assert [problem.message for problem in Scale((), Text(zh="不知道", en="Don't know")).problems()] == [
        "a scale has exactly the levels 1, 2, 3, 4 and 5"
    ]


def test_a_survey_is_open_from_its_first_to_its_last_day(tiny: Definitions) -> None:
    survey = Survey(
        Code("a"), 1, Text(), Text(), 1, ("post",), ("open",), (), opened=date(2026, 1, 1), closed=date(2026, 1, 31)
    )
    assert [survey.is_open(date(2026, 1, day)) for day in (1, 31)] == [True, True]
    assert not survey.is_open(date(2025, 12, 31))
    assert not survey.is_open(date(2026, 2, 1))
