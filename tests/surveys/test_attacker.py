"""What all published tables tell together: sums of months, cuts and corrections, checked by a second solver."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from surveys import attacker
from surveys.attacker import Breach, by_program, is_plain, of_one_table
from surveys.disclosure import release
from surveys.errors import DisclosureError, HuiyinError
from surveys.protected import Overlay, Target, targets
from surveys.released import ALL, OTHER, Cells, Row, Scope, Status, Table, option_rule, total_of

Q1 = ("2026-01", "2026-02", "2026-03")
QUICK = settings(max_examples=15, deadline=None)


def scope(*months: str, parts: Sequence[str] = ("web",)) -> Scope:
    return Scope("visit", "overall", frozenset(months), frozenset(parts))


def row(unit: str, *cells: int) -> Row:
    return Row(unit, cells, sum(cells))


def table(where: Scope, *rows: Row, everything: Status = "shown") -> Table:
    """A table as somebody might publish it, with `other` for what is merged."""
    merged = [one for one in rows if one.status == "merged"]
    group = [total_of(OTHER, merged)] if merged else []
    return Table(where, (replace(total_of(ALL, rows), status=everything), *rows, *group))


def summed(*months: Sequence[Row]) -> list[Row]:
    units = dict.fromkeys(one.unit for rows in months for one in rows)
    return [total_of(unit, [one for rows in months for one in rows if one.unit == unit]) for unit in units]


def told(*tables: Table) -> set[tuple[str, str]]:
    """The units that are told on, with the first and last month of what is told."""
    found = attacker.check(tables)
    return {
        (breach.unit, " to ".join(sorted({min(breach.scope.months), max(breach.scope.months)}))) for breach in found
    }


class Naive:
    """All tables as one program with a variable for each unit, month, part and code; nothing reduced beforehand."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables, self.exclusive = tables, tables[0].scope.exclusive
        self.width = len(tables[0].scope.codes)
        units = sorted({one.unit for table in tables for one in table.units})
        pieces = sorted(set().union(*(table.scope.pieces for table in tables)))
        self.spots = {spot: number for number, spot in enumerate(product(units, pieces))}
        self.rows: list[tuple[list[int], float]] = []
        for one in tables:
            self._add(one, units)
        size = len(self.spots) * (self.width + 1)  # the last of each spot is its total
        self.matrix, self.right = np.zeros((len(self.rows), size)), [total for _, total in self.rows]
        for line, (places, _) in enumerate(self.rows):
            self.matrix[line, places] = 1
        self.under = np.zeros((0, size))
        if self.exclusive:
            ties = np.zeros((len(self.spots), size))
            for spot in range(len(self.spots)):
                start = spot * (self.width + 1)
                ties[spot, start : start + self.width], ties[spot, start + self.width] = 1, -1
            self.matrix, self.right = np.vstack([self.matrix, ties]), [*self.right, *[0] * len(ties)]
        else:
            self.under = np.zeros((len(self.spots) * self.width, size))
            for line, (spot, code) in enumerate(product(range(len(self.spots)), range(self.width))):
                start = spot * (self.width + 1)
                self.under[line, start + code], self.under[line, start + self.width] = 1, -1

    def _places(
        self, units: Sequence[str], pieces: Iterator[tuple[str, str]] | frozenset[tuple[str, str]], code: int
    ) -> list[int]:
        return [self.spots[unit, piece] * (self.width + 1) + code for unit, piece in product(units, sorted(pieces))]

    def _add(self, one: Table, units: Sequence[str]) -> None:
        pieces = one.scope.pieces
        groups = {other.unit: [other.unit] for other in one.units} | {ALL: list(units), OTHER: sorted(one.merged)}
        for absent in set(units) - {other.unit for other in one.units}:
            self.rows.append((self._places([absent], pieces, self.width), 0))
        for published in one.rows:
            if published.status != "sealed":
                self.rows.append((self._places(groups[published.unit], pieces, self.width), published.total))
            if published.status == "shown":
                for code, count in enumerate(published.cells):
                    self.rows.append((self._places(groups[published.unit], pieces, code), count))

    def bounds(self, units: Sequence[str], pieces: frozenset[tuple[str, str]], code: int) -> tuple[float, float]:
        aim = np.zeros(self.matrix.shape[1])
        aim[self._places(units, pieces, code)] = 1
        given_ = {"A_eq": self.matrix, "b_eq": self.right, "bounds": (0, 10_000)}
        if len(self.under):
            given_ |= {"A_ub": self.under, "b_ub": np.zeros(len(self.under))}
        found = [linprog(sign * aim, **given_) for sign in (1, -1)]
        assert all(one.status == 0 for one in found)
        return round(found[0].fun, 6), round(-found[1].fun, 6)


