"""What shows that answers should not count, which of them a reason takes, who agrees, and what then counts."""

import json
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from surveys import exclusions, surges
from surveys.errors import ExclusionError, StaleError
from surveys.exclusions import Decision, Looked, Proposal, Reason
from surveys.keys import Keys
from surveys.store import Store, corrections, exclusion_batches
from surveys.store.answers import close_period, raw_answers
from surveys.store.corrections import CorrectionRow
from surveys.store.exclusion_batches import AnswerSet, Cell, count_excluded
from surveys.store.slices import count_period
from tests.conftest import ROOT
from tests.surveys.answers_office import (
    OFFICE,
    PUBLISHER,
    REVIEWER,
    SURVEY,
    TODAY,
    UNIT,
    WORDS,
    Answers,
    account,
    cell,
)


@pytest.fixture
def answers(store: Store, office_keys: Keys) -> Answers:
    return Answers(store, office_keys)


def look(answers: Answers, at: Cell | None = None, today: date = TODAY) -> Looked:
    return exclusions.look(answers.store, OFFICE, answers.keys, at or cell(), today)


def propose(answers: Answers, reason: Reason, at: Cell | None = None, n: int | None = None) -> str:
    at = at or cell()
    wanted = look(answers, at).takes.get(reason, 0) if n is None else n
    return exclusions.propose(answers.store, OFFICE, answers.keys, PUBLISHER, Proposal(at, reason, wanted), TODAY)


def decide(answers: Answers, batch: str, decision: Decision = "confirmed") -> None:
    exclusions.decide(answers.store, OFFICE, batch, REVIEWER, decision, TODAY)


def levels(answers: Answers, period: str = "2026-11") -> Counter[str]:
    """What counts for the overall question."""
    found = answers.store.read(lambda connection: list(count_period(connection, SURVEY, period)))
    return Counter({one.code: one.n for one in found if one.question == "overall" and one.code and one.unit == UNIT})


def recounted(answers: Answers, period: str = "2026-11") -> int:
    """How many a recount reads, which must leave out the same."""
    return answers.store.read(lambda connection: sum(1 for _ in raw_answers(connection, period)))


def received(answers: Answers, period: str = "2026-11") -> int:
    found = answers.store.read(lambda connection: list(count_period(connection, SURVEY, period)))
    return sum(one.n for one in found if not one.question)


class TestFlood:
    def test_a_flood_is_many_more_than_the_median_of_the_other_days(self, answers: Answers) -> None:
        answers.usual_days(4)
        answers.add("1" * 40)
        found = look(answers)
        assert found.evidence.is_flood
        # Nine days after the day brought nothing, twenty before it four each, and eight before those nothing.
        assert (found.evidence.n, found.evidence.usual, found.evidence.days) == (40, 4, 37)
        assert found.takes == {"flood": 36}
        out = exclusions.standing_out(answers.store, OFFICE, "2026-11", TODAY)
        assert out == ((cell(), found.evidence),)

    @pytest.mark.parametrize(("a_day", "n"), [(4, 19), (7, 21), (10, 30)])
    def test_a_busy_day_is_no_flood(self, answers: Answers, a_day: int, n: int) -> None:
        answers.usual_days(a_day)
        answers.add("5" * n)
        assert not look(answers).evidence.is_flood
        assert look(answers).takes == {}
        assert exclusions.standing_out(answers.store, OFFICE, "2026-11", TODAY) == ()

    def test_without_a_week_of_other_days_nothing_is_usual(self, answers: Answers) -> None:
        opening = date(2026, 9, 1)
        answers.add("1" * 40, day=opening)
        evidence = look(answers, cell(opening), opening + timedelta(days=7)).evidence
        assert (evidence.usual, evidence.days, evidence.is_flood) == (None, 6, False)
        assert look(answers, cell(opening), opening + timedelta(days=8)).evidence.is_flood

    def test_cards_are_never_a_flood(self, answers: Answers) -> None:
        answers.add("1" * 40, basis="card")
        found = look(answers, cell(basis="card"))
        assert found.evidence.is_flood
        assert found.takes == {}
        assert exclusions.standing_out(answers.store, OFFICE, "2026-11", TODAY) == ()

    def test_a_day_that_still_grows_is_shown_and_left_alone(self, answers: Answers) -> None:
        answers.add("1" * 40, day=TODAY)
        found = look(answers, cell(TODAY))
        assert found.evidence.is_flood
        assert found.takes == {}

    def test_what_stays_is_drawn_without_looking_at_answers(self, answers: Answers) -> None:
        answers.usual_days(4)
        ids = answers.add("12345" * 8)
        sets = [AnswerSet(one, 1, f'{{"overall":"{place % 5}"}}', "", 0) for place, one in enumerate(ids)]
        other = [one._replace(answers="{}") for one in reversed(sets)]
        evidence = look(answers).evidence
        first = exclusions.chosen_by("flood", cell(), evidence, sets, answers.keys)
        assert first == exclusions.chosen_by("flood", cell(), evidence, other, answers.keys)
        assert len(first) == 36


