"""The life of a case, state by state: who may do what and when, and what keeps roles apart."""

from datetime import date

import pytest

from surveys import case_board, case_upkeep, cases
from surveys.case_acts import may_see_contact, view
from surveys.case_events import KINDS, REASONS
from surveys.case_limits import original_outcome_limit
from surveys.cases import Act, Actor, Kind, limits, resident
from surveys.errors import CaseError, ConflictError
from surveys.keys import Keys, key_paths, unseal
from surveys.store import Store
from tests.conftest import drop_triggers
from tests.surveys.case_office import (
    ADMIN,
    AUDITOR,
    EAST,
    EAST2,
    EAST_INTAKE,
    EAST_REVIEWER,
    INTAKE,
    OFFICE,
    PUBLISHER,
    REVIEWER,
    STAFF,
    TOWN,
    WEST,
    WEST_REVIEWER,
    Desk,
    days_of,
    member,
)
from tests.surveys.test_responses import rows_in

TUESDAY = date(2026, 11, 3)


@pytest.fixture
def desk(store: Store, office_keys: Keys) -> Desk:
    return Desk(store, office_keys, TUESDAY)


def refused(desk: Desk, number: str, actor: Actor, kind: Kind, text: str = "", **data: str) -> str:
    """The reason why the act is refused; nothing is stored."""
    before = len(desk.whole(number).events)
    with pytest.raises(CaseError) as caught:
        desk.do(number, actor, kind, text, **data)
    assert not isinstance(caught.value, ConflictError)
    assert len(desk.whole(number).events) == before
    return str(caught.value)


@pytest.mark.parametrize("nothing", ["\u200b", "\u00ad \u3000\n", "\u3164\ufe0f", "\u2060\u2800"])
def test_words_that_nobody_can_see_are_no_words(desk: Desk, nothing: str) -> None:
    number = desk.assigned()
    assert "needs words" in refused(desk, number, EAST, "replied", nothing)
    assert "needs words" in refused(desk, number, resident(number), "message", nothing)
    assert desk.do(number, EAST, "replied", nothing + "好").events[-1].text
    with pytest.raises(CaseError, match="needs words"):
        desk.opened(text=nothing)
    assert not desk.whole(desk.opened(contact=nothing).number).standing.contact


class TestTheStraightWay:
    def test_from_receipt_to_close(self, desk: Desk) -> None:
        number = desk.opened(unit="east").number
        her = resident(number)
        assert days_of(limits(desk.whole(number).standing)) == {"triage": "2026-11-04", "first_reply": "2026-11-06"}
        desk.pass_days(1)
        case = desk.do(number, INTAKE, "accepted")
        assert days_of(limits(case.standing)) == {"first_reply": "2026-11-06", "outcome": "2026-11-10"}
        case = desk.do(number, INTAKE, "assigned", unit="east")
        assert days_of(limits(case.standing))["return"] == "2026-11-05"
        desk.pass_days(1)
        case = desk.do(number, EAST, "replied", "明天来人。")
        assert (case.state, days_of(limits(case.standing))) == ("replied", {"outcome": "2026-11-10"})
        case = desk.do(number, EAST, "planned", "换灯。", by="2026-11-09")
        assert days_of(limits(case.standing))["plan"] == "2026-11-09"
        desk.pass_days(1)
        case = desk.do(number, EAST, "outcome", "换好了。", outcome="on-the-spot")
        assert (case.state, days_of(limits(case.standing))) == ("outcome", {"callback": "2026-11-09"})
        desk.pass_days(3)
        case = desk.do(number, REVIEWER, "confirmed", satisfied="yes")
        assert (case.state, case.standing.queue, days_of(limits(case.standing))) == ("callback", "close", {})
        case = desk.do(number, REVIEWER, "closed")
        assert (case.state, case.standing.result) == ("closed", "confirmed")
        assert days_of(limits(case.standing)) == {"reopen": "2026-12-09", "purge_contact": "2026-12-09"}
        assert desk.acts(number, her) == ("reopened", "erased")
        assert [event.kind for event in case.events] == [
            *("received", "accepted", "assigned", "replied", "planned", "outcome", "confirmed", "closed")
        ]
        assert case.standing.handlers == (EAST.staff,)

    def test_a_limit_lists_the_days_it_counted(self, desk: Desk) -> None:
        desk.day = date(2026, 9, 30)  # National Day follows
        case = desk.whole(desk.assigned())
        counted = limits(case.standing)["outcome"].counted
        assert [str(day) for day in counted] == [
            *("2026-10-08", "2026-10-09", "2026-10-10", "2026-10-12", "2026-10-13")
        ]

    def test_a_category_keeps_its_own_limit(self, desk: Desk) -> None:
        case = desk.whole(desk.assigned(category="slow"))
        assert days_of(limits(case.standing))["outcome"] == "2026-11-17"

    def test_the_limits_promised_stay_when_the_office_changes_its_own(self, desk: Desk) -> None:
        number = desk.assigned(category="slow")
        assert desk.whole(number).events[0].data["first_reply_days"] == "6"
        assert desk.whole(number).events[1].data["outcome_days"] == "10"