def as_told(target: Target, place: int, least: float, most: float) -> bool:
    narrow = floor(most + 1e-6) - ceil(least - 1e-6) < target.needed[place]
    return target.row.total > 0 and (narrow or (round(least, 5) >= target.row.total and place not in target.admitted))


def naive_breaches(tables: Sequence[Table]) -> set[tuple[str, frozenset[int], int]]:
    overlay, naive = Overlay(tables), Naive(tables)
    found = set()
    for target in targets(overlay):
        pieces = frozenset(piece for place in target.cover for piece in overlay.classes[place])
        for place in range(naive.width):
            if as_told(target, place, *naive.bounds(sorted(target.members), pieces, place)):
                found.add((target.row.unit, target.cover, place))
    return found


def program_breaches(tables: Sequence[Table]) -> set[tuple[str, frozenset[int], int]]:
    overlay = Overlay(tables)
    found = by_program(overlay, list(targets(overlay)))
    return {(one.row.unit, one.cover, place) for one, place, *range_ in found if as_told(one, place, *range_)}


levels = st.one_of(
    st.tuples(*[st.integers(0, 3)] * 5),
    st.tuples(*[st.integers(0, 12)] * 5),
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 8), st.integers(0, 60), st.integers(0, 60)),
)
UNITS = ("a", "b", "c", "d")
month = st.lists(levels, min_size=2, max_size=4).map(
    lambda drawn: [row(unit, *cells) for unit, cells in zip(UNITS, drawn, strict=False)]
)


@st.composite
def careless(draw: st.DrawFn) -> Table:
    """A table whose units are shown and merged at random."""
    rows = [replace(one, status=draw(st.sampled_from(("shown", "merged")))) for one in draw(month)]
    return table(scope("2026-01"), *rows)


@settings(max_examples=30, deadline=None)
@given(careless())
def test_the_closed_form_is_what_the_programs_find(found: Table) -> None:
    assert is_plain([found])
    overlay, naive = Overlay([found]), Naive([found])
    for target, place, least, most in of_one_table(found, list(targets(overlay))):
        members = sorted(target.members)
        assert (least, most) == naive.bounds(members, found.scope.pieces, place)
    plain = {(breach.unit, frozenset({0}), int(breach.code) - 1) for breach in attacker.check([found])}
    assert plain == program_breaches([found]) == naive_breaches([found])


@settings(max_examples=25, deadline=None)
@given(st.lists(month, min_size=2, max_size=2), st.data())
def test_programs_over_linked_tables_agree_with_another_solver(months: list[list[Row]], data: st.DataObject) -> None:
    drawn = [*zip(months, [("2026-01",), ("2026-02",)], strict=True), (summed(*months), ("2026-01", "2026-02"))]
    tables = [
        table(scope(*names), *(replace(one, status=data.draw(st.sampled_from(("shown", "merged")))) for one in rows))
        for rows, names in drawn
    ]
    assert program_breaches(tables) == naive_breaches(tables)


BIG = [row("a", 20, 20, 20, 20, 20), row("b", 15, 15, 15, 15, 15), row("c", 12, 12, 12, 12, 12)]
SMALL = row("small", 1, 1, 1, 1, 1)


def merging(rows: Sequence[Row], *units: str) -> list[Row]:
    return [replace(one, status="merged") if one.unit in units else one for one in rows]


def test_a_quarter_gives_away_the_one_month_that_was_hidden() -> None:
    grown = row("small", 5, 5, 5, 5, 5)
    months = [[*BIG, grown], [*BIG, grown], [*BIG, SMALL]]
    tables = [
        table(scope(Q1[0]), *months[0]),
        table(scope(Q1[1]), *months[1]),
        table(scope(Q1[2]), *merging(months[2], "small", "c")),
    ]
    quarter = summed(*months)
    assert told(*tables) == set()
    careless_quarter = table(scope(*Q1), *quarter)
    assert ("small", "2026-03") in told(*tables, careless_quarter)
    chosen = release(scope(*Q1), quarter, tables)
    assert chosen.merged == {"small", "c"}  # the partner of March is all that is needed
    assert chosen.everything.status == "shown"
    assert told(*tables, chosen) == set()


