"""A city of small units through two years of reports: how long each takes, and that nothing can be worked out."""

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import median

from benchmarks.figure import Figure
from benchmarks.simulated_city import City, Plan, months_from
from scripts.options import open_store
from scripts.publish import Office, bring_out, settle
from scripts.standing import check_release

UNITS, MONTHS = 300, 24
TODAY = date(2026, 11, 22)


def office_of(city: City) -> Office:
    """Where the city's office keeps its things."""
    folder = city.database.parent
    return Office(city.database, folder / "tally.db", city.known, folder / "content", folder / "build/public")


def report(office: Office, month: str, today: date = TODAY) -> None:
    """Publish a month as the command does, short of building the site."""
    with open_store(office.database) as store:
        account = settle(office, store, month, today, closed_before=False)
        bring_out(office, store, account, today)


def city(small: bool) -> Iterator[Figure]:
    """Reports of a city with many units against those of a tenth of it, then one attack on all that stands."""
    units, months = (20, 3) if small else (UNITS, MONTHS)
    with tempfile.TemporaryDirectory() as name:
        few, many = (_through(Path(name) / str(n), n, months) for n in (units // 10, units))
        yield _figure(f"city: a month's report of {units} units against {units // 10}", many, few)


def _through(folder: Path, units: int, months: int) -> list[float]:
    """Processor seconds of each report; DisclosureError if anything can be worked out in the end."""
    folder.mkdir()
    made = City(folder, Plan(units, months_from("2024-11", months), cases=max(2, units // 5), surveys=("visit",)))
    office, taken = office_of(made), []
    for month in made.plan.months:
        with open_store(made.database) as store:
            made.live(month, store)
        start = time.process_time()
        report(office, month)
        taken.append(time.process_time() - start)
        print(f"{units} units, {month}: {taken[-1]:.1f} s of CPU", file=sys.stderr, flush=True)
    start = time.process_time()
    check_release(office.database, office.tally, office.definitions, office.content / "zh/reports")
    print(f"{units} units: {time.process_time() - start:.1f} s of CPU to attack all of it", file=sys.stderr, flush=True)
    return taken


def _figure(name: str, taken: list[float], baseline: list[float]) -> Figure:
    ratios = sorted(ours / theirs for ours, theirs in zip(taken, baseline, strict=True))
    value, other = median(taken), median(baseline)
    spread = (round(ratios[0], 2), round(ratios[-1], 2))
    return Figure(name, round(value, 2), "s of CPU", round(other, 2), round(value / other, 2), spread, len(taken))