class TestSameWords:
    def test_all_but_one_of_each_group_of_the_same_words_and_choices(self, answers: Answers) -> None:
        answers.add("1" * 7, WORDS)
        answers.add("5" * 5, WORDS)
        answers.add("2" * 4, WORDS)
        answers.add("4" * 2, "还好")
        answers.add("4")
        found = look(answers)
        assert found.evidence.groups == (7, 5)
        assert found.takes == {"duplicate": 10}
        assert exclusions.standing_out(answers.store, OFFICE, "2026-11", TODAY)[0][1].groups == (7, 5)
        decide(answers, propose(answers, "duplicate"))
        assert levels(answers) == {"1": 1, "5": 1, "2": 4, "4": 3}

    def test_sets_without_words_are_never_compared_in_the_open(self, answers: Answers) -> None:
        answers.add("5" * 18)
        answers.add("1")
        assert look(answers).evidence.groups == ()
        assert exclusions.standing_out(answers.store, OFFICE, "2026-11", TODAY) == ()

    def test_cards_can_be_duplicates(self, answers: Answers) -> None:
        answers.add("5" * 6, WORDS, basis="card")
        assert look(answers, cell(basis="card")).takes == {"duplicate": 5}

    def test_somebody_who_sends_the_words_of_another_twice_for_each_rating_sees_nothing(self, answers: Answers) -> None:
        answers.add("3", WORDS)
        answers.add("12345" * 2, WORDS)
        assert look(answers).evidence.groups == ()
        assert exclusions.standing_out(answers.store, OFFICE, "2026-11", TODAY) == ()

    def test_no_group_is_shown_before_its_day_is_over(self, answers: Answers) -> None:
        answers.add("5" * 9, WORDS)
        day = date.fromisoformat(cell().day)
        assert (look(answers, today=day).evidence.groups, look(answers, today=day).takes) == ((), {})
        assert exclusions.standing_out(answers.store, OFFICE, "2026-11", day) == ()


class TestByStaff:
    def test_a_file_that_came_twice_loses_half_of_each_kind(self, answers: Answers) -> None:
        for kind in range(4):
            answers.add("55" * (kind + 1), channel="paper", basis="imported", more={"matter": f"m{kind}"})
            answers.add("11", channel="paper", basis="imported", more={"matter": f"m{kind}"})
        at = cell(channel="paper", basis="imported")
        assert look(answers, at).takes["imported-twice"] == 14
        decide(answers, propose(answers, "imported-twice", at))
        assert levels(answers) == {"5": 10, "1": 4}

    def test_what_is_not_in_pairs_did_not_come_twice(self, answers: Answers) -> None:
        for kind in range(8):
            answers.add("55", channel="paper", basis="imported", more={"matter": f"m{kind}"})
        answers.add("5", channel="paper", basis="imported")
        assert "imported-twice" not in look(answers, cell(channel="paper", basis="imported")).takes

    def test_few_kinds_of_answers_come_in_pairs_by_chance(self, answers: Answers) -> None:
        answers.add("5" * 30 + "44", channel="paper", basis="imported")
        assert "imported-twice" not in look(answers, cell(channel="paper", basis="imported")).takes

    @pytest.mark.parametrize("reason", ["test-entry", "wrong-unit"])
    def test_a_whole_day_goes_only_of_what_staff_entered(self, answers: Answers, reason: Reason) -> None:
        answers.add("55")
        answers.add("551", channel="kiosk", basis="assisted")
        assert reason not in look(answers).takes
        assert look(answers, cell(channel="kiosk", basis="assisted")).takes[reason] == 3


