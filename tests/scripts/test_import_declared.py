"""What units declare comes in whole or not at all, once, and stands beside the month that it is of."""

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import Result

from scripts import import_declared, tally
from surveys import audit
from surveys.declared import Declaration, declarations, denominator
from surveys.definition import load
from surveys.errors import DefinitionError
from surveys.responses import Response, save, today
from surveys.store import Store
from surveys.store.answers import close_period
from surveys.store.declared import newest
from tests.conftest import ROOT
from tests.scripts.conftest import run

HEADER = "period,unit,figure,survey,whole,part\n"
FILE = HEADER + "2026-10,hall,offered,scale,200,\n2026-10,hall,disputes,,758,731\n2026-10,gate,patrols,,12,\n"
FIGURES = """figures:
  - {code: disputes, text: {zh: 调解纠纷, en: disputes mediated}, part: {zh: 调解成功, en: settled}}
  - {code: patrols, text: {zh: 巡逻次数, en: patrols}}
"""


class Clerk:
    """Somebody with a definitions folder, a database and files."""

    def __init__(self, folder: Path, definitions: Path, database: Path) -> None:
        self.folder, self.definitions, self.database = folder, definitions, database
        (definitions / "declared.yaml").write_text(FIGURES, encoding="utf-8")
        Store.open(database, create=True).close()

    def take(self, content: str, name: str = "declared.csv") -> Result:
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return self.take_file(path)

    def take_file(self, path: Path) -> Result:
        return run(
            import_declared.main, path, "--definitions", self.definitions, "--database", self.database
        )  # fmt: skip

    def declared(self) -> tuple[Declaration, ...]:
        with Store.open(self.database) as store:
            return store.read(lambda connection: declarations(connection, ["2026-09", "2026-10"]))

    def acts(self) -> int:
        with Store.open(self.database) as store:
            return audit.verify(store).count


@pytest.fixture
def clerk(tmp_path: Path, folder: Path, database: Path) -> Clerk:
    return Clerk(tmp_path, folder, database)


def test_a_file_comes_in_once(clerk: Clerk) -> None:
    assert clerk.take(FILE).stdout == "declared.csv: 3 new, 0 changed, 0 already there\n"
    wanted = (
        Declaration("2026-10", "gate", "patrols", "", 12),
        Declaration("2026-10", "hall", "disputes", "", 758, 731),
        Declaration("2026-10", "hall", "offered", "scale", 200),
    )
    assert clerk.declared() == wanted
    assert clerk.take(FILE).stdout == "declared.csv: 0 new, 0 changed, 3 already there\n"
    assert clerk.declared() == wanted
    assert clerk.acts() == 2


def test_chinese_columns_names_and_a_spreadsheet_are_the_same(clerk: Clerk) -> None:
    path = clerk.folder / "申报.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(
            [["月份", "单位", "指标", "总数", "其中"], ["2026年10月", "大厅", "调解纠纷", 758, 731]]
        ):
            sheet.write_row(place, 0, row)
    assert clerk.take_file(path).exit_code == 0
    assert clerk.declared() == (Declaration("2026-10", "hall", "disputes", "", 758, 731),)


def test_a_changed_figure_is_told_and_the_earlier_one_stays(clerk: Clerk) -> None:
    clerk.take(FILE)
    told = clerk.take(FILE.replace("758,731", "760,733")).stdout
    assert "0 new, 1 changed, 2 already there" in told
    assert "changed: 2026-10 hall disputes is now 760, 733 of them" in told
    assert clerk.declared()[1].whole == 760
    with Store.open(clerk.database) as store:
        found = store.read(lambda connection: newest(connection, ["2026-10"]))
    assert found["2026-10", "hall", "disputes", ""].revision == 2


def test_a_published_month_stands(clerk: Clerk) -> None:
    clerk.take(FILE)
    with Store.open(clerk.database) as store:
        store.write(lambda connection: close_period(connection, "2026-10", "2026-11-01"))
    assert clerk.take(FILE).exit_code == 0
    for other in (FILE.replace("758", "759"), HEADER + "2026-10,hall,served,scale,5,\n"):
        refused = clerk.take(other)
        assert refused.exit_code == 1
        assert "2026-10 is published: what is declared of it stands" in refused.stderr
    assert clerk.declared()[1].whole == 758