class TestTriage:
    def test_declined_with_reason_and_right_channel(self, desk: Desk) -> None:
        number = desk.opened().number
        assert "needs words" in refused(desk, number, INTAKE, "declined", reason="court")
        assert "choose one of other-office" in refused(desk, number, INTAKE, "declined", "去法院", reason="mood")
        case = desk.do(number, INTAKE, "declined", "请向区人民法院起诉。", reason="court")
        assert (case.state, case.standing.queue) == ("declined", "done")
        assert "court" in REASONS

    def test_a_decline_is_contested_once_to_the_unit_above(self, desk: Desk) -> None:
        number = desk.opened(unit="east").number
        desk.do(number, INTAKE, "declined", "找物业。", reason="other-office")
        desk.pass_days(30)
        case = desk.do(number, resident(number), "contested", "物业说找你们。")
        assert (case.state, case.standing.queue, case.standing.appeal_unit) == ("declined", "appeal", "town")
        assert days_of(limits(case.standing)) == {"appeal": "2026-12-10"}
        assert desk.acts(number, EAST_REVIEWER) == desk.acts(number, INTAKE) == ()
        assert desk.acts(number, REVIEWER) == ("upheld", "taken_up")
        desk.do(number, REVIEWER, "upheld", "确实归物业管。")
        assert "possible now: erased" in refused(desk, number, resident(number), "contested", "还是不对。")

    def test_a_decline_that_was_upheld_is_purged_thirty_days_later(self, desk: Desk) -> None:
        number = desk.opened(unit="east").number
        desk.do(number, INTAKE, "declined", "找物业。", reason="other-office")
        desk.pass_days(20)
        desk.do(number, resident(number), "contested", "物业说找你们。")
        desk.pass_days(20)
        assert case_upkeep.purge_due(desk.store, desk.day) == ()
        desk.do(number, REVIEWER, "upheld", "确实归物业管。")
        desk.pass_days(30)
        assert case_upkeep.purge_due(desk.store, desk.day) == ()
        desk.pass_days(1)
        assert case_upkeep.purge_due(desk.store, desk.day) == (number,)

    def test_who_declined_does_not_judge_it(self, desk: Desk) -> None:
        number = desk.opened(unit="east").number
        both = cases.staff(OFFICE, "intake", "both", "town")
        desk.do(number, both, "declined", "找物业。", reason="other-office")
        desk.do(number, resident(number), "contested", "物业说找你们。")
        assert desk.acts(number, cases.staff(OFFICE, "reviewer", "both", "town")) == ()

    def test_a_decline_taken_up_again_runs_anew_and_counts_as_reopened(self, desk: Desk) -> None:
        number = desk.opened(unit="east").number
        desk.do(number, INTAKE, "declined", "找物业。", reason="other-office")
        desk.do(number, resident(number), "contested", "物业说找你们。")
        desk.pass_days(7)
        case = desk.do(number, REVIEWER, "taken_up")
        assert (case.state, case.standing.queue) == ("accepted", "assign")
        assert days_of(limits(case.standing)) == {"first_reply": "2026-11-13", "outcome": "2026-11-17"}
        found = case_upkeep.balance(desk.store, "2026-11")
        assert (found.received, found.declined, found.reopened, found.end, found.holds) == (1, 1, 1, 1, True)

    @pytest.mark.parametrize(
        ("category", "unit", "above"),
        [
            ("visit", "east-desk", "east"),
            ("complaint", "west", "town"),
            ("visit", "town", None),
            ("visit", None, "town"),
        ],
    )
    def test_who_hears_a_contest(self, desk: Desk, category: str, unit: str | None, above: str | None) -> None:
        number = desk.opened(category, unit).number
        desk.do(number, INTAKE, "declined", "不归我们。", reason="other-office")
        assert desk.do(number, resident(number), "contested", "归。").standing.appeal_unit == above

    def test_a_contest_has_thirty_days(self, desk: Desk) -> None:
        number = desk.opened().number
        desk.do(number, INTAKE, "declined", "找物业。", reason="other-office")
        desk.pass_days(31)
        refused(desk, number, resident(number), "contested", "物业说找你们。")

    def test_transferred_is_final(self, desk: Desk) -> None:
        number = desk.opened().number
        case = desk.do(number, INTAKE, "transferred", "已转市政。")
        assert case.state == "transferred"
        assert desk.acts(number, resident(number)) == ("erased",)
        assert all(desk.acts(number, actor) == () for actor in STAFF)

    def test_complex_is_set_at_triage_and_gives_fifteen_days(self, desk: Desk) -> None:
        number = desk.opened().number
        case = desk.do(number, INTAKE, "accepted", complex="yes")
        assert days_of(limits(case.standing))["outcome"] == "2026-11-24"

    def test_danger_to_life_goes_first_and_intake_has_the_last_word(self, desk: Desk) -> None:
        for _ in range(3):
            desk.opened()
        desk.pass_days(1)
        urgent = desk.opened(text="有人被困在电梯里").number
        page = case_board.listing(desk.store, "triage", desk.day)
        assert page[0].number == urgent
        assert not desk.do(urgent, INTAKE, "accepted", urgent="no").standing.urgent