class TestTwoRoles:
    def flooded(self, answers: Answers) -> str:
        answers.usual_days(2)
        answers.add("5" * 4 + "1" * 36)
        return propose(answers, "flood")

    def test_nothing_changes_until_it_is_confirmed(self, answers: Answers) -> None:
        batch = self.flooded(answers)
        assert sum(levels(answers).values()) == 58
        decide(answers, batch)
        assert sum(levels(answers).values()) == 20
        assert received(answers) == 58

    def test_a_refused_one_changes_nothing_and_is_not_proposed_again(self, answers: Answers) -> None:
        batch = self.flooded(answers)
        decide(answers, batch, "refused")
        assert sum(levels(answers).values()) == 58
        assert look(answers).evidence.is_flood
        assert look(answers).takes == {}

    def test_what_is_proposed_is_not_proposed_twice(self, answers: Answers) -> None:
        self.flooded(answers)
        assert look(answers).evidence.n == 2
        with pytest.raises(ExclusionError, match="nothing shows 'flood'"):
            propose(answers, "flood", n=0)

    def test_it_is_decided_once(self, answers: Answers) -> None:
        batch = self.flooded(answers)
        decide(answers, batch)
        with pytest.raises(StaleError):
            decide(answers, batch, "refused")
        found = exclusions.find(answers.store, batch)
        assert found is not None
        assert (found.decision, found.decided_by, found.proposed_by) == ("confirmed", REVIEWER.id, PUBLISHER.id)

    @pytest.mark.parametrize("unit", ["chengdong", "chengdong-hukou"])
    def test_people_of_the_unit_or_of_its_branch_decide_nothing(self, answers: Answers, unit: str) -> None:
        batch = self.flooded(answers)
        with pytest.raises(ExclusionError, match="not of the unit"):
            exclusions.decide(answers.store, OFFICE, batch, account("reviewer", unit), "confirmed", TODAY)
        found = exclusions.find(answers.store, batch)
        assert found is not None
        assert found.decision is None

    def test_neither_the_role_that_proposed_nor_the_same_person_decides(self, answers: Answers) -> None:
        batch = self.flooded(answers)
        both = account("reviewer", name=PUBLISHER.name)
        assert both.id == PUBLISHER.id
        for by in (PUBLISHER, both, account("auditor"), account("intake"), account("admin")):
            with pytest.raises(ExclusionError):
                exclusions.decide(answers.store, OFFICE, batch, by, "confirmed", TODAY)

    @pytest.mark.parametrize("role", ["intake", "reviewer", "handler", "auditor", "admin"])
    def test_only_a_publisher_proposes(self, answers: Answers, role: str) -> None:
        answers.add("5" * 40)
        with pytest.raises(ExclusionError, match="only a publisher"):
            exclusions.propose(
                answers.store, OFFICE, answers.keys, account(role), Proposal(cell(), "flood", 40), TODAY  # type: ignore[arg-type]
            )  # fmt: skip

    def test_another_number_than_was_shown_is_a_conflict(self, answers: Answers) -> None:
        answers.add("5" * 40)
        with pytest.raises(StaleError, match="40 answers would be excluded by now, not 39"):
            propose(answers, "flood", n=39)

    def test_a_published_month_stays_as_it_was_counted(self, answers: Answers) -> None:
        batch = self.flooded(answers)
        answers.add("5" * 40, unit="chengxi")
        answers.store.write(lambda connection: close_period(connection, "2026-11", "2026-12-01"))
        with pytest.raises(ExclusionError, match="2026-11 is published"):
            decide(answers, batch)
        with pytest.raises(ExclusionError, match="2026-11 is published"):
            propose(answers, "flood", cell(unit="chengxi"))
        assert "2026-11" not in exclusions.open_periods(answers.store, TODAY)

    def late(self, answers: Answers, closed: str = "2026-11-12") -> Cell:
        """A published month in which staff entered a sheet for the wrong unit."""
        answers.add("5" * 12, channel="paper", basis="assisted")
        answers.add("1" * 40)
        answers.store.write(lambda connection: close_period(connection, "2026-11", closed))
        return cell(channel="paper", basis="assisted")

    def test_what_staff_entered_wrongly_goes_with_a_correction_and_not_before(self, answers: Answers) -> None:
        at = self.late(answers)
        assert look(answers, at).takes == {"wrong-unit": 12, "test-entry": 12}
        assert look(answers).takes == {}  # a flood of residents: whoever knows the result does not decide about them
        assert exclusions.late_periods(answers.store, TODAY) == ("2026-11",)
        decide(answers, propose(answers, "wrong-unit", at))
        assert levels(answers) == {"5": 12, "1": 40}
        assert self.counted(answers, TODAY.isoformat()) == {"5": 12, "1": 40}  # decided today: from tomorrow on
        assert self.counted(answers, "2026-11-21") == {"1": 40}
        answers.store.write(lambda c: corrections.add(c, CorrectionRow("2026-11", 2, TODAY.isoformat(), "x")))
        assert levels(answers) == {"5": 12, "1": 40}
        assert recounted(answers) == 52
        answers.store.write(lambda c: corrections.add(c, CorrectionRow("2026-11", 3, "2026-11-21", "x")))
        assert levels(answers) == {"1": 40}
        assert recounted(answers) == 40
        assert received(answers) == 52

    def counted(self, answers: Answers, corrected_on: str) -> Counter[str]:
        found = answers.store.read(lambda c: list(count_period(c, SURVEY, "2026-11", corrected_on)))
        return Counter({one.code: one.n for one in found if one.question == "overall" and one.code})

    def test_nothing_goes_on_the_day_of_publication_itself(self, answers: Answers) -> None:
        at = self.late(answers, closed=TODAY.isoformat())
        assert look(answers, at).takes == {}
        with pytest.raises(ExclusionError, match="from the day after the publication on"):
            propose(answers, "wrong-unit", at, n=12)

    def test_an_unknown_proposal_is_told(self, answers: Answers) -> None:
        with pytest.raises(ExclusionError, match="no such proposal"):
            decide(answers, "0" * 16)

    def test_a_proposal_holds_counts_and_no_answer(self, answers: Answers) -> None:
        answers.add("3" * 5, WORDS)
        found = exclusions.find(answers.store, propose(answers, "duplicate"))
        assert found is not None
        assert json.loads(found.evidence) == {"n": 5, "usual": 0, "days": 37, "groups": [5], "counted": False}
        assert (len(found.id), found.n, found.reason) == (16, 4, "duplicate")

    def test_answers_and_decisions_are_never_deleted(self, answers: Answers) -> None:
        decide(answers, self.flooded(answers))
        for table in ("responses", "exclusion_batches", "exclusion_members", "exclusion_decisions"):
            with pytest.raises(IntegrityError, match="append-only"):
                answers.store.write(lambda connection, name=table: connection.exec_driver_sql(f"DELETE FROM {name}"))  # type: ignore[misc]


