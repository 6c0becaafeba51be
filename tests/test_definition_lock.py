"""An opened version keeps its wording, editors get a schema of today's types, and one command checks it all."""

import json
import re
import shutil
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from scripts import check
from scripts.check import calendar_warnings
from surveys import lock
from surveys.definition import Definitions, Survey, load
from surveys.errors import DefinitionError
from surveys.json_schema import FILES, schema_of, schema_text
from surveys.responses import today
from surveys.yaml_reading import parse
from tests.conftest import ROOT, TINY
from tests.scripts.conftest import EXAMPLE, run

OFFICE = ROOT / "surveys/definitions"
BEFORE, AFTER = date(2025, 12, 31), date(2026, 11, 21)


def faults(folder: Path, today: date = AFTER) -> list[str]:
    return [problem.message for problem in lock.problems(folder, load(folder), today)]


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def locked(folder: Path) -> Path:
    """A definitions folder whose opened versions are all locked."""
    lock.write_lock(folder, load(folder), AFTER)
    assert faults(folder) == []
    return folder


@pytest.mark.parametrize("folder", [OFFICE, EXAMPLE])
def test_both_folders_of_the_project_are_locked_and_unchanged(folder: Path) -> None:
    found = load(folder)
    assert list(lock.problems(folder, found, today())) == []
    assert (folder / "lock.json").read_text() == json.dumps(lock.read_lock(folder), indent=2, sort_keys=True) + "\n"
    assert lock.opened(found, today()).items() <= lock.read_lock(folder).items()


def test_a_version_that_has_opened_must_be_locked(folder: Path) -> None:
    assert faults(folder, BEFORE) == []
    assert all("run .venv/bin/python -m scripts.check --lock" in fault for fault in faults(folder))
    assert len(faults(folder)) == len(load(folder).surveys)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("surveys/scale.v1.yaml", "满意吗", "您满意吗"),
        ("surveys/scale.v1.yaml", "required: true", "required: false"),
        ("scales.yaml", "zh: ", "zh: 最"),
    ],
)
def test_a_changed_wording_is_told_with_the_way_out(locked: Path, name: str, old: str, new: str) -> None:
    change(locked, name, old, new)
    assert any("copy the file to scale.v2.yaml" in fault for fault in faults(locked))


def test_closing_a_survey_is_no_change_of_its_wording(locked: Path) -> None:
    change(locked, "surveys/scale.v1.yaml", "opened: 2026-01-01", "opened: 2026-01-01\nclosed: 2026-12-31")
    assert faults(locked) == []


def test_moving_the_first_day_of_an_opened_version_is_told(locked: Path) -> None:
    change(locked, "surveys/scale.v1.yaml", "opened: 2026-01-01", "opened: 2027-01-01")
    assert faults(locked) == ["'opened' was moved although the version had opened: undo it"]


def test_a_version_that_is_gone_is_told(locked: Path) -> None:
    (locked / "surveys/scale.v1.yaml").unlink()
    problems = list(lock.problems(locked, load(locked), AFTER))
    assert [(problem.path.name, "put the file back" in problem.message) for problem in problems] == [
        ("scale.v1.yaml", True)
    ]


def test_locking_never_changes_an_entry_that_is_there(locked: Path) -> None:
    before = lock.read_lock(locked)
    change(locked, "surveys/scale.v1.yaml", "满意吗", "您满意吗")
    (locked / "surveys/text.v2.yaml").write_text(
        (locked / "surveys/text.v1.yaml").read_text(encoding="utf-8").replace("version: 1", "version: 2"),
        encoding="utf-8",
    )
    assert lock.write_lock(locked, load(locked), AFTER) == ("text.v2",)
    after = lock.read_lock(locked)
    assert {name: after[name] for name in before} == before
    assert lock.write_lock(locked, load(locked), AFTER) == ()


@pytest.mark.parametrize("text", ["{", "[]", '{"scale.v1": 1}'])
def test_a_spoilt_lock_is_refused(locked: Path, text: str) -> None:
    (locked / "lock.json").write_text(text)
    with pytest.raises(DefinitionError, match="put back the committed copy"):
        faults(locked)