class TestAssignment:
    def test_a_complaint_that_names_no_unit_is_not_accepted_before_intake_says_of_whom(self, desk: Desk) -> None:
        number, other = desk.opened("complaint").number, desk.opened("complaint").number
        assert "whom it complains of" in refused(desk, number, INTAKE, "accepted")
        assert "takes no no_unit" in refused(desk, number, INTAKE, "accepted", about="east", no_unit="yes")
        assert "choose one of yes" in refused(desk, number, INTAKE, "accepted", no_unit="no")
        assert desk.do(number, INTAKE, "accepted", about="east").standing.about == "east"
        assert "choose one of town, west" in refused(desk, number, INTAKE, "assigned", unit="east-desk")
        assert desk.do(other, INTAKE, "accepted", no_unit="yes").standing.about is None
        assert desk.do(other, INTAKE, "assigned", unit="east").standing.unit == "east"

    def test_what_was_accepted_and_turns_out_to_be_a_complaint_says_of_whom(self, desk: Desk) -> None:
        number = desk.opened("suggestion").number
        desk.do(number, INTAKE, "accepted")
        assert "whom it complains of" in refused(desk, number, INTAKE, "categorised", category="complaint")
        assert desk.do(number, INTAKE, "categorised", category="complaint", about="west").standing.about == "west"

    def test_the_unit_complained_of_and_those_below_are_never_assigned(self, desk: Desk) -> None:
        number = desk.opened("complaint", "east").number
        desk.do(number, INTAKE, "accepted")
        for unit in ("east", "east-desk"):
            assert "choose one of town, west, west-desk" in refused(desk, number, INTAKE, "assigned", unit=unit)
        assert desk.do(number, INTAKE, "assigned", unit="town").standing.unit == "town"

    def test_a_unit_named_in_a_request_may_answer_it(self, desk: Desk) -> None:
        assert desk.whole(desk.assigned("east", category="visit", unit="east")).standing.unit == "east"

    def test_intake_may_name_whom_a_complaint_is_about(self, desk: Desk) -> None:
        number = desk.opened("complaint").number
        desk.do(number, INTAKE, "accepted", about="west")
        refused(desk, number, INTAKE, "assigned", unit="west")
        other = desk.opened("complaint", "east").number
        assert "names the unit" in refused(desk, other, INTAKE, "accepted", about="west")

    def test_nobody_of_the_unit_complained_of_acts_or_reads(self, desk: Desk) -> None:
        number = desk.assigned("west", category="complaint", unit="east")
        for actor in (EAST, EAST_REVIEWER, member("reviewer", "east-desk"), member("intake", "east")):
            assert desk.acts(number, actor) == ()
            assert cases.find(desk.store, number, actor) is None

    def test_a_unit_that_closed_is_not_assigned(self, desk: Desk) -> None:
        number = desk.opened().number
        desk.do(number, INTAKE, "accepted")
        refused(desk, number, INTAKE, "assigned", unit="old")
        desk.day = date(2026, 6, 25)
        earlier = desk.assigned("old")
        desk.pass_days(10)
        assert desk.do(earlier, INTAKE, "assigned", unit="west").standing.unit == "west"

    def test_the_unit_disputes_once_within_a_working_day(self, desk: Desk) -> None:
        desk.day = date(2026, 11, 6)  # Friday
        number = desk.assigned("east")
        desk.pass_days(3)
        case = desk.do(number, EAST, "returned", "这条路归西边。", reason="other-unit")
        assert (case.state, case.standing.queue, case.standing.unit) == ("accepted", "triage", None)
        assert days_of(limits(case.standing))["triage"] == "2026-11-10"
        assert desk.acts(number, INTAKE) == ("declined", "merged", "transferred", "assigned")
        desk.do(number, INTAKE, "assigned", unit="west")
        assert "returned" not in desk.acts(number, WEST)

    def test_a_dispute_after_the_working_day_is_too_late(self, desk: Desk) -> None:
        number = desk.assigned("east")
        desk.pass_days(2)
        refused(desk, number, EAST, "returned", "这条路归西边。", reason="other-unit")

    def test_only_the_assigned_unit_handles(self, desk: Desk) -> None:
        number = desk.assigned("east")
        assert desk.acts(number, WEST) == desk.acts(number, TOWN) == ()
        assert desk.acts(number, EAST) == ("returned", "replied", "extended")


class TestLimits:
    def test_one_extension_told_before_expiry_with_a_public_reason(self, desk: Desk) -> None:
        number = desk.assigned()
        desk.do(number, EAST, "replied", "要等配件。")
        reason = {"reason": "supplies"}
        assert "needs words" in refused(desk, number, EAST, "extended", workdays="15", **reason)
        assert "choose one of 1, 2" in refused(desk, number, EAST, "extended", "等配件", workdays="16", **reason)
        assert "choose one of inquiry, others" in refused(desk, number, EAST, "extended", "等配件", workdays="15")
        desk.pass_days(7)  # the last day of the limit
        case = desk.do(number, EAST, "extended", "等配件", workdays="15", reason="supplies")
        limit = limits(case.standing)["outcome"]
        assert str(limit.day) == "2026-12-01"
        assert len(limit.counted) == 20
        assert str(original_outcome_limit(case.standing).day) == "2026-11-10"
        assert "extended" not in desk.acts(number, EAST)

    def test_an_extension_asked_after_expiry_is_refused(self, desk: Desk) -> None:
        number = desk.assigned()
        desk.pass_days(8)
        given = {"workdays": "5", "reason": "supplies"}
        assert "'extended' is not possible" in refused(desk, number, EAST, "extended", "等配件", **given)

    def test_a_plan_stays_within_the_limit(self, desk: Desk) -> None:
        number = desk.assigned()
        desk.do(number, EAST, "replied", "去看看。")
        for day in ("2026-11-02", "2026-11-11", "soon", ""):
            refused(desk, number, EAST, "planned", "换灯。", by=day)
        desk.do(number, EAST, "planned", "换灯。", by="2026-11-10")

    def test_across_spring_festival_and_a_make_up_saturday(self, desk: Desk) -> None:
        desk.day = date(2026, 2, 12)
        case = desk.whole(desk.assigned())
        assert days_of(limits(case.standing)) == {
            "return": "2026-02-13",
            "first_reply": "2026-02-24",
            "outcome": "2026-02-26",
        }
        assert "2026-02-14" in map(str, limits(case.standing)["outcome"].counted)

    def test_across_a_leap_day(self, desk: Desk) -> None:
        desk.day = date(2024, 2, 27)
        assert days_of(limits(desk.whole(desk.assigned()).standing))["outcome"] == "2024-03-05"

    def test_a_clock_set_back_neither_shortens_nor_corrupts(self, desk: Desk) -> None:
        number = desk.assigned()
        before = days_of(limits(desk.whole(number).standing))
        desk.day = date(2026, 10, 1)
        case = desk.do(number, EAST, "replied", "去看看。")
        assert case.events[-1].day == TUESDAY
        case = desk.do(number, EAST, "outcome", "好了。", outcome="by-date", date="2026-11-05")
        assert days_of(limits(case.standing)) == {"callback": "2026-11-06"}
        assert before["outcome"] == "2026-11-10"
        assert [event.day for event in case.events] == sorted(event.day for event in case.events)