def test_two_hidden_months_whose_sum_is_small_are_not_given_as_a_sum() -> None:
    grown = row("small", 5, 5, 5, 5, 5)
    months = [[*BIG, grown], [*BIG, row("small", 0, 0, 1, 1, 1)], [*BIG, row("small", 1, 0, 1, 1, 1)]]
    tables = [table(scope(Q1[0]), *months[0])]
    tables += [table(scope(name), *merging(rows, "small", "c")) for name, rows in zip(Q1[1:], months[1:], strict=True)]
    assert ("small", "2026-02 to 2026-03") in told(*tables, table(scope(*Q1), *summed(*months)))


def test_a_year_is_held_against_its_months_and_its_quarters() -> None:
    names = [f"2026-{number:02}" for number in range(1, 13)]
    grown = row("small", 5, 5, 5, 5, 5)
    months = [[*BIG, SMALL if name in ("2026-05", "2026-11") else grown] for name in names]
    tables: list[Table] = []
    for number, (name, rows) in enumerate(zip(names, months, strict=True), 1):
        tables.append(release(scope(name), rows, tables))
        if number % 3 == 0:
            tables.append(release(scope(*names[number - 3 : number]), summed(*months[number - 3 : number]), tables))
    shown = {one.scope.months: one.by_unit["small"].status for one in tables if len(one.scope.months) == 3}
    assert sorted(shown.values()) == ["merged", "merged", "shown", "shown"]
    year = release(scope(*names), summed(*months), tables)
    assert told(*tables, year) == set()
    assert year.everything.status == "shown"
    told_by_all = told(*tables, table(scope(*names), *summed(*months)))
    # both months together, 2 answers a level, may stand; but neither month may be known to hold 0 to 2
    assert told_by_all == {("small", "2026-05"), ("small", "2026-11")}
    assert year.by_unit["small"].status == "merged"


def test_a_row_before_and_after_exclusion_gives_away_what_was_excluded() -> None:
    excluded = [row("a", 0, 0, 0, 0, 2), row("b", 0, 0, 0, 0, 0), row("c", 0, 0, 0, 0, 20), row("d", 9, 9, 9, 9, 9)]
    after = [*BIG, row("d", 30, 30, 30, 30, 30)]
    before = [total_of(one.unit, [one, gone]) for one, gone in zip(after, excluded, strict=True)]
    first = table(scope("2026-01", parts=("kept",)), *after)
    second = scope("2026-01", parts=("kept", "excluded"))
    found = told(first, table(second, *before))
    assert {unit for unit, _ in found} == {"a", "c"}  # 20 of one mind are no fewer than 2; 45 may stand
    chosen = release(second, before, [first])
    assert {"a", "c", "d"} <= chosen.merged  # what was excluded of a and c is of one mind, together as well
    assert told(first, chosen) == set()


def test_few_exclusions_in_all_leave_the_totals_alone() -> None:
    """The difference of the two rows of everything is a row of 3 answers."""
    before = [total_of("a", [BIG[0], row("a", 3, 0, 0, 0, 0)]), *BIG[1:]]
    first = table(scope("2026-01", parts=("kept",)), *BIG)
    chosen = release(scope("2026-01", parts=("kept", "excluded")), before, [first])
    assert {one.status for one in chosen.rows} == {"hidden"}


def test_a_cut_by_channel_leaves_nobody_alone() -> None:
    """Where nearly all came by web, the row of the web is the row of the few others as well."""
    paper = row("a", 0, 0, 1, 1, 0)
    web = [row("a", 20, 20, 19, 19, 20), *BIG[1:]]
    headline = table(
        scope("2026-01", parts=("web", "paper")), *(total_of(x.unit, [x, *[paper] * (x.unit == "a")]) for x in web)
    )
    by_web = table(scope("2026-01", parts=("web",)), *web)
    found = attacker.check([headline, by_web])
    assert {(breach.unit, breach.scope.parts) for breach in found} == {(u, frozenset({"paper"})) for u in ("a", ALL)}
    chosen = release(by_web.scope, web, [headline])
    assert {one.status for one in chosen.rows} == {"hidden"}


