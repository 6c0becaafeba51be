"""Which question a kiosk may ask, and the address that the office gives out for it."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from scripts import kiosk
from surveys import definition, kiosks
from surveys.audit import verify
from surveys.errors import DefinitionError
from surveys.keys import load_keys
from surveys.responses import today
from surveys.store import Store
from tests.conftest import ROOT
from tests.scripts.conftest import run

DEFINITIONS = ROOT / "surveys/definitions"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEFINITIONS, tmp_path / "definitions"))


def change(folder: Path, old: str, new: str, survey: str = "counter-service.v1") -> Path:
    path = folder / "surveys" / f"{survey}.yaml"
    written = path.read_text(encoding="utf-8")
    assert old in written
    path.write_text(written.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kiosk: overall", "kiosk: nothing", "names no question of the kind scale"),
        ("kiosk: overall", "kiosk: matter", "names no question of the kind scale"),
        ("    max_length: 500\n", "    max_length: 500\n    required: true\n", "a kiosk asks 'overall' alone"),
        ("[card, assisted, imported, open]", "[card, imported, open]", "are 'assisted': add it to 'bases'"),
    ],
)
def test_a_question_that_makes_no_whole_answer_is_refused_with_its_place(
    folder: Path, old: str, new: str, told: str
) -> None:
    path = change(folder, old, new)
    with pytest.raises(DefinitionError, match=re.escape(told)) as error:
        definition.load(folder)
    assert re.match(rf"{re.escape(str(path))}:\d+:\d+: ", str(error.value))


def test_a_version_that_has_opened_may_get_a_kiosk_later(folder: Path) -> None:
    before = definition.load(folder)
    change(folder, "kiosk: overall\n", "")
    after = definition.load(folder)
    pair = ("counter-service", 1)
    assert (before.surveys[pair].kiosk, after.surveys[pair].kiosk) == ("overall", None)
    assert before.digest(before.surveys[pair]) == after.digest(after.surveys[pair])


@pytest.mark.sqlite
def test_an_address_sets_up_the_kiosk_that_it_names(database: Path, folder: Path) -> None:
    own = load_keys(database, create=True)
    Store.open(database, create=True).close()
    places = ("--database", database, "--definitions", folder, "--site-url", "https://huiyin.example/")
    found = [run(kiosk.main, "--unit", "chengdong-hukou", *places) for _ in range(2)]
    assert [result.exit_code for result in found] == [0, 0]
    printed = [result.stdout.strip() for result in found]
    assert printed[0].startswith("https://huiyin.example/portal/kiosk/chengdong-hukou?k=")
    given = [kiosks.read(own, text.partition("?k=")[2]) for text in printed]
    assert given[0] is not None
    assert given[1] is not None
    assert given[0].name != given[1].name
    asked = kiosks.asked_at(definition.load(folder), given[0], today())
    assert asked is not None
    assert (asked[0].key, asked[1].code, given[0].issued) == ("counter-service", "overall", today())
    with Store.open(database) as store:
        assert verify(store).count == 2
    assert kiosks.read(load_keys(database, create=False), "x") is None


@pytest.mark.sqlite
def test_a_unit_without_a_kiosk_question_is_told_what_to_do(database: Path, folder: Path) -> None:
    load_keys(database, create=True)
    Store.open(database, create=True).close()
    places = ("--database", database, "--definitions", folder)
    refused = run(kiosk.main, "--unit", "dongyuan", *places)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "no open survey has a 'kiosk' question for 'dongyuan'" in refused.stderr
    change(folder, "bases:", "kiosk: overall\nbases:", "visit.v1")
    several = run(kiosk.main, "--unit", "chengdong", *places)
    assert several.stderr.strip() == "choose one with --survey: counter-service, visit"
    assert run(kiosk.main, "--unit", "chengdong", "--survey", "visit", *places).exit_code == 0
    assert kiosks.survey_for(definition.load(folder), "chengdong", "visit", date(2026, 11, 20)).key == "visit"