class TestOutcome:
    def test_an_outcome_needs_a_reply_first(self, desk: Desk) -> None:
        number = desk.assigned()
        refused(desk, number, EAST, "outcome", "好了。", outcome="on-the-spot")

    def test_explained_needs_its_ground_and_a_date_its_day(self, desk: Desk) -> None:
        number = desk.assigned()
        desk.do(number, EAST, "replied", "去看看。")
        assert "'ground'" in refused(desk, number, EAST, "outcome", "不行。", outcome="explained")
        assert "'date'" in refused(desk, number, EAST, "outcome", "会修。", outcome="by-date")
        assert "takes no date" in refused(
            desk, number, EAST, "outcome", "好。", outcome="on-the-spot", date="2026-11-05"
        )
        case = desk.do(number, EAST, "outcome", "法律不许。", outcome="explained", ground="law")
        assert case.standing.outcome == "explained"

    def test_nobody_calls_before_the_day_that_was_promised(self, desk: Desk) -> None:
        number = desk.assigned()
        desk.do(number, EAST, "replied", "去看看。")
        case = desk.do(number, EAST, "outcome", "周一修。", outcome="by-date", date="2026-11-09")
        assert days_of(limits(case.standing)) == {"callback": "2026-11-10"}
        assert desk.acts(number, REVIEWER) == ()
        desk.pass_days(6)
        assert desk.acts(number, REVIEWER) == ("confirmed", "disputed", "not_reached")

    def test_a_handler_cannot_close(self, desk: Desk) -> None:
        number = desk.proposed()
        desk.do(number, resident(number), "confirmed")
        for actor in (EAST, EAST2, INTAKE, PUBLISHER, AUDITOR, ADMIN, resident(number)):
            assert "closed" not in desk.acts(number, actor)
            refused(desk, number, actor, "closed")

    def test_a_reviewer_does_not_review_what_his_unit_handled(self, desk: Desk) -> None:
        number = desk.proposed("east")
        assert desk.acts(number, EAST_REVIEWER) == ()
        assert desk.acts(number, WEST_REVIEWER)
        desk.do(number, resident(number), "disputed", "还是不亮。")
        desk.do(number, INTAKE, "assigned", unit="west")
        desk.do(number, WEST, "outcome", "换了。", outcome="on-the-spot")
        assert desk.acts(number, EAST_REVIEWER) == desk.acts(number, WEST_REVIEWER) == ()

    @pytest.mark.parametrize(("unit", "judge"), [("east-desk", "east"), ("east", "east-desk")])
    def test_a_reviewer_judges_no_work_above_or_below_his_unit(self, desk: Desk, unit: str, judge: str) -> None:
        own, number = member("reviewer", judge), desk.proposed(unit, category="suggestion")
        assert desk.acts(number, own) == ()
        assert not may_see_contact(desk.whole(number), own)
        for other in (REVIEWER, WEST_REVIEWER, member("reviewer", "west-desk")):
            assert "confirmed" in desk.acts(number, other) and may_see_contact(desk.whole(number), other)
        desk.do(number, resident(number), "confirmed")
        desk.do(number, REVIEWER, "closed")
        assert desk.acts(number, own) == ()
        assert desk.acts(number, WEST_REVIEWER) == ("adopted",)

    def test_a_bureau_that_only_groups_stations_is_judged_by_all_but_its_own(self, desk: Desk) -> None:
        number = desk.proposed("town")
        assert desk.acts(number, REVIEWER) == ()
        assert desk.acts(number, EAST_REVIEWER) == desk.acts(number, WEST_REVIEWER) != ()

    def test_the_reviewer_is_never_the_handler(self, desk: Desk) -> None:
        number = desk.proposed("east")
        assert desk.acts(number, cases.staff(OFFICE, "reviewer", str(EAST.staff), "town")) == ()

    def test_three_tries_on_three_days_then_fifteen_days(self, desk: Desk) -> None:
        number = desk.proposed()
        assert days_of(limits(desk.whole(number).standing)) == {"callback": "2026-11-04"}
        desk.do(number, REVIEWER, "not_reached")
        assert "not_reached" not in desk.acts(number, REVIEWER)
        desk.pass_days(1)
        case = desk.do(number, REVIEWER, "not_reached")
        assert (case.state, days_of(limits(case.standing))) == ("callback", {"callback": "2026-11-05"})
        desk.pass_days(1)
        case = desk.do(number, REVIEWER, "not_reached")
        assert days_of(limits(case.standing)) == {"not_reached": "2026-11-18"}
        assert desk.acts(number, REVIEWER) == ("confirmed", "disputed")
        desk.day = date(2026, 11, 19)
        assert case_upkeep.due_closings(desk.store, desk.day) == ()
        assert [row.number for row in case_board.listing(desk.store, "unreached", desk.day)] == [number]
        assert desk.do(number, REVIEWER, "closed").standing.result == "unconfirmed"

    def test_without_contact_the_outcome_waits_fifteen_days_and_closes(self, desk: Desk) -> None:
        number = desk.proposed(contact="")
        assert desk.acts(number, REVIEWER) == ()
        desk.day = date(2026, 11, 18)
        assert case_upkeep.due_closings(desk.store, desk.day) == ()
        desk.pass_days(1)
        assert case_upkeep.due_closings(desk.store, desk.day) == (number,)
        assert case_upkeep.due_closings(desk.store, desk.day) == ()
        case = desk.whole(number)
        assert (case.state, case.standing.result, case.events[-1].role) == ("closed", "unconfirmed", "system")

    @pytest.mark.parametrize("kind", ["confirmed", "disputed", "not_reached"])
    def test_a_call_is_noted_by_who_looked_at_the_contact_since_the_outcome(self, desk: Desk, kind: Kind) -> None:
        number = desk.proposed("east")
        data = {} if kind == "not_reached" else {"satisfied": "no"}
        wanted, other = Act(kind, "没好。" if kind == "disputed" else "", data), member("reviewer", "town", 2)
        desk.look(number, other)

        def note() -> None:
            cases.act(
                desk.store, OFFICE, number, REVIEWER, wanted, desk.day, expected=desk.whole(number).standing.sequence
            )

        with pytest.raises(CaseError, match="open the contact"):
            note()
        desk.do(number, resident(number), "disputed", "没好。")
        desk.look(desk.proposed("east"), REVIEWER)  # another case's contact is no look at this one's
        desk.do(number, INTAKE, "assigned", unit="west")
        desk.do(number, WEST, "outcome", "好了。", outcome="on-the-spot")
        with pytest.raises(CaseError, match="open the contact"):
            note()
        desk.look(number, REVIEWER)
        note()
        assert desk.whole(number).events[-1].kind == kind

    def test_a_look_of_an_earlier_round_does_not_count(self, desk: Desk) -> None:
        number = desk.proposed("east")
        desk.do(number, REVIEWER, "disputed", "没好。", satisfied="no")
        desk.do(number, INTAKE, "assigned", unit="west")
        desk.do(number, WEST, "outcome", "好了。", outcome="on-the-spot")
        expected, act = desk.whole(number).standing.sequence, Act("confirmed", data={"satisfied": "yes"})
        with pytest.raises(CaseError, match="open the contact"):
            cases.act(desk.store, OFFICE, number, REVIEWER, act, desk.day, expected=expected)

    def test_a_dispute_goes_to_another_handler_with_five_new_days(self, desk: Desk) -> None:
        number = desk.assigned()
        desk.do(number, EAST, "extended", "等配件。", workdays="10", reason="supplies")
        desk.do(number, EAST, "replied", "去看看。")
        desk.do(number, EAST, "outcome", "好了。", outcome="on-the-spot")
        desk.pass_days(6)
        case = desk.do(number, REVIEWER, "disputed", "她说没好。", satisfied="no")
        assert (case.state, case.standing.unit) == ("assigned", "east")
        assert days_of(limits(case.standing)) == {"outcome": "2026-11-16"}
        assert desk.acts(number, EAST) == desk.acts(number, EAST2) == ()
        assert case.standing.queue == "assign"
        assert [row.number for row in case_board.listing(desk.store, "disputes", desk.day)] == [number]
        assert desk.do(number, INTAKE, "assigned", unit="east").standing.queue == "unit"
        assert desk.acts(number, EAST) == ()
        assert desk.acts(number, EAST2) == ("replied", "planned", "outcome")
        assert "with 'east' already" in refused(desk, number, INTAKE, "assigned", unit="east")
        desk.do(number, EAST2, "outcome", "这次好了。", outcome="on-the-spot")
        assert case_board.listing(desk.store, "disputes", desk.day) == []

    def test_a_new_round_has_five_days_even_for_a_complex_case(self, desk: Desk) -> None:
        number = desk.opened().number
        desk.do(number, INTAKE, "accepted", complex="yes")
        desk.do(number, INTAKE, "assigned", unit="east")
        desk.do(number, EAST, "replied", "去看看。")
        desk.do(number, EAST, "outcome", "好了。", outcome="on-the-spot")
        case = desk.do(number, resident(number), "disputed", "没好。")
        assert days_of(limits(case.standing)) == {"outcome": "2026-11-10"}

    def test_a_callback_says_whether_she_is_satisfied(self, desk: Desk) -> None:
        number = desk.proposed()
        assert "'satisfied'" in refused(desk, number, REVIEWER, "confirmed")
        desk.do(number, REVIEWER, "confirmed", satisfied="no")

    def test_she_may_still_dispute_until_it_is_closed(self, desk: Desk) -> None:
        number = desk.proposed()
        desk.do(number, resident(number), "confirmed")
        assert desk.do(number, resident(number), "disputed", "又不亮了。").standing.round == 2


