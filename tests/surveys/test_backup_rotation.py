"""Which backups stay."""

from datetime import date, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from surveys.backup_rotation import LONGEST_DAYS, Kept, backups_in, checksum_path, next_path, outdated, remove

TODAY = date(2026, 11, 22)


def of(*days: str) -> list[Kept]:
    return [Kept(date.fromisoformat(day), 1, Path(day)) for day in days]


def test_the_newest_of_each_day_and_month_stays() -> None:
    found = of("2026-08-30", "2026-09-01", "2026-09-30", "2026-10-31", "2026-11-20", "2026-11-21", "2026-11-22")
    found.append(Kept(TODAY, 2, Path("second")))
    gone = outdated(found, TODAY, 2, 3)
    assert [str(one.path) for one in gone] == ["2026-08-30", "2026-09-01", "2026-11-20", "2026-11-22"]


def test_nothing_is_older_than_the_longest_unless_it_is_the_last() -> None:
    old = of("2026-01-01", "2026-02-01")
    assert outdated(old, TODAY, 92, 3) == old[:1]
    assert outdated([], TODAY, 1, 0) == []


@given(st.lists(st.integers(0, 200), max_size=40), st.integers(1, 92), st.integers(0, 3))
def test_what_stays_is_young_enough_and_the_newest_is_among_it(ages: list[int], days: int, months: int) -> None:
    found = [Kept(TODAY - timedelta(days=age), turn, Path("x")) for turn, age in enumerate(ages)]
    gone = outdated(found, TODAY, days, months)
    kept = [one for one in found if one not in gone]
    assert not found or max(found) in kept
    assert len(kept) <= days + months + 1
    assert all((TODAY - one.day).days <= LONGEST_DAYS for one in sorted(kept)[:-1])
    assert outdated(kept, TODAY, days, months) == []


def test_files_of_other_names_are_left_alone(tmp_path: Path) -> None:
    for name in ("huiyin-keys-0.sealed", "notes.txt", "huiyin-2026-13-01.backup", "huiyin-2026-11-01.backup.sha256"):
        (tmp_path / name).touch()
    assert backups_in(tmp_path) == []
    assert next_path(tmp_path, TODAY).name == "huiyin-2026-11-22.backup"
    for name in ("huiyin-2026-11-22.backup", "huiyin-2026-11-22.2.backup"):
        (tmp_path / name).touch()
    assert next_path(tmp_path, TODAY).name == "huiyin-2026-11-22.3.backup"
    checksum_path(tmp_path / "huiyin-2026-11-22.backup").touch()
    remove(backups_in(tmp_path)[0])
    assert [one.turn for one in backups_in(tmp_path)] == [2]
    assert not checksum_path(tmp_path / "huiyin-2026-11-22.backup").exists()