def test_what_is_excluded_is_counted_by_unit_and_reason(answers: Answers) -> None:
    answers.add("1" * 5, WORDS)
    answers.add("2" * 3, channel="paper", basis="imported")
    decide(answers, propose(answers, "duplicate"))
    decide(answers, propose(answers, "wrong-unit", cell(channel="paper", basis="imported")))
    found = answers.store.read(lambda connection: list(count_excluded(connection, SURVEY, "2026-11")))
    assert {one[2:] for one in found} == {
        (UNIT, "open", "duplicate", "", "", 4),
        (UNIT, "open", "duplicate", "overall", "1", 4),
        (UNIT, "imported", "wrong-unit", "", "", 3),
        (UNIT, "imported", "wrong-unit", "overall", "2", 3),
    }


def test_late_answers_are_excluded_in_the_month_in_which_they_count(answers: Answers) -> None:
    answers.store.write(lambda connection: close_period(connection, "2026-10", "2026-11-01"))
    late = date(2026, 10, 20)
    answers.add("1" * 40, day=late)
    assert exclusions.cells_of_day(answers.store, SURVEY, UNIT, late, ["2026-11"]) == (
        cell(late)._replace(period="2026-11"),
    )
    decide(answers, propose(answers, "flood", cell(late)._replace(period="2026-11")))
    assert levels(answers) == {}