class TestAfterTheEnd:
    def test_reopened_first_by_another_handler_then_by_the_unit_above(self, desk: Desk) -> None:
        number = desk.closed("east")
        desk.pass_days(30)
        assert "needs words" in refused(desk, number, resident(number), "reopened")
        case = desk.do(number, resident(number), "reopened", "又坏了。")
        assert (case.state, case.standing.unit, case.standing.queue) == ("reopened", "east", "assign")
        assert days_of(limits(case.standing)) == {"outcome": "2026-12-10"}
        desk.do(number, INTAKE, "assigned", unit="east")
        assert desk.acts(number, EAST) == ()
        desk.do(number, EAST2, "outcome", "修了。", outcome="on-the-spot")
        desk.do(number, resident(number), "confirmed")
        desk.do(number, REVIEWER, "closed")
        case = desk.do(number, resident(number), "reopened", "还是坏。")
        assert (case.standing.unit, case.standing.reopenings, case.standing.queue) == ("town", 2, "unit")
        assert "outcome" in desk.acts(number, TOWN)
        desk.do(number, TOWN, "outcome", "局里修了。", outcome="on-the-spot")
        desk.do(number, resident(number), "confirmed")
        assert desk.acts(number, REVIEWER) == ()  # it is of the town, which handled it
        desk.do(number, WEST_REVIEWER, "closed")
        case = desk.do(number, resident(number), "reopened", "还坏。")
        assert (case.standing.unit, case.standing.queue) == (None, "assign")

    def test_no_reopening_after_thirty_days(self, desk: Desk) -> None:
        number = desk.closed()
        desk.pass_days(31)
        assert "'reopened' is not possible" in refused(desk, number, resident(number), "reopened", "又坏了。")

    def test_a_unit_that_closed_meanwhile_hands_over_to_the_one_above(self, desk: Desk) -> None:
        desk.day = date(2026, 6, 22)
        number = desk.closed("old")
        desk.day = date(2026, 7, 2)
        assert desk.do(number, resident(number), "reopened", "又坏了。").standing.unit == "west"

    def test_withdrawn_ends_it(self, desk: Desk) -> None:
        number = desk.proposed()
        case = desk.do(number, resident(number), "withdrawn")
        assert (case.state, case.standing.queue) == ("withdrawn", "done")
        assert desk.acts(number, resident(number)) == ("erased",)
        assert all(desk.acts(number, actor) == () for actor in STAFF)

    def test_a_summary_is_public_only_as_she_saw_it(self, desk: Desk) -> None:
        number = desk.closed()
        assert desk.acts(number, PUBLISHER) == ("summarised",)
        first = desk.do(number, PUBLISHER, "summarised", "路灯修好了。").standing.summary
        second = desk.do(number, PUBLISHER, "summarised", "东街路灯修好了。").standing.summary
        her = resident(number)
        assert "choose one of" in refused(desk, number, her, "consented", summary=str(first))
        assert desk.do(number, her, "consented", summary=str(second)).standing.published_summary == second
        third = desk.do(number, PUBLISHER, "summarised", "另一篇。").standing
        assert third.published_summary is None
        desk.do(number, her, "consented", summary=str(third.summary))
        assert desk.do(number, her, "refused", summary=str(third.summary)).standing.published_summary is None

    def test_withdrawal_after_publication_takes_it_off_the_page(self, desk: Desk) -> None:
        number = desk.closed()
        summary = desk.do(number, PUBLISHER, "summarised", "路灯修好了。").standing.summary
        her = resident(number)
        desk.do(number, her, "consented", summary=str(summary))
        before = case_upkeep.balance(desk.store, "2026-11")
        desk.day = date(2026, 12, 1)
        assert desk.do(number, her, "reopened", "又坏了。").standing.published_summary is None
        assert desk.do(number, her, "withdrawn").standing.published_summary is None
        assert case_upkeep.balance(desk.store, "2026-11") == before
        december = case_upkeep.balance(desk.store, "2026-12")
        assert (december.start, december.reopened, december.withdrawn, december.end) == (0, 1, 1, 0)

    def test_a_consent_can_be_taken_back_after_the_purge(self, desk: Desk) -> None:
        number = desk.closed()
        summary = desk.do(number, PUBLISHER, "summarised", "路灯修好了。").standing.summary
        desk.do(number, resident(number), "consented", summary=str(summary))
        desk.pass_days(400)
        case_upkeep.purge_due(desk.store, desk.day)
        kept = [(event.kind, event.text) for event in desk.whole(number).events if event.text]
        assert kept == [("summarised", "路灯修好了。")]
        assert desk.acts(number, resident(number)) == ("refused", "erased")
        assert case_upkeep.broken_texts(desk.store) == ()


