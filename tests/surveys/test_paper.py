"""Batches of paper sheets: two keyings that do not see each other, a count that must match, answers stored once."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys import paper, paper_ends
from surveys.audit import Entry, record, verify
from surveys.duties import Account
from surveys.errors import PaperError, StaleError
from surveys.keys import Keys
from surveys.paper import Keyed, Opening
from surveys.paper_keys import UNREADABLE, WRITTEN, answers_of
from surveys.store import Connection, Store
from surveys.store.answers import close_period
from tests.surveys.answers_office import OFFICE, TODAY, account
from tests.surveys.test_paper_keys import CODES, POLICE, SHEETS
from tests.surveys.test_responses import rows_in

UNIT = "chengdong"
ONE, TWO = account("intake", name="one"), account("publisher", name="two")
THIRD = account("intake", name="third")
OURS, ALSO_OURS = account("handler", UNIT, "ours"), account("handler", "dongyuan", "also-ours")
PEOPLE: Mapping[str, Account] = {one.id: one for one in (ONE, TWO, THIRD, OURS, ALSO_OURS)}
SHEET = {"overall": "5", "wrong": "", "speed": "4", "manner": "0", "better": ""}
_turn = count(1)


def also(connection: Connection, thing: str, told: Mapping[str, str | int]) -> None:
    """The row of the audit, as the desk writes it."""
    record(connection, Entry("id-one", "intake", "paper_open", thing, told))


def opening(n: int = 2, day: date = TODAY, **changes: str) -> Opening:
    wanted = {"survey": "police-response", "version": 1, "unit": UNIT, "language": "zh", "day": day, "n": n, **changes}
    return Opening(**wanted)  # type: ignore[arg-type]


class Pile:
    """A batch and the people around it."""

    def __init__(self, store: Store, keys: Keys, n: int = 2, day: date = TODAY) -> None:
        self.store, self.keys = store, keys
        self.name = paper.open_batch(store, OFFICE, ONE, opening(n, day), TODAY, also)

    def key(self, by: Account, sheet: int, cells: Mapping[str, str]) -> None:
        paper.key_sheet(self.store, OFFICE, by, self.name, Keyed(sheet, cells), PEOPLE)

    def finish(self, by: Account) -> None:
        paper.finish(self.store, by, self.name, also)

    def keyed(self, by: Account, *sheets: Mapping[str, str]) -> None:
        for number, cells in enumerate(sheets, 1):
            self.key(by, number, cells)
        self.finish(by)

    def twice(self, *sheets: Mapping[str, str]) -> "Pile":
        self.keyed(ONE, *sheets)
        self.keyed(TWO, *sheets)
        return self

    @property
    def whole(self) -> paper.Batch:
        found = paper.find(self.store, self.name)
        assert found is not None
        return found

    def differing(self) -> list[tuple[int, str]]:
        return [(one.sheet, one.question) for one in paper_ends.differences(OFFICE, self.whole)]

    def settle(self, cells: Mapping[tuple[int, str], str], by: Account = ONE) -> None:
        paper_ends.settle(self.store, OFFICE, by, self.name, cells, also)

    def stored(self, by: Account = TWO) -> tuple[int, ...]:
        return tuple(paper_ends.store_batch(self.store, OFFICE, self.keys, by, self.name, TODAY, also)[3:])

    def answers(self) -> list[dict[str, object]]:
        found = rows_in(self.store, "SELECT answers FROM responses WHERE channel = 'paper' AND basis = 'assisted'")
        return sorted((json.loads(row[0]) for row in found), key=str)

    def drafts(self) -> int:
        tables = ("paper_seats", "paper_sheets", "paper_settled")
        return sum(rows_in(self.store, f"SELECT count(*) FROM {table}")[0][0] for table in tables)


@pytest.fixture
def pile(store: Store, office_keys: Keys) -> Pile:
    return Pile(store, office_keys)


def reason_of(error: pytest.ExceptionInfo[PaperError]) -> str:
    return error.value.reason


class TestOpening:
    def test_batches_are_numbered_to_be_written_on_the_sheets(self, store: Store) -> None:
        names = [paper.open_batch(store, OFFICE, by, opening(), TODAY, also) for by in (ONE, TWO, THIRD)]
        assert names == ["P0001", "P0002", "P0003"]
        assert [one.row.batch for one in paper.listing(store)] == names[::-1]

    @pytest.mark.parametrize(
        ("wanted", "reason"),
        [
            (opening(day=TODAY + timedelta(days=1)), "day"),
            (opening(day=date(2026, 8, 31)), "day"),
            (opening(survey="nothing"), "day"),
            (opening(unit="chengdong-hukou"), "unit"),
            (opening(0), "count"),
            (opening(501), "count"),
            (opening(language="de"), "count"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, store: Store, wanted: Opening, reason: str) -> None:
        with pytest.raises(PaperError) as error:
            paper.open_batch(store, OFFICE, ONE, wanted, TODAY, also)
        assert reason_of(error) == reason
        assert paper.listing(store) == []

    @pytest.mark.parametrize("by", [OURS, ALSO_OURS])
    def test_nobody_opens_a_batch_about_his_own_unit(self, store: Store, by: Account) -> None:
        with pytest.raises(PaperError) as error:
            paper.open_batch(store, OFFICE, by, opening(), TODAY, also)
        assert reason_of(error) == "own"
        assert paper.listing(store) == []

    def test_a_batch_that_was_stored_of_the_same_is_told(self, store: Store, office_keys: Keys) -> None:
        first, other_day = Pile(store, office_keys, 1), Pile(store, office_keys, 1, TODAY - timedelta(days=1))
        second = Pile(store, office_keys, 1)
        assert paper.stored_alike(store, second.whole.row) == []
        for one in (first, other_day):
            one.twice(SHEET).stored()
        assert paper.stored_alike(store, second.whole.row) == [first.name]
        assert paper.stored_alike(store, first.whole.row) == []

    @pytest.mark.parametrize("role", ["reviewer", "auditor", "admin"])
    def test_other_roles_key_nothing(self, pile: Pile, role: str) -> None:
        by = account(role)  # type: ignore[arg-type]
        for act in (lambda: pile.key(by, 1, SHEET), lambda: pile.finish(by), lambda: pile.stored(by)):
            with pytest.raises(PaperError) as error:
                act()
            assert reason_of(error) == "role"


class TestKeying:
    def test_two_people_key_and_nobody_else(self, pile: Pile) -> None:
        pile.key(ONE, 1, SHEET)
        pile.key(TWO, 1, SHEET)
        with pytest.raises(PaperError) as error:
            pile.key(THIRD, 1, SHEET)
        assert reason_of(error) == "full"

    def test_of_many_who_begin_at_once_two_get_a_seat(self, pile: Pile) -> None:
        people = [account("intake", name=f"at-once-{number}") for number in range(6)]
        by_id = {one.id: one for one in people}

        def begin(by: Account) -> str:
            try:
                paper.key_sheet(pile.store, OFFICE, by, pile.name, Keyed(1, SHEET), by_id)
            except PaperError as error:
                return error.reason
            return "taken"

        with ThreadPoolExecutor(len(people)) as pool:
            assert sorted(pool.map(begin, people)) == ["full"] * 4 + ["taken"] * 2
        assert [seat.seat for seat in pile.whole.seats] == [1, 2]

    def test_one_person_cannot_key_twice(self, pile: Pile) -> None:
        pile.keyed(ONE, SHEET, SHEET)
        with pytest.raises(PaperError) as error:
            pile.key(ONE, 1, SHEET)
        assert reason_of(error) == "finished"
        assert len(pile.whole.seats) == 1

    @pytest.mark.parametrize(("first", "second"), [(OURS, ALSO_OURS), (ALSO_OURS, OURS)])
    def test_both_may_not_be_of_the_unit(self, pile: Pile, first: Account, second: Account) -> None:
        pile.key(first, 1, SHEET)
        with pytest.raises(PaperError) as error:
            pile.key(second, 1, SHEET)
        assert reason_of(error) == "own"
        pile.key(ONE, 1, SHEET)
        assert {one.staff: one.seat for one in pile.whole.seats} == {first.id: 2, ONE.id: 1}

    def test_who_is_of_the_unit_copies_no_words(self, pile: Pile) -> None:
        with pytest.raises(ValueError, match="is no cell of"):
            pile.key(OURS, 1, SHEET | {"better": "灯太暗。"})
        pile.key(OURS, 1, SHEET | {"better": "1"})
        pile.key(ONE, 1, SHEET | {"better": "灯太暗。"})
        assert [pile.whole.sheets(seat)[1]["better"] for seat in (1, 2)] == ["灯太暗。", "1"]

    def test_an_account_that_is_gone_counts_as_of_the_unit(self, pile: Pile) -> None:
        pile.key(ONE, 1, SHEET)
        with pytest.raises(PaperError) as error:
            paper.key_sheet(pile.store, OFFICE, OURS, pile.name, Keyed(1, SHEET), {OURS.id: OURS})
        assert reason_of(error) == "own"

    @pytest.mark.parametrize("sheets", [(1,), (1, 2, 3), (1, 3)])
    def test_a_count_that_does_not_match_is_refused(self, pile: Pile, sheets: tuple[int, ...]) -> None:
        for number in sheets:
            pile.key(ONE, number, SHEET)
        with pytest.raises(PaperError) as error:
            pile.finish(ONE)
        assert reason_of(error) == "count"
        for number in set(sheets) - {1, 2}:
            paper.remove_sheet(pile.store, ONE, pile.name, number)
        pile.key(ONE, 2, SHEET)
        pile.finish(ONE)

    def test_a_sheet_that_is_keyed_again_stands_in_place_of_itself(self, pile: Pile) -> None:
        pile.key(ONE, 1, SHEET)
        pile.key(ONE, 1, SHEET | {"overall": "1"})
        assert pile.whole.sheets(1) == {1: SHEET | {"overall": "1"}}

    def test_cells_that_are_none_are_not_kept(self, pile: Pile) -> None:
        for cells in ({"overall": "7"}, {"nothing": "1"}, {"answer-by-choice": "1"}, {"wrong": "2 1"}):
            with pytest.raises(ValueError, match="is no cell of"):
                pile.key(ONE, 1, cells)
        assert pile.drafts() == 0


class TestComparing:
    def test_nothing_is_compared_before_both_are_finished(self, pile: Pile) -> None:
        pile.keyed(ONE, SHEET, SHEET)
        pile.key(TWO, 1, SHEET | {"overall": "1"})
        pile.key(TWO, 2, SHEET)
        assert pile.differing() == []
        pile.finish(TWO)
        assert pile.differing() == [(1, "overall")]

    def test_what_differs_is_settled_by_somebody_of_another_unit(self, pile: Pile) -> None:
        pile.keyed(OURS, SHEET, SHEET)
        pile.keyed(TWO, SHEET, SHEET | {"overall": "1"})
        with pytest.raises(PaperError) as error:
            pile.settle({(2, "overall"): "5"}, OURS)
        assert reason_of(error) == "own"
        with pytest.raises(PaperError) as error:
            pile.stored()
        assert reason_of(error) == "unsettled"
        pile.settle({(2, "overall"): "2"}, THIRD)
        assert pile.stored() == (2, 0, 0, 1)
        assert [one["overall"] for one in pile.answers()] == ["2", "5"]

    def test_a_cell_that_does_not_differ_cannot_be_settled(self, pile: Pile) -> None:
        pile.keyed(ONE, SHEET, SHEET)
        pile.keyed(TWO, SHEET, SHEET | {"overall": "1"})
        with pytest.raises(StaleError):
            pile.settle({(2, "overall"): "5", (1, "overall"): "1"})
        with pytest.raises(ValueError, match="is no cell"):
            pile.settle({(2, "overall"): "9"})
        assert pile.whole.settled == {}

    def test_the_first_copies_words_and_the_second_says_that_there_are_some(self, pile: Pile) -> None:
        pile.keyed(ONE, SHEET | {"better": "多派人。"}, SHEET | {"better": "灯太暗。"})
        pile.keyed(TWO, SHEET | {"better": WRITTEN}, SHEET)
        assert pile.differing() == [(2, "better")]
        pile.settle({(2, "better"): "灯太暗。"})
        pile.stored()
        assert sorted(row[0] for row in rows_in(pile.store, "SELECT text FROM response_texts")) == [
            "多派人。",
            "灯太暗。",
        ]


class TestStoring:
    def test_a_batch_becomes_answers_once_and_its_keyings_are_deleted(self, pile: Pile) -> None:
        pile.twice(SHEET, {"overall": "1", "wrong": "1 10", "told": UNREADABLE})
        assert pile.stored() == pile.stored() == (2, 0, 1, 0)
        assert pile.answers() == [
            {"manner": "dk", "overall": "5", "speed": "4"},
            {"overall": "1", "wrong": ["slow", "other"]},
        ]
        assert pile.drafts() == 0
        with pytest.raises(PaperError) as error:
            pile.key(ONE, 1, SHEET)
        assert reason_of(error) == "ended"

    def test_the_row_says_paper_assisted_and_the_batchs_day(self, store: Store, office_keys: Keys) -> None:
        day = TODAY - timedelta(days=20)
        Pile(store, office_keys, 1, day).twice(SHEET).stored()
        columns = "survey, version, unit, channel, basis, language, day, period"
        assert rows_in(store, f"SELECT {columns} FROM responses") == [
            ("police-response", 1, UNIT, "paper", "assisted", "zh", "2026-10-31", "2026-10")
        ]

    def test_a_batch_of_a_published_month_counts_in_the_next(self, store: Store, office_keys: Keys) -> None:
        store.write(lambda connection: close_period(connection, "2026-10", "2026-11-05"))
        Pile(store, office_keys, 1, date(2026, 10, 31)).twice(SHEET).stored()
        assert rows_in(store, "SELECT day, period FROM responses") == [("2026-10-31", "2026-11")]

    def test_a_sheet_without_an_answer_is_counted_and_not_stored(self, pile: Pile) -> None:
        pile.twice({}, {"speed": UNREADABLE, "wrong": "1"})
        assert pile.stored() == (0, 2, 1, 0)
        assert pile.answers() == []

    def test_equal_sheets_stay_two(self, pile: Pile) -> None:
        pile.twice(SHEET, SHEET)
        assert pile.stored()[0] == len(pile.answers()) == 2

    def test_who_is_of_the_unit_can_neither_store_nor_give_up(self, pile: Pile) -> None:
        pile.twice(SHEET, SHEET)
        for act in (pile.stored, lambda by: paper_ends.discard(pile.store, OFFICE, by, pile.name, TODAY, also)):
            with pytest.raises(PaperError) as error:
                act(OURS)
            assert reason_of(error) == "own"

    def test_a_batch_that_is_given_up_leaves_nothing(self, pile: Pile) -> None:
        pile.twice(SHEET, SHEET)
        paper_ends.discard(pile.store, OFFICE, TWO, pile.name, TODAY, also)
        assert (pile.drafts(), pile.answers()) == (0, [])
        outcome = pile.whole.outcome
        assert outcome is not None
        assert outcome.outcome == "discarded"

    def test_a_batch_left_open_is_given_up_after_its_time(self, pile: Pile) -> None:
        pile.keyed(ONE, SHEET, SHEET)
        kept = TODAY + timedelta(days=paper_ends.KEEP_DAYS)
        assert paper_ends.due(pile.store, kept) == paper_ends.purge(pile.store, kept, also) == 0
        late = kept + timedelta(days=1)
        assert paper_ends.due(pile.store, late) == paper_ends.purge(pile.store, late, also) == 1
        assert (pile.drafts(), paper_ends.due(pile.store, late)) == (0, 0)

    def test_each_act_has_its_row_and_no_word_stands_in_it(self, pile: Pile) -> None:
        pile.twice(SHEET | {"better": "1"}, SHEET)
        pile.stored()
        pile.stored()
        verify(pile.store)
        told = [json.loads(row[0]) for row in rows_in(pile.store, "SELECT details FROM audit ORDER BY id")]
        assert told == [
            {"survey": "police-response", "version": 1, "unit": UNIT, "day": "2026-11-20", "n": 2},
            {"seat": 1, "n": 2},
            {"seat": 2, "n": 2},
            {"stored": 2, "blank": 0, "unreadable": 0, "differing": 0, "period": "2026-11"},
        ]


@given(first=st.lists(SHEETS, min_size=1, max_size=3), data=st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_planted_errors_are_shown_and_what_the_paper_says_is_stored(
    store: Store, office_keys: Keys, first: list[dict[str, str]], data: st.DataObject
) -> None:
    """One keyer reads the paper right, the other errs in some cells: exactly those are shown."""
    places = [(sheet, code) for sheet in range(1, len(first) + 1) for code in CODES]
    planted = data.draw(st.sets(st.sampled_from(places), max_size=4))
    second = [
        {code: WRITTEN if code == "better" and len(cell) > 1 else cell for code, cell in one.items()} for one in first
    ]
    for sheet, code in planted:
        second[sheet - 1][code] = "" if second[sheet - 1][code] else ("1" if code == "better" else UNREADABLE)
    pile = Pile(store, office_keys, len(first))
    by = data.draw(st.permutations([ONE, TWO]))
    pile.keyed(by[0], *first)
    pile.keyed(by[1], *second)
    assert pile.differing() == sorted(planted, key=lambda one: (one[0], CODES.index(one[1])))
    if planted:
        pile.settle({(sheet, code): first[sheet - 1][code] for sheet, code in planted})
    before = len(pile.answers())
    answered = sum(any(answers_of(POLICE, cells)) for cells in first)
    assert pile.stored()[0] == len(pile.answers()) - before == answered
