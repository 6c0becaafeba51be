"""A small city goes through its months: reports, a quarter, one site; the attacker finds nothing in all of it."""

import re
import shutil
from pathlib import Path

import pytest

from benchmarks.city import TODAY, office_of, report
from benchmarks.simulated_city import City, Plan, months_from
from scripts import check, publish
from scripts.options import open_store
from scripts.publish import Office
from tests.conftest import ROOT
from tests.scripts.conftest import run, table

MONTHS = months_from("2026-03", 4)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The city's office with every month published, and the site built at the last of them."""
    folder = tmp_path_factory.mktemp("city")
    city = City(folder, Plan(8, MONTHS, cases=5, seed=6))
    office = office_of(city)
    for month in MONTHS:
        with open_store(city.database) as store:
            city.live(month, store)
        if month != MONTHS[-1]:
            report(office, month)
    shutil.copytree(
        ROOT / "content", office.content, ignore=shutil.ignore_patterns("reports", "said-and-done"), dirs_exist_ok=True
    )
    publish.publish(office, MONTHS[-1], TODAY)
    return office


def places(office: Office) -> tuple[object, ...]:
    return "--database", office.database, "--definitions", office.database.parent / "definitions"


def test_every_month_and_the_quarter_are_on_the_site(office: Office) -> None:
    for name in (*MONTHS, "2026-Q2"):
        for language in ("", "en/"):
            assert (office.output / f"{language}reports/{name}/index.html").is_file()
            assert (office.output / f"{language}reports/{name}/ratings.csv").is_file()
    assert not (office.output / "reports/2026-Q1").exists()


def test_small_units_are_hidden_and_others_shown(office: Office) -> None:
    rows = [row for month in MONTHS for row in table(office.content / f"zh/reports/{month}/ratings.csv")]
    assert {row["status"] for row in rows} == {"shown", "merged", "hidden"}
    assert {row["unit"] for row in rows} >= {"all", "other", "unit-002", "unit-003"}


def test_nothing_can_be_worked_out(office: Office) -> None:
    told = run(check.main, "--release", office.content / "zh/reports", *places(office))
    assert told.exit_code == 0, told.stderr
    found = re.search(
        r"([0-9]+) tables of ([0-9]+) questions, ([0-9,]+) hidden cells tried: nothing can be", told.stdout
    )
    assert found
    assert int(found[3].replace(",", "")) > 500


def test_a_table_that_shows_too_much_is_found(office: Office, tmp_path: Path) -> None:
    """A merged unit whose row stands after all: what is left of the group is known as well."""
    reports = Path(shutil.copytree(office.content / "zh/reports", tmp_path / "reports"))
    path = reports / MONTHS[0] / "ratings.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    place = next(place for place, line in enumerate(lines) if line.endswith(",merged") and ",overall," in line)
    unit = lines[place].split(",")[3]
    lines[place] = lines[place].replace(",merged", ",hidden")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = run(check.main, "--release", reports, *places(office))
    assert told.exit_code == 1
    assert unit in told.stderr or "hidden cells can be worked out" in told.stderr