class TestSchema:
    @pytest.mark.parametrize("name", FILES)
    def test_the_committed_copy_is_current(self, name: str) -> None:
        assert (OFFICE / f"schema/{name}.json").read_text(encoding="utf-8") == schema_text(name)

    @pytest.mark.parametrize("folder", [OFFICE, EXAMPLE, TINY])
    def test_it_takes_every_file_that_the_reader_takes(self, folder: Path) -> None:
        for path in folder.rglob("*.yaml"):
            name = "survey" if path.parent.name == "surveys" else path.stem
            if name in FILES:
                jsonschema.validate(self.plain(path.read_text(encoding="utf-8")), schema_of(name))

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("kind: scale", "kind: stars"),
            ("required: true", "requird: true"),
            ("minutes: 1", "minutes: one"),
            ("{zh: 满意吗, en: Satisfied}", "{zh: 满意吗}"),
        ],
    )
    def test_it_refuses_what_the_reader_refuses(self, old: str, new: str) -> None:
        text = (TINY / "surveys/scale.v1.yaml").read_text(encoding="utf-8").replace(old, new)
        with pytest.raises(DefinitionError):
            parse(text, Path("scale.v1.yaml"), FILES["survey"])
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(self.plain(text), schema_of("survey"))

    @pytest.mark.parametrize("folder", [OFFICE, EXAMPLE])
    def test_every_file_names_a_schema_that_is_there(self, folder: Path) -> None:
        for path in [*folder.glob("*.yaml"), *(folder / "surveys").glob("*.yaml")]:
            if path.name == "map.yaml":
                continue
            named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text(encoding="utf-8"))
            assert named is not None, path
            assert (path.resolve().parent / named[1]).is_file(), path

    def plain(self, text: str) -> object:
        return json.loads(json.dumps(YAML(typ="safe").load(text), default=str))