def test_a_program_that_rounding_led_astray_is_solved_anew() -> None:
    """These counts stop the primal method without an answer."""
    web = [row("a", 2, 3, 0, 1, 1), row("b", 2, 3, 3, 9, 3), row("c", 0, 0, 0, 0, 26), row("d", 2, 3, 3, 0, 8)]
    both = [row("a", 2, 3, 0, 2, 1), row("b", 2, 3, 4, 10, 3), row("c", 0, 0, 0, 0, 26), row("d", 2, 4, 3, 1, 8)]
    first = release(scope("2026-01", parts=("web",)), web)
    chosen = release(scope("2026-01", parts=("web", "paper")), both, [first])
    assert told(first, chosen) == set()
    assert chosen.everything.status == "hidden"  # five came on paper


def test_a_correction_is_a_table_of_what_it_changed() -> None:
    """The old table counts what was kept and what was removed, the new one what was kept and what was added."""
    old = table(scope("2026-01", parts=("kept", "removed")), *BIG)
    now = [row("a", 20, 20, 20, 20, 19), *BIG[1:]]
    new = release(scope("2026-01", parts=("kept", "added")), now, [old])
    assert told(old, new) == set()


def test_cuts_that_cross_each_other_are_seen_together() -> None:
    """Web less card gives open web; shown apart, three tables give the fourth."""
    parts = {
        "card web": (5, 5, 5, 5, 5),
        "card paper": (6, 6, 6, 6, 6),
        "open web": (7, 7, 7, 7, 7),
        "open paper": (0, 0, 1, 1, 0),
    }
    rows = {name: [row("a", *cells), *BIG[1:]] for name, cells in parts.items()}

    def of(*names: str) -> Table:
        return table(scope("2026-01", parts=names), *summed(*(rows[name] for name in names)))

    tables = [of(*parts), of("card web", "open web"), of("card web", "card paper")]
    assert told(*tables) == {("a", "2026-01")} or told(*tables) == set()
    assert ("a", "2026-01") in told(*tables, of("open web"))


def test_a_unit_that_closes_in_the_quarter_is_no_riddle() -> None:
    """Its later months are known to be empty, so the quarter is what it had before."""
    months = [[*BIG, row("old", 1, 1, 1, 1, 1)], BIG, BIG]
    tables = [table(scope(Q1[0]), *merging(months[0], "old", "c")), *(table(scope(name), *BIG) for name in Q1[1:])]
    quarter = summed(*months)
    assert ("old", "2026-01") in told(*tables, table(scope(*Q1), *quarter))
    chosen = release(scope(*Q1), quarter, tables)
    assert chosen.merged == {"old", "c"}


def test_a_service_that_moved_to_another_unit_is_told_under_neither() -> None:
    """Seven answers in January under the old unit, nine later under the new one; both sums stay merged."""
    few, more = row("old", 1, 1, 1, 2, 2), row("new", 2, 2, 1, 2, 2)
    months = [[*BIG, few], [*BIG, more], [*BIG, row("new", 4, 4, 4, 4, 4)]]
    tables: list[Table] = []
    for name, rows in zip(Q1, months, strict=True):
        tables.append(release(scope(name), rows, tables))
    chosen = release(scope(*Q1), summed(*months), tables)
    assert {"old", "new"} < chosen.merged
    assert told(*tables, chosen) == set()


def test_a_month_of_nine_keeps_its_quarter_hidden() -> None:
    """The quarter less the two months that are shown would be the third."""
    months = [BIG, BIG, [row("a", 1, 1, 1, 1, 1), row("b", 1, 1, 1, 1, 0), row("c", 0, 0, 0, 0, 0)]]
    tables: list[Table] = []
    for name, rows in zip(Q1, months, strict=True):
        tables.append(release(scope(name), rows, tables))
    assert [one.everything.status for one in tables] == ["shown", "shown", "hidden"]
    assert (ALL, "2026-03") in told(*tables, table(scope(*Q1), *merging(summed(*months), "a", "b", "c")))
    chosen = release(scope(*Q1), summed(*months), tables)
    assert {one.status for one in chosen.rows} == {"hidden"}