class TestMerging:
    def test_a_follower_keeps_its_code_and_leaves_the_balance(self, desk: Desk) -> None:
        master = desk.assigned()
        other = desk.opened()
        case = desk.do(other.number, INTAKE, "merged", into=master)
        assert (case.state, case.standing.master, case.standing.queue) == ("merged", master, "done")
        hers = cases.look_up(desk.store, desk.keys, other.number, other.secret)
        assert hers is not None and hers.standing.master == master
        found = case_upkeep.balance(desk.store, "2026-11")
        assert (found.received, found.merged, found.end, found.holds) == (2, 1, 1, True)

    def test_a_follower_reads_the_answers_since_it_joined_and_no_words_of_the_other_resident(self, desk: Desk) -> None:
        master, other = desk.assigned(text="我家在三楼"), desk.opened()
        desk.do(master, EAST, "replied", "张女士，您好。")
        desk.do(other.number, INTAKE, "merged", into=master)
        desk.do(master, resident(master), "message", "快一点")
        desk.do(master, EAST, "outcome", "灯换好了。", outcome="on-the-spot")
        desk.do(master, resident(master), "confirmed", "谢谢，三楼")
        hers = cases.look_up(desk.store, desk.keys, other.number, other.secret)
        assert hers is not None
        seen = cases.joined_to(desk.store, hers)
        assert seen is not None and seen.state == "callback"
        assert [event.kind for event in seen.events] == [
            *("received", "accepted", "assigned", "replied", "outcome", "confirmed")
        ]
        assert [event.text for event in seen.events if event.text] == ["灯换好了。"]
        assert str(EAST.staff) not in str(seen)
        assert cases.followers(desk.store, master) == (other.number,)
        assert cases.joined_to(desk.store, desk.whole(master)) is None

    def test_what_cannot_be_a_master(self, desk: Desk) -> None:
        number, closed, merged = desk.opened().number, desk.closed(), desk.opened().number
        master = desk.assigned()
        desk.do(merged, INTAKE, "merged", into=master)
        for into in (number, closed, merged, "0000000000", ""):
            refused(desk, number, INTAKE, "merged", into=into)
        assert "other cases are joined" in refused(desk, master, INTAKE, "merged", into=number)

    def test_merging_is_no_way_round_the_ban(self, desk: Desk) -> None:
        complaint, master = desk.opened("complaint", "east").number, desk.assigned("east")
        assert "complains of" in refused(desk, complaint, INTAKE, "merged", into=master)
        free = desk.opened().number
        desk.do(complaint, INTAKE, "merged", into=free)
        desk.do(free, INTAKE, "accepted")
        refused(desk, free, INTAKE, "assigned", unit="east")
        desk.do(free, INTAKE, "assigned", unit="west")

    def test_nobody_of_a_unit_that_a_joined_case_complains_of_acts_at_the_master(self, desk: Desk) -> None:
        master = desk.proposed("west")
        follower = desk.opened("complaint", "east").number
        open_master = desk.assigned("west")
        desk.do(follower, INTAKE, "merged", into=open_master)
        desk.do(open_master, WEST, "replied", "去看。")
        desk.do(open_master, WEST, "outcome", "好了。", outcome="on-the-spot")
        for actor in (EAST_REVIEWER, member("reviewer", "east-desk"), EAST_INTAKE):
            assert desk.acts(open_master, actor) == ()
            assert not may_see_contact(desk.whole(open_master), actor)
            shown = cases.find(desk.store, open_master, actor)
            assert shown and cases.acts(shown, actor, desk.day) == ()
        assert "confirmed" in desk.acts(master, EAST_REVIEWER)
        assert "confirmed" in desk.acts(open_master, REVIEWER)
        hers = cases.find(desk.store, open_master, resident(open_master))
        assert hers and not hers.joined  # whom others complain of is not hers to know

    def test_a_master_that_is_reopened_keeps_its_followers(self, desk: Desk) -> None:
        master = desk.assigned()
        follower = desk.opened().number
        desk.do(follower, INTAKE, "merged", into=master)
        desk.do(master, EAST, "replied", "去看看。")
        desk.do(master, EAST, "outcome", "好了。", outcome="on-the-spot")
        desk.do(master, resident(master), "confirmed")
        desk.do(master, REVIEWER, "closed")
        desk.pass_days(20)
        desk.do(master, resident(master), "reopened", "又坏了。")
        assert desk.whole(follower).state == "merged"
        desk.pass_days(20)  # more than 30 days after the first close
        assert case_upkeep.purge_due(desk.store, desk.day) == ()
        assert rows_in(desk.store, "SELECT count(*) FROM case_contacts") == [(2,)]
        found = case_upkeep.balance(desk.store, "2026-11")
        assert (found.received, found.reopened, found.closed, found.merged, found.end) == (2, 1, 1, 1, 1)
        case = desk.do(follower, resident(follower), "unmerged", "我的是另一盏灯。")
        assert (case.state, case.standing.queue, case.standing.since) == ("received", "triage", desk.day)
        assert "merged" not in desk.acts(follower, INTAKE)

    def test_intake_parts_what_does_not_belong_together(self, desk: Desk) -> None:
        master, follower = desk.assigned(), desk.opened().number
        desk.do(follower, INTAKE, "merged", into=master)
        assert desk.do(follower, INTAKE, "unmerged").state == "received"
        assert "merged" in desk.acts(follower, INTAKE)
        assert case_upkeep.balance(desk.store, "2026-11").reopened == 1

    def test_followers_of_a_withdrawn_master_come_back(self, desk: Desk) -> None:
        master, follower = desk.assigned(), desk.opened().number
        desk.do(follower, INTAKE, "merged", into=master)
        desk.do(master, resident(master), "withdrawn")
        case = desk.whole(follower)
        assert (case.state, case.events[-1].role) == ("received", "system")
        assert case_upkeep.balance(desk.store, "2026-11").holds

    def test_followers_are_purged_with_their_master(self, desk: Desk) -> None:
        master, follower = desk.assigned(), desk.opened().number
        desk.do(follower, INTAKE, "merged", into=master)
        desk.do(master, INTAKE, "assigned", unit="west")
        desk.do(master, resident(master), "message", "好了没有？")
        desk.do(master, WEST, "replied", "去看看。")
        desk.do(master, WEST, "outcome", "好了。", outcome="on-the-spot")
        desk.do(master, resident(master), "confirmed")
        desk.do(master, REVIEWER, "closed")
        desk.pass_days(31)
        assert case_upkeep.purge_due(desk.store, desk.day) == (master,)
        assert rows_in(desk.store, "SELECT count(*) FROM case_contacts") == [(0,)]
        assert (desk.acts(follower, resident(follower)), desk.acts(follower, INTAKE)) == (("erased",), ())
        desk.pass_days(400)
        case_upkeep.purge_due(desk.store, desk.day)
        assert desk.acts(follower, resident(follower)) == ()
        assert rows_in(desk.store, "SELECT count(*) FROM case_texts") == [(0,)]
        assert case_upkeep.broken_texts(desk.store) == ()