def test_rates_of_a_month_that_is_not_over_are_stored_with_a_note(clerk: Clerk) -> None:
    month = today().isoformat()[:7]
    done = clerk.take(HEADER + f"{month},hall,served,scale,5,\n{month},hall,offered,scale,4,\n")
    assert done.stdout.startswith("declared.csv: 2 new")
    assert done.stderr.startswith(f"note: {month} has not ended, so offered and served may still change")
    assert "note:" not in clerk.take(HEADER + f"{month},hall,patrols,,3,\n").stderr + clerk.take(FILE).stderr


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("2026-13,hall,patrols,,1,", "column 'period': '2026-13', expected a month as 2026-10"),
        ("2999-01,hall,patrols,,1,", "nothing can be declared of what is still to come"),
        ("0000-01,hall,patrols,,1,", "expected a unit that there was in 0000-01: hall opened on 2020-01-01"),
        ("2019-12,hall,patrols,,1,", "expected a unit that there was in 2019-12: hall opened on 2020-01-01"),
        ("2026-10,hall,patrols,,1000000001,", "expected a whole number up to 1,000,000,000: look for digits too many"),
        ("2026-10,hall,patrols,,999999999999,", "expected a whole number up to 1,000,000,000"),
        ("2026-10,hal,patrols,,1,", "expected the code or the name of a unit, did you mean 'hall'?"),
        ("2026-10,moon,patrols,,1,", "expected the code or the name of a unit: there are town, hall, gate"),
        ("2026-10,hall,walks,,1,", "expected a figure: offered, served, disputes, patrols"),
        ("2026-10,hall,offered,,1,", "expected a survey, because 'offered' belongs to one"),
        ("2026-10,gate,offered,shown,1,", "expected a survey that asks about gate"),
        ("2026-10,hall,patrols,scale,1,", "expected nothing: 'patrols' belongs to no survey"),
        ("2026-10,hall,patrols,,-1,", "expected a whole number, 0 or more"),
        ("2026-10,hall,patrols,,1.5,", "expected a whole number, 0 or more"),
        ("2026-10,hall,patrols,,,", "column 'whole': nothing, expected a whole number"),
        ("2026-10,hall,patrols,,1,1", "expected nothing: 'patrols' has no part"),
        ("2026-10,hall,disputes,,7,8", "expected a whole number from 0 to 7: settled"),
        ("2026-10,hall,disputes,,7,", "column 'part': nothing, expected a whole number from 0 to 7"),
        ("2026-10,hall,disputes,,758,731", "the same figure stands in line 3 already"),
    ],
)
def test_a_fault_is_told_with_its_place_and_nothing_is_stored(clerk: Clerk, row: str, told: str) -> None:
    refused = clerk.take(FILE + row + "\n")
    assert refused.exit_code == 1
    assert f"declared.csv:5: {told}" in refused.stderr or "declared.csv:5: column" in refused.stderr
    assert told in refused.stderr
    assert "nothing was stored" in refused.stderr
    assert clerk.declared() == ()


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("period,unit,figure,number\n", "unknown column 'number'"),
        ("period,unit,figure\n", "column 'whole' is missing: it may be called whole or 数量 or 总数"),
        ("period,期间,unit,figure,whole\n", "'期间' names the column 'period' a second time"),
    ],
)
def test_a_header_that_does_not_fit_is_told(clerk: Clerk, header: str, told: str) -> None:
    refused = clerk.take(header + "x" + "," * header.count(",") + "\n")
    assert refused.exit_code == 1
    assert f":1: {told}" in refused.stderr


def test_the_first_month_of_a_unit_and_the_largest_number_are_taken(clerk: Clerk) -> None:
    done = clerk.take(HEADER + "2020-01,hall,disputes,,1000000000,1000000000\n")
    assert done.stdout == "declared.csv: 1 new, 0 changed, 0 already there\n"


def test_a_formula_is_no_figure(clerk: Clerk) -> None:
    path = clerk.folder / "formula.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["period", "unit", "figure", "whole"])
        sheet.write_row(1, 0, ["2026-10", "hall", "patrols"])
        sheet.write_formula(1, 3, "=1+1", None, 2)
    assert "expected a plain value, not a formula" in clerk.take_file(path).stderr


def test_without_a_database_nothing_is_made(clerk: Clerk) -> None:
    clerk.database = clerk.folder / "none.db"
    assert "no database at" in clerk.take(FILE).stderr
    assert not clerk.database.exists()


def test_rated_units_that_declared_nothing_are_named_by_the_tally(clerk: Clerk) -> None:
    units = clerk.definitions / "units.yaml"
    both = units.read_text(encoding="utf-8").replace("kind: post", "kind: counter").replace(", closed: 2026-06-30", "")
    units.write_text(both, encoding="utf-8")
    with Store.open(clerk.database) as store:
        for place, unit in enumerate(("hall", "gate")):
            key, day = place.to_bytes(16), date(2026, 10, 5)
            save(store, Response(key, "scale", 1, unit, "web", "open", "zh", day, {"overall": "5"}, {}))
    places = ("--out", clerk.folder / "out", "--definitions", clerk.definitions, "--database", clerk.database)
    told = []
    for row in ("", "2026-10,hall,offered,scale,9,\n", "2026-10,gate,offered,scale,3,\n"):
        assert not row or clerk.take(HEADER + row).exit_code == 0
        told.append(run(tally.main, "--period", "2026-10", *places).stderr)
    missing = "the total 'offered' of scale stays unknown until it is declared for gate too"
    assert told == ["", f"warning: 2026-10: {missing}\n", ""]


def test_denominators_are_sums_and_unknown_stays_unknown() -> None:
    found = [
        Declaration("2026-10", "hall", "offered", "scale", 200),
        Declaration("2026-10", "gate", "offered", "scale", 0),
    ]
    assert denominator(found, "offered", "scale") == 200
    assert denominator(found, "offered", "scale", "gate") == 0
    assert denominator(found, "served", "scale") is None
    assert denominator(found, "offered", "other") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("figures:\n  - {code: offered, text: {zh: 一, en: a}}\n", "declared.yaml:2:12: 'offered' is always there"),
        (FIGURES + "  - {code: patrols, text: {zh: 一, en: a}}\n", "figure code 'patrols' is taken in line 3"),
        ("figures:\n  - {code: a, text: {zh: 一}}\n", "declared.yaml:2:"),
    ],
)
def test_a_faulty_list_of_figures_is_told(folder: Path, text: str, told: str) -> None:
    (folder / "declared.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError, match=told):
        load(folder)


def test_the_product_s_own_list_is_read() -> None:
    assert list(load(ROOT / "surveys/definitions").figures) == ["disputes", "visits", "patrols", "talks", "guides"]