def test_options_that_several_may_choose_are_attacked_too() -> None:
    where = replace(scope("2026-01"), codes=("park", "light"), exclusive=False, rule=option_rule)
    rows = [Row("a", (40, 30), 50), Row("b", (30, 20), 40), Row("c", (2, 4), 4)]
    assert told(table(where, *rows)) == {("c", "2026-01")}
    first = release(where, rows)
    assert first.merged == {"b", "c"}
    later = replace(where, months=frozenset({"2026-02"}))
    more = [Row("a", (40, 30), 50), Row("b", (30, 20), 40), Row("c", (15, 12), 20)]
    tables = [first, release(later, more, [first])]
    both = replace(where, months=frozenset({"2026-01", "2026-02"}))
    careless_sum = table(both, *summed(rows, more))
    assert ("c", "2026-01") in told(*tables, careless_sum)
    assert program_breaches([*tables, careless_sum]) == naive_breaches([*tables, careless_sum])
    assert told(*tables, release(both, summed(rows, more), tables)) == set()


def test_codes_are_compared_by_name() -> None:
    """A number question names in each month the numbers that were given."""
    where = replace(scope("2026-01"), codes=("1", "3"), rule=option_rule)
    later = replace(scope("2026-02"), codes=("2", "3"), rule=option_rule)
    overlay = Overlay([table(where, Row("a", (20, 30), 50)), table(later, Row("a", (10, 40), 50))])
    assert overlay.codes == ("1", "3", "2")
    assert [rows["a"].cells for rows in overlay.rows] == [(20, 30, 0), (0, 40, 10)]


def test_sealed_totals_leave_everything_open() -> None:
    rows = [replace(one, status="sealed") for one in [*BIG, SMALL]]
    assert told(table(scope("2026-01"), *rows)) == set()
    assert told(table(scope("2026-01"), *rows, everything="sealed")) == set()
    mixed = table(scope("2026-01"), *BIG, replace(SMALL, status="sealed"))
    assert not is_plain([mixed])
    assert told(mixed) == {("small", "2026-01")}


def test_a_breach_names_the_cell_and_what_is_known_of_it() -> None:
    found = attacker.check([table(scope("2026-01"), BIG[0], row("b", 0, 0, 0, 0, 9))])
    assert (
        str(found[-1]) == "visit overall 2026-01 (web), unit b, cell 5: 9 to 9 of 9 answers, which must stay open by 3"
    )
    thirty, few = row("a", 0, 0, 0, 0, 40), row("b", 0, 0, 0, 0, 9)
    of_one_mind = attacker.check([table(scope("2026-01"), *merging([thirty, few], "a", "b"))])
    assert [str(one) for one in of_one_mind] == ["visit overall 2026-01 (web), unit b: all 9 answers are known to be 5"]


def test_tables_that_contradict_each_other_are_refused() -> None:
    rows = merging([*BIG, SMALL], "small", "c")
    january = table(scope("2026-01"), *rows)
    wrong = [replace(one, cells=(50, 0, 0, 0, 0), total=50) if one.unit == "c" else one for one in rows]
    other = table(scope("2026-02"), *rows)
    both = table(scope("2026-01", "2026-02"), *wrong)
    with pytest.raises(HuiyinError, match="contradict each other"):
        attacker.check([january, other, both])


def test_where_earlier_tables_tell_by_themselves_publishing_stops_with_the_cell_named() -> None:
    leaked = table(scope("2026-01"), BIG[0], SMALL)
    assert isinstance(attacker.check([leaked])[0], Breach)
    with pytest.raises(
        DisclosureError, match=r"nothing of visit overall 2026-01 to 2026-02 .* unit small, cell 1: 1 to 1 of 5"
    ):
        release(scope("2026-01", "2026-02"), summed(leaked.units, leaked.units), [leaked])
    untouched = release(scope("2026-02"), BIG, [leaked])  # no answers in common
    assert {one.status for one in untouched.rows} == {"shown"}


def exact(where: Scope, units: Sequence[Row], found: Table) -> None:
    """What is shown is shown as it is, and what fails is not shown."""
    assert [(one.unit, one.cells, one.total) for one in found.units] == [
        (one.unit, one.cells, one.total) for one in units
    ]
    assert (found.everything.cells, found.everything.total) == (total_of(ALL, units).cells, sum(x.total for x in units))
    assert all(where.rule(one) for one in found.rows if one.status == "shown")
    if OTHER in found.by_unit:
        assert found.by_unit[OTHER].cells == total_of(OTHER, [x for x in units if x.unit in found.merged]).cells