class TestTogether:
    def test_two_tabs(self, desk: Desk) -> None:
        number = desk.opened().number
        first, second = Act("accepted"), Act("declined", "找物业。", {"reason": "other-office"})
        assert cases.act(desk.store, OFFICE, number, INTAKE, first, desk.day, expected=1) == 2
        with pytest.raises(ConflictError, match="somebody else acted on case"):
            cases.act(desk.store, OFFICE, number, INTAKE, second, desk.day, expected=1)
        with pytest.raises(ConflictError):
            cases.act(desk.store, OFFICE, number, INTAKE, first, desk.day, expected=1)  # a double post
        assert [event.kind for event in desk.whole(number).events] == ["received", "accepted"]

    def test_what_is_written_beside_stands_or_falls_with_the_act(self, desk: Desk) -> None:
        number = desk.opened().number

        def fail(*_: object) -> None:
            raise CaseError("the audit is full")

        with pytest.raises(CaseError, match="audit"):
            cases.act(desk.store, OFFICE, number, INTAKE, Act("accepted"), desk.day, expected=1, also=fail)
        assert len(desk.whole(number).events) == 1
        assert case_board.listing(desk.store, "triage", desk.day)[0].sequence == 1

    def test_no_such_case_and_no_right_to_it_look_alike(self, desk: Desk) -> None:
        number = desk.assigned("east")
        for tried in (number, "0123456789"):
            with pytest.raises(CaseError, match="is none that you may act on"):
                cases.act(desk.store, OFFICE, tried, WEST, Act("replied", "好"), desk.day, expected=3)

    def test_another_residents_code_opens_nothing(self, desk: Desk) -> None:
        number, other = desk.proposed(), desk.opened().number
        assert desk.acts(number, resident(other)) == ()
        assert cases.find(desk.store, number, resident(other)) is None

    def test_every_kind_of_event_can_happen(self) -> None:
        from surveys.case_acts import _CAN

        assert {kind for table in _CAN.values() for kind in table} | {"received"} == set(KINDS)