def test_open_months_are_those_not_published(answers: Answers) -> None:
    assert exclusions.open_periods(answers.store, TODAY)[:2] == ("2026-11", "2026-10")
    answers.store.write(lambda connection: close_period(connection, "2026-11", "2026-12-01"))
    assert exclusions.open_periods(answers.store, TODAY)[:2] == ("2026-12", "2026-10")


kinds = st.lists(st.tuples(st.sampled_from("12345"), st.sampled_from(["", "short", WORDS])), max_size=60)


@given(kinds)
@settings(max_examples=60, deadline=None)
def test_a_choice_among_duplicates_leaves_every_kind(found: list[tuple[str, str]]) -> None:
    """One of each group stays, and renaming the levels changes nothing but their names."""
    keys = Keys(b"k" * 32, b"")
    sets = [AnswerSet(place.to_bytes(16), 1, level, words, len(words)) for place, (level, words) in enumerate(found)]
    evidence = exclusions.Evidence(len(sets), 1, 30, doubled=True)
    taken = set(exclusions.chosen_by("duplicate", cell(), evidence, sets, keys))
    assert {one[1:4] for one in sets} == {one[1:4] for one in sets if one.id not in taken}
    renamed = [one._replace(answers={"1": "5", "5": "1"}.get(one.answers, one.answers)) for one in sets]
    for reason in exclusions.REASONS:
        first = exclusions.chosen_by(reason, cell(), evidence, sets, keys)
        again = exclusions.chosen_by(reason, cell(), evidence, renamed, keys)
        assert Counter(first) == Counter(again)


def test_the_overview_and_the_cell_find_the_same_groups(answers: Answers) -> None:
    for turn, unit in enumerate(("chengdong", "chengxi", "chengbei")):
        answers.add("1" * (turn + 4), WORDS, unit=unit)
        answers.add("4" * (turn + 5), WORDS + "再说一遍", unit=unit, channel="kiosk", basis="assisted")
    found = dict(exclusions.standing_out(answers.store, OFFICE, "2026-11", TODAY))
    assert len(found) == 5
    for at, evidence in found.items():
        assert look(answers, at).evidence == evidence


def test_the_schema_refuses_a_batch_without_answers(store: Store) -> None:
    batch = exclusion_batches.Batch("0" * 16, *cell()[:4], "2026-11", "2026-11-10", "flood", "{}", 0, "a", "2026-11-11")
    with pytest.raises(IntegrityError):
        store.write(lambda connection: exclusion_batches.add_batch(connection, batch, []))


def test_the_page_of_the_desk_says_what_the_code_holds() -> None:
    """The figures of the rule stand in the handbook."""
    for language in ("zh", "en"):
        written = (ROOT / "content" / language / "handbook/answers-desk.md").read_text(encoding="utf-8")
        figures = (surges.FLOOD_FROM, exclusions.WORDS_FROM, surges.OTHER_DAYS, surges.WINDOW_DAYS)
        assert all(str(figure) in written for figure in figures)
        assert all(f"`{reason}`" in written for reason in exclusions.REASONS)