@QUICK
@given(st.lists(month, min_size=3, max_size=3), st.randoms(use_true_random=False))
def test_no_quarter_tells_on_a_small_unit_whatever_the_counts(months: list[list[Row]], chance: random.Random) -> None:
    tables: list[Table] = []
    for name, rows in zip(Q1, months, strict=True):
        tables.append(release(scope(name), rows, tables))
        exact(scope(name), rows, tables[-1])
    quarter = summed(*months)
    found = release(scope(*Q1), quarter, tables)
    exact(scope(*Q1), quarter, found)
    assert attacker.check([*tables, found]) == ()
    assert naive_breaches([*tables, found]) == set()
    check_cells(months, [*tables, found])
    shuffled = chance.sample(quarter, len(quarter))
    again = release(scope(*Q1), shuffled, chance.sample(tables, 3))
    assert {one.unit: one.status for one in again.rows} == {one.unit: one.status for one in found.rows}
    if all(one.status == "shown" for table_ in tables for one in table_.rows):
        assert all(one.status == "shown" for one in found.rows)


def check_cells(months: Sequence[Sequence[Row]], tables: Sequence[Table]) -> None:
    """Straight from the rule, without what the attacker says must stay open: each failing unit in each month."""
    naive = Naive(tables)
    for name, rows, published in zip(Q1, months, tables, strict=False):
        everything = published.everything
        for one in (one for one in rows if one.total and not published.scope.rule(one)):
            for code in range(5):
                least, most = naive.bounds([one.unit], frozenset({(name, "web")}), code)
                allowed = min(3, one.total)
                if everything.status == "shown":
                    allowed = min(allowed, everything.cells[code], everything.total - everything.cells[code])
                assert most - least >= allowed - 1e-6
                assert least < one.total


@QUICK
@given(month, st.data())
def test_no_cut_tells_on_a_small_unit_whatever_the_counts(rows: list[Row], data: st.DataObject) -> None:
    inner = [row(one.unit, *(data.draw(st.integers(0, count)) for count in one.cells)) for one in rows]
    whole, cut = scope("2026-01", parts=("web", "paper")), scope("2026-01", parts=("web",))
    first = release(whole, rows)
    found = release(cut, inner, [first])
    exact(cut, inner, found)
    assert attacker.check([first, found]) == ()
    assert naive_breaches([first, found]) == set()


@QUICK
@given(
    st.lists(
        st.integers(0, 40).flatmap(lambda n: st.tuples(st.tuples(*[st.integers(0, n)] * 3), st.just(n))),
        min_size=2,
        max_size=6,
    )
)
def test_no_sum_of_options_tells_on_a_small_unit(drawn: list[tuple[Cells, int]]) -> None:
    where = replace(scope("2026-01"), codes=("x", "y", "z"), exclusive=False, rule=option_rule)
    rows = [Row(unit, cells, n) for unit, (cells, n) in zip("abcdef", drawn, strict=False)]
    half = len(rows) // 2
    months = [rows[:half], [replace(one, unit=unit) for one, unit in zip(rows[half:], "abcdef", strict=False)]]
    tables = [release(replace(where, months=frozenset({name})), found) for name, found in zip(Q1, months, strict=False)]
    both = release(replace(where, months=frozenset(Q1[:2])), summed(*months), tables)
    assert attacker.check([*tables, both]) == ()
    assert naive_breaches([*tables, both]) == set()


def test_of_many_units_as_few_are_merged_as_the_order_allows() -> None:
    """Each number of merged units below the one chosen is found to tell."""
    chance = random.Random(4)
    rows = [row(f"unit-{number}", *(chance.choice((0, 2, 9)) for _ in range(5))) for number in range(12)]
    found = release(scope("2026-01"), rows)
    waiting = sorted(
        (x for x in rows if x.unit in found.merged and scope("x").rule(x)), key=lambda x: (x.total, x.unit)
    )
    failing = [one.unit for one in rows if not scope("x").rule(one)]
    assert failing
    assert waiting
    for count in range(1, len(waiting)):
        fewer = table(scope("2026-01"), *merging(rows, *failing, *(one.unit for one in waiting[:count])))
        assert attacker.check([fewer]) or not scope("x").rule(fewer.by_unit[OTHER])


def test_related_tables_are_those_with_answers_in_common() -> None:
    names = [table(scope(name), *BIG) for name in Q1]
    other = table(replace(scope(Q1[0]), question="speed"), *BIG)
    quarter = table(scope(*Q1), *BIG)
    assert all(not first.scope.meets(second.scope) for first, second in combinations(names, 2))
    assert all(one.scope.meets(quarter.scope) for one in names)
    assert not other.scope.meets(quarter.scope)
