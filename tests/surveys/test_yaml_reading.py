"""Files that no survey should look like: every one is refused with its place, none with a traceback."""

import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.errors import DefinitionError
from surveys.office import Unit, UnitsFile
from surveys.yaml_reading import NOWHERE, Code, Place, Scalar, Text, parse, read

GOOD = "units:\n  - {code: hall, kind: counter, name: {zh: 大厅, en: Hall}, opened: 2020-01-01}\n"
PATH = Path("units.yaml")


@dataclass(frozen=True)
class Example:
    """One field of each type."""

    name: Text
    code: Code
    count: int
    known: bool
    day: date
    anything: tuple[Scalar, ...]
    word: str = "none"
    maybe: int | None = None
    place: Place = field(default=NOWHERE, compare=False)


FULL = """name: {zh: 名, en: Name}
code: a-1_b
count: -3
known: true
day: 2026-11-01
anything: [no, 12:30, 1, "2"]
"""


def refused(data: bytes, folder: Path) -> tuple[str, ...]:
    path = folder / "units.yaml"
    path.write_bytes(data)
    with pytest.raises(DefinitionError) as caught:
        read(path, UnitsFile)
    return tuple(str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems)


def test_every_type_is_read() -> None:
    found = parse(FULL, PATH, Example)
    anything = tuple(Scalar(value) for value in ("no", "12:30", "1", "2"))
    assert found == Example(Text(zh="名", en="Name"), Code("a-1_b"), -3, True, date(2026, 11, 1), anything)
    assert found.place.keys["day"] == (5, 6)


@pytest.mark.parametrize("word", ["no", "yes", "on", "12:30", "Norway"])
def test_words_that_older_yaml_bent_stay_text(word: str) -> None:
    assert parse(FULL + f"word: {word}\n", PATH, Example).word == word


@pytest.mark.parametrize("value", ["1", "1.5", "true", "null", "2026-01-01", "0x1F"])
def test_what_is_no_text_asks_for_quotes(value: str) -> None:
    with pytest.raises(DefinitionError, match=f"units.yaml:7:7: 'word' must be text: put quotes around {value}"):
        parse(FULL + f"word: {value}\n", PATH, Example)
    assert parse(FULL + f'word: "{value}"\n', PATH, Example).word == value


@pytest.mark.parametrize(
    ("opening", "closing", "column"), [("[", "]", 57), ("{a: ", "}", 201)], ids=["lists", "mappings"]
)
def test_deep_nesting_is_refused_at_once(tmp_path: Path, opening: str, closing: str, column: int) -> None:
    began = time.monotonic()
    problems = refused(f"units: {opening * 1000}{closing * 1000}".encode(), tmp_path)
    assert problems == (f"units.yaml:1:{column}: nested more than 50 deep: check the brackets",)
    assert time.monotonic() - began < 5


def test_an_alias_bomb_is_refused_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 30)]
    began = time.monotonic()
    problems = refused("\n".join(lines).encode(), tmp_path)
    assert problems[0] == "units.yaml:1:5: anchors (& and *) are not used here: write it out each time"
    assert len(problems) == 30
    assert time.monotonic() - began < 5


def test_a_unit_inside_itself_is_refused(tmp_path: Path) -> None:
    data = "units: &all\n  - {code: hall, kind: counter, name: {zh: 大厅, en: Hall}, opened: 2020-01-01, units: *all}\n"
    assert refused(data.encode(), tmp_path)[0].startswith("units.yaml:1:8: anchors")


@pytest.mark.parametrize(("data", "place"), [("{}\0", "3:1"), ("{}# \x07", "3:3"), ("{}# \x9b", "3:3")])
def test_characters_that_no_editor_shows_are_placed(tmp_path: Path, data: str, place: str) -> None:
    problem = refused(data.format(GOOD).encode(), tmp_path)[0]
    assert problem.startswith(f"units.yaml:{place}: not YAML: the character U+00")
    assert problem.endswith("delete it")


def test_another_encoding_is_told_with_its_place(tmp_path: Path) -> None:
    problems = refused(GOOD.encode("gb18030"), tmp_path)
    assert problems == ("units.yaml:2:44: not UTF-8 from here on: save the file as UTF-8",)
    assert "save the file as UTF-8" in refused(GOOD.encode("utf-16"), tmp_path)[0]


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "units.yaml").write_text("\ufeff" + GOOD, encoding="utf-8")
    assert read(tmp_path / "units.yaml", UnitsFile) == parse(GOOD, PATH, UnitsFile)
    assert refused(b"\xef\xbb\xbfunit: []\n", tmp_path)[1].startswith("units.yaml:1:1: unknown key 'unit'")


def test_line_ends_of_other_systems_keep_the_places(tmp_path: Path) -> None:
    assert refused(GOOD.replace("counter", "window").replace("\n", "\r\n").encode(), tmp_path)[0].startswith(
        "units.yaml:2:24:"
    )


@pytest.mark.parametrize("data", [b"", b"# nothing\n", b"---\n", b"\xef\xbb\xbf"])
def test_an_empty_file_says_so(tmp_path: Path, data: bytes) -> None:
    problem = refused(data, tmp_path)[0]
    assert "the file is empty" in problem or "must be a mapping" in problem


def test_a_missing_file_and_a_folder_say_so(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"none\.yaml: cannot be read: No such file"):
        read(tmp_path / "none.yaml", UnitsFile)
    with pytest.raises(DefinitionError, match="cannot be read: Is a directory"):
        read(tmp_path, UnitsFile)


@given(st.text(max_size=60))
def test_no_text_at_all_brings_a_traceback(text: str) -> None:
    try:
        found = parse(text, PATH, UnitsFile)
    except DefinitionError as error:
        assert error.problems
    else:
        assert found.units == ()


@given(st.binary(max_size=40), st.integers(0, len(GOOD.encode())))
def test_no_damage_to_a_good_file_brings_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.yaml"
    data = GOOD.encode()
    path.write_bytes(data[:at] + junk + data[at:])
    try:
        read(path, UnitsFile)
    except DefinitionError as error:
        assert all(problem.message for problem in error.problems)


def test_a_record_is_named_as_people_would() -> None:
    for kind, name in ((UnitsFile, "a units file"), (Example, "an example"), (Unit, "a unit")):
        with pytest.raises(DefinitionError, match=f"1:1: {name} must be a mapping of keys to values"):
            parse("- one\n", PATH, kind)