class TestSecrets:
    def test_numbers_are_masked_for_all_of_the_unit_and_its_branch(self, desk: Desk) -> None:
        number = desk.opened(text="我的电话 13800138000").number
        people = (EAST_INTAKE, EAST_REVIEWER, member("reviewer", "east-desk"), member("intake", "east-desk"))

        def open_to(actor: Actor) -> bool:
            return "13800138000" in str(cases.find(desk.store, number, actor))

        assert all(map(open_to, people))  # as yet no unit has it, and intake decides by the words
        desk.brought(number, "assigned", "east")
        assert not any(map(open_to, people))
        assert open_to(INTAKE) and open_to(REVIEWER) and open_to(WEST_REVIEWER) and open_to(member("intake", "town"))
        desk.do(number, EAST, "replied", "去看。")
        desk.do(number, EAST, "outcome", "好了。", outcome="on-the-spot")
        desk.do(number, resident(number), "disputed", "没好。")
        assert [open_to(actor) for actor in people] == [True, False, False, True]
        desk.do(number, INTAKE, "assigned", unit="west")
        assert not any(map(open_to, people))

    def test_the_handler_sees_numbers_masked_and_never_a_contact(self, desk: Desk) -> None:
        number = desk.assigned(text="我是 11010519491231002X，打 13800138000")
        hers = view(desk.whole(number), EAST)
        assert hers is not None and hers.events[0].text == "我是 ****************2X，打 *********00"
        whole = cases.find(desk.store, number, INTAKE)
        assert whole is not None and "13800138000" in str(whole.events[0].text)
        for actor in (EAST, INTAKE, REVIEWER, PUBLISHER, AUDITOR, ADMIN):
            with pytest.raises(CaseError, match="not yours to see"):
                cases.contact_of(desk.store, number, actor, also=lambda *_: None)

    def test_a_reviewer_sees_the_contact_when_there_is_something_to_ask(self, desk: Desk) -> None:
        number = desk.proposed()
        seen: list[str] = []
        sealed = cases.contact_of(desk.store, number, REVIEWER, also=lambda _, case: seen.append(case.number))
        assert unseal(sealed, key_paths(desk.store.path)[2].read_bytes(), number) == "张女士 13800138000"
        assert seen == [number]
        with pytest.raises(CaseError):
            cases.contact_of(desk.store, number, EAST_REVIEWER, also=lambda *_: None)

    def test_without_an_audit_row_no_contact_is_handed_out(self, desk: Desk) -> None:
        number = desk.proposed()

        def fail(*_: object) -> None:
            raise CaseError("the audit is full")

        with pytest.raises(CaseError, match="audit"):
            cases.contact_of(desk.store, number, REVIEWER, also=fail)

    def test_a_request_may_release_it_to_its_unit_and_take_it_back(self, desk: Desk) -> None:
        number = desk.assigned("east")
        her = resident(number)
        assert desk.do(number, her, "released").standing.released == "east"
        assert cases.contact_of(desk.store, number, EAST, also=lambda *_: None)
        desk.do(number, INTAKE, "assigned", unit="west")
        with pytest.raises(CaseError):
            cases.contact_of(desk.store, number, WEST, also=lambda *_: None)
        desk.do(number, her, "released")
        desk.do(number, her, "withheld")
        with pytest.raises(CaseError):
            cases.contact_of(desk.store, number, WEST, also=lambda *_: None)

    def test_a_tick_at_opening_releases_to_the_unit_named(self, desk: Desk) -> None:
        number = desk.assigned("east", unit="east", release=True)
        assert cases.contact_of(desk.store, number, EAST, also=lambda *_: None)

    @pytest.mark.parametrize("category", ["complaint", "suggestion"])
    def test_only_a_request_releases(self, desk: Desk, category: str) -> None:
        number = desk.assigned("west", category=category, unit="east", release=True)
        assert "released" not in desk.acts(number, resident(number))
        assert desk.whole(number).standing.released is None

    def test_the_resident_sees_no_staff_and_no_internal_words(self, desk: Desk) -> None:
        number = desk.assigned("east")
        desk.do(number, EAST, "returned", "内部的话", reason="other-unit")
        hers = view(desk.whole(number), resident(number))
        assert hers is not None
        assert "staff" not in str(hers.events)
        assert "内部的话" not in str(hers)
        assert hers.standing.handlers == ()
        assert hers.events[0].text == "路灯不亮。"

    def test_who_reads_what(self, desk: Desk) -> None:
        number = desk.assigned("east")
        readers = {actor.staff for actor in STAFF if cases.find(desk.store, number, actor)}
        assert readers == {
            actor.staff for actor in (INTAKE, AUDITOR, EAST, EAST2, REVIEWER, EAST_REVIEWER, WEST_REVIEWER)
        } | {member("reviewer", "east-desk").staff, EAST_INTAKE.staff, member("intake", "town").staff}
        audited = cases.find(desk.store, number, AUDITOR)
        assert audited is not None and {event.text for event in audited.events} == {None}
        closed = desk.closed()
        assert cases.find(desk.store, closed, PUBLISHER) is not None


class TestPurging:
    def test_contact_after_thirty_days_texts_after_a_year(self, desk: Desk) -> None:
        number = desk.closed()
        desk.pass_days(30)
        assert case_upkeep.purge_due(desk.store, desk.day) == ()
        desk.pass_days(1)
        assert case_upkeep.purge_due(desk.store, desk.day) == (number,)
        assert rows_in(desk.store, "SELECT count(*) FROM case_contacts") == [(0,)]
        assert case_upkeep.purge_due(desk.store, desk.day) == ()
        assert desk.whole(number).events[0].text == "路灯不亮。"
        desk.day = date(2027, 11, 4)
        assert case_upkeep.purge_due(desk.store, desk.day) == (number,)
        case = desk.whole(number)
        assert {event.text for event in case.events} == {None}
        assert rows_in(desk.store, "SELECT count(text_digest) FROM case_events") == [(3,)]
        assert case_upkeep.broken_texts(desk.store) == ()
        assert desk.acts(number, resident(number)) == desk.acts(number, PUBLISHER) == ()

    def test_a_reopened_case_keeps_its_contact(self, desk: Desk) -> None:
        number = desk.closed()
        desk.pass_days(30)
        desk.do(number, resident(number), "reopened", "又坏了。")
        desk.pass_days(60)
        assert case_upkeep.purge_due(desk.store, desk.day) == ()

    def test_a_changed_or_lost_text_is_found(self, desk: Desk) -> None:
        number, other = desk.closed(), desk.closed()
        with pytest.raises(Exception, match="append-only"):
            desk.store.write(lambda c: c.exec_driver_sql("UPDATE case_texts SET text = 'x'"))
        drop_triggers(desk.store, "case_texts", "update")
        desk.store.write(lambda c: c.exec_driver_sql(f"UPDATE case_texts SET text = 'x' WHERE number = {number!r}"))
        desk.store.write(
            lambda c: c.exec_driver_sql(f"DELETE FROM case_texts WHERE number = {other!r} AND sequence = 4")
        )
        assert set(case_upkeep.broken_texts(desk.store)) == {(number, 1), (number, 4), (number, 5), (other, 4)}


class TestOnBehalf:
    def test_intake_opens_for_who_cannot(self, desk: Desk) -> None:
        opened = desk.opened(by=INTAKE, channel="telephone")
        hers = cases.look_up(desk.store, desk.keys, opened.number, opened.secret)
        assert hers is not None
        assert (hers.channel, hers.events[0].role) == ("telephone", "intake")
        assert desk.whole(opened.number).events[0].staff == INTAKE.staff

    @pytest.mark.parametrize("actor", [EAST, REVIEWER, ADMIN])
    def test_nobody_else_does(self, desk: Desk, actor: Actor) -> None:
        with pytest.raises(CaseError, match="only a resident, or intake"):
            desk.opened(by=actor)