class TestCommand:
    @pytest.fixture(autouse=True)
    def nobody_answered(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever answers lie in the project's folder, these tests are not about them."""
        monkeypatch.setenv("HUIYIN_DATABASE", str(tmp_path / "none.db"))

    def test_all_is_in_order(self, locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(ROOT)
        result = run(check.main, "--definitions", locked)
        assert result.exit_code == 0, result.stderr
        assert f"{locked}: 8 surveys, " in result.stdout
        assert "content: in order" in result.stdout
        change(locked, "surveys/text.v1.yaml", "version: 1", "version: 2")
        (locked / "surveys/text.v1.yaml").rename(locked / "surveys/text.v2.yaml")
        shutil.copy(TINY / "surveys/text.v1.yaml", locked / "surveys")
        assert check.surveys_told(load(locked)) == "8 surveys in 9 versions"

    def test_a_fault_ends_it_with_one_line_that_names_the_place(self, locked: Path) -> None:
        change(locked, "surveys/scale.v1.yaml", "kind: scale", "kind: stars")
        result = run(check.main, "--definitions", locked)
        assert result.exit_code == 1
        assert re.match(r".*scale\.v1\.yaml:\d+:\d+: 'kind' is 'stars'", result.stderr)

    def test_a_change_of_an_opened_version_fails(self, locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(ROOT)
        change(locked, "surveys/scale.v1.yaml", "满意吗", "您满意吗")
        result = run(check.main, "--definitions", locked)
        assert result.exit_code == 1
        assert "scale.v2.yaml" in result.stderr

    def test_units_stand_with_their_code_first(self) -> None:
        result = run(check.main, "--units", "--definitions", EXAMPLE)
        lines = [line.split("\t") for line in result.stdout.splitlines()]
        assert lines[0] == ["d1", "第一选区", "Council District 1"]
        assert [line[0] for line in lines] == ["d1", "d2", "d3", "d4", "d5", "d6"]

    def test_a_unit_that_takes_no_answers_is_not_listed_and_no_code_holds_a_blank(self) -> None:
        result = run(check.main, "--units", "--definitions", OFFICE)
        codes = [line.split("\t")[0] for line in result.stdout.splitlines()]
        assert codes == [unit.code for unit in load(OFFICE).units.values() if unit.is_open(today())]
        assert not [code for code in codes if " " in code]

    def test_questions_stand_with_every_code_that_a_map_may_name(self) -> None:
        result = run(check.main, "--questions", "kcmo-resident", "--definitions", EXAMPLE)
        lines = [line.split("\t") for line in result.stdout.splitlines()]
        assert lines[0][:3] == ["q3_01", "scale", ""]
        assert lines[1] == ["q3_01", "scale", "5", "非常满意", "Very satisfied"]
        assert lines[6][:3] == ["q3_01", "scale", "dk"]
        assert {tuple(line[:3]) for line in lines} == self.codes(load(EXAMPLE).versions("kcmo-resident")[0])
        assert {len(line) for line in lines} == {5}

    def codes(self, survey: Survey) -> set[tuple[str, ...]]:
        asked = [question for question in survey.questions if question.kind != "statement"]
        return {(question.code, question.kind, code) for question in asked for code in ("", *question.codes())}

    @pytest.mark.parametrize("key", sorted({key for key, _ in load(OFFICE).surveys}))
    def test_questions_of_the_office_begin_with_the_version_asked_today(self, key: str) -> None:
        known = load(OFFICE)
        lines = run(check.main, "--questions", key, "--definitions", OFFICE).stdout.split("\n\n")[0].splitlines()
        first = known.current(key, today()) or known.versions(key)[-1]
        assert {tuple(line.split("\t")[:3]) for line in lines} == self.codes(first)

    @pytest.mark.parametrize(("opened", "told"), [("opened: 2026-12-01\n", "opens 2026-12-01"), ("", "a draft")])
    def test_a_version_still_to_open_follows_under_its_name(self, folder: Path, opened: str, told: str) -> None:
        text = (folder / "surveys/single.v1.yaml").read_text(encoding="utf-8").replace("version: 1", "version: 2")
        coming = folder / "surveys/single.v2.yaml"
        coming.write_text(text.replace("opened: 2026-01-01\n", opened).replace("code: ", "code: new-"), "utf-8")
        known = load(folder)
        listed = "\n".join(check.question_lines(known, "single", AFTER))
        now, _, then = listed.partition(f"\n\n# single.v2, {told}\n")
        for version, lines in zip(known.versions("single"), (now, then), strict=True):
            assert {tuple(line.split("\t")[:3]) for line in lines.splitlines()} == self.codes(version)
        if opened:
            assert "# " not in "\n".join(check.question_lines(known, "single", date(2026, 12, 1)))

    def test_questions_of_no_survey_name_the_one_that_was_meant(self) -> None:
        result = run(check.main, "--questions", "counter-servce", "--definitions", OFFICE)
        assert result.exit_code == 1
        assert result.stderr == "no survey 'counter-servce', did you mean 'counter-service'?\n"

    def test_units_that_group_or_have_closed_are_left_out(self, folder: Path) -> None:
        known: Definitions = load(folder)
        listed = [line.split("\t")[0] for line in check.unit_lines(known, date(2026, 11, 21))]
        assert listed == ["hall"]

    def test_locking_by_command(self, folder: Path) -> None:
        assert run(check.main, "--lock", "--definitions", folder).stdout.startswith("locked: ")
        assert "nothing to lock" in run(check.main, "--lock", "--definitions", folder).stdout

    def test_schemas_by_command(self, tmp_path: Path) -> None:
        assert run(check.main, "--schema", tmp_path / "schema").exit_code == 0
        assert {path.stem for path in (tmp_path / "schema").iterdir()} == set(FILES)

    def test_pages_by_command(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(ROOT)
        assert run(check.main, "--content").exit_code == 0
        monkeypatch.chdir(tmp_path)
        result = run(check.main, "--content")
        assert result.exit_code == 1
        assert result.stderr == "no pages at content: run this in the project's folder\n"

    def test_a_year_without_its_holidays_is_warned_of_from_a_month_before(self) -> None:
        assert list(calendar_warnings(date(2026, 11, 21))) == []
        assert ["2999" in warning for warning in calendar_warnings(date(2999, 6, 1))] == [True]
        assert len(list(calendar_warnings(date(2998, 12, 15)))) == 2
