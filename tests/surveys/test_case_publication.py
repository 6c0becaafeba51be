"""What may be public of a case: agreed to, of a month that is over, with nothing that leads to its number."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date

import pytest

from surveys import case_upkeep
from surveys.case_publication import Adoption, Echo, by_language, echo_of, first_day_after, language_of
from surveys.cases import Opened, resident
from surveys.errors import CaseError
from surveys.keys import Keys
from surveys.store import Store, publication
from tests.surveys.case_office import EAST_REVIEWER, INTAKE, PUBLISHER, REVIEWER, Desk, member

SUMMARY = "东门的路灯修好了。"
SECRET = "我叫张三，住 3 栋 502。"
NEXT_MONTH = date(2026, 7, 1)
LINK = "https://huiyin.example/notice/12?a=1&b=2"


@pytest.fixture
def desk(store: Store, office_keys: Keys) -> Desk:
    return Desk(store, office_keys, date(2026, 6, 1))


def agreed(desk: Desk, number: str, summary: str = SUMMARY) -> str:
    """The closed case with a summary that its resident agreed to."""
    case = desk.do(number, PUBLISHER, "summarised", summary)
    desk.do(number, resident(number), "consented", summary=str(case.standing.summary))
    return number


def echo(desk: Desk, number: str, today: date = NEXT_MONTH) -> Echo | None:
    case = desk.whole(number)
    sequence = case.standing.published_summary or 0
    digest = desk.store.read(lambda connection: publication.text_digest(connection, number, sequence))
    return echo_of(case, digest, today)


def test_what_she_agreed_to_is_public_with_codes_and_days_and_nothing_of_hers(desk: Desk) -> None:
    opened: Opened = desk.opened("suggestion", "east", text=SECRET)
    number = agreed(desk, desk.brought(opened.number, "closed"))
    found = echo(desk, number)
    assert found is not None
    assert (found.batch, found.since, found.category, found.unit) == ("2026-06", "2026-07-01", "suggestion", "east")
    assert (found.texts, found.outcome, found.confirmed) == ({"zh": SUMMARY}, "on-the-spot", True)
    assert (found.received, found.first_reply, found.closed) == ("2026-06-01",) * 3
    told = repr(found)
    assert [word for word in (number, opened.secret, "张三", "13800138000", "handler") if word in told] == []


def test_it_waits_for_the_month_to_end(desk: Desk) -> None:
    number = agreed(desk, desk.closed())
    assert echo(desk, number, date(2026, 6, 30)) is None
    assert echo(desk, number, date(2026, 7, 1)) is not None


@pytest.mark.parametrize("month", ["2026-01", "2026-12"])
def test_the_day_after_a_month(month: str) -> None:
    assert first_day_after(month) == {"2026-01": "2026-02-01", "2026-12": "2027-01-01"}[month]


class TestTakenBack:
    def test_what_was_never_agreed_to_is_not_public(self, desk: Desk) -> None:
        number = desk.closed()
        desk.do(number, PUBLISHER, "summarised", SUMMARY)
        assert echo(desk, number) is None

    @pytest.mark.parametrize(
        "undo",
        [
            lambda desk, number, her, place: desk.do(number, her, "refused", summary=place),
            lambda desk, number, her, place: desk.do(number, her, "reopened", "灯又坏了。"),
            lambda desk, number, her, place: desk.do(number, PUBLISHER, "summarised", "另一个说法。"),
        ],
        ids=["refused", "reopened", "another summary"],
    )
    def test_it_is_public_no_more(self, desk: Desk, undo: Callable[..., object]) -> None:
        number = agreed(desk, desk.closed())
        undo(desk, number, resident(number), str(desk.whole(number).standing.summary))
        assert echo(desk, number) is None

    def test_agreed_to_again_it_comes_with_the_later_month_and_the_same_name(self, desk: Desk) -> None:
        number = agreed(desk, desk.closed())
        before = echo(desk, number)
        place = str(desk.whole(number).standing.summary)
        desk.do(number, resident(number), "refused", summary=place)
        desk.pass_days(35)
        desk.do(number, resident(number), "consented", summary=place)
        after = echo(desk, number, date(2026, 8, 1))
        assert before and after
        assert (before.batch, after.batch) == ("2026-06", "2026-07")
        assert before.id == after.id

    def test_it_outlives_the_deletion_of_the_other_texts(self, desk: Desk) -> None:
        number = agreed(desk, desk.closed(text=SECRET))
        before = echo(desk, number)
        for _ in range(2):
            desk.pass_days(400)
            case_upkeep.purge_due(desk.store, desk.day)
        assert desk.whole(number).events[0].text is None
        assert echo(desk, number) == before


class TestLate:
    def test_a_case_of_the_overdue_list_is_told_by_months(self, desk: Desk) -> None:
        number = desk.opened().number
        desk.pass_days(20)
        agreed(desk, desk.brought(number, "closed"))
        found = echo(desk, number)
        assert found is not None and found.was_late
        assert {found.received, found.first_reply, found.closed} == {"2026-06"}
        days = [getattr(found, item.name) for item in fields(found) if item.name not in ("texts", "id")]
        assert not [day for day in days if isinstance(day, str) and day.count("-") == 2 and day[0] == "2"]

    def test_the_last_day_of_a_limit_is_not_late(self, desk: Desk) -> None:
        number = desk.opened().number
        desk.pass_days(1)
        agreed(desk, desk.brought(number, "closed"))
        found = echo(desk, number)
        assert found is not None and not found.was_late


class TestAdopted:
    def test_a_closed_suggestion_may_be_recorded_as_adopted_with_a_dated_link(self, desk: Desk) -> None:
        number = agreed(desk, desk.closed(category="suggestion"))
        desk.pass_days(10)
        desk.do(number, REVIEWER, "adopted", on="2026-06-09", link=LINK)
        found = echo(desk, number)
        assert found is not None and found.adoption == Adoption("2026-06-09", LINK)
        desk.do(number, resident(number), "reopened", "没有照做。")
        assert desk.whole(number).standing.adopted is None

    def test_by_whom_and_when(self, desk: Desk) -> None:
        number = desk.closed(category="suggestion")
        assert "adopted" in desk.acts(number, REVIEWER)
        for actor in (INTAKE, PUBLISHER, EAST_REVIEWER, member("handler", "east"), resident(number)):
            assert "adopted" not in desk.acts(number, actor)
        assert "adopted" not in desk.acts(desk.closed(category="visit"), REVIEWER)
        assert "adopted" not in desk.acts(desk.proposed(category="suggestion"), REVIEWER)

    @pytest.mark.parametrize(
        ("on", "link", "message"),
        [
            ("2026-05-31", LINK, "choose a day from 2026-06-01 to 2026-06-01"),
            ("2026-06-02", LINK, "choose a day"),
            ("", LINK, "give a day"),
            ("2026-06-01", "javascript:alert(1)", "full https address"),
            ("2026-06-01", "http://huiyin.example/", "full https address"),
            ("2026-06-01", 'https://huiyin.example/"><script>', "full https address"),
            ("2026-06-01", "https://huiyin.example/" + "a" * 300, "full https address"),
        ],
    )
    def test_what_is_no_dated_link_is_refused(self, desk: Desk, on: str, link: str, message: str) -> None:
        number = desk.closed(category="suggestion")
        with pytest.raises(CaseError, match=message):
            desk.do(number, REVIEWER, "adopted", on=on, link=link)


class TestLanguages:
    def test_one_text_has_one_language(self) -> None:
        assert by_language(SUMMARY) == {"zh": SUMMARY}
        assert by_language("The lamp at 东园 was mended.") == {"en": "The lamp at 东园 was mended."}
        assert language_of("APP 已经下架。") == "zh"

    @pytest.mark.parametrize("parting", ["---", "***", " ----- "])
    def test_a_line_parts_two_languages(self, parting: str) -> None:
        english = "The street lamp at the east gate works again."
        assert by_language(f"{SUMMARY}\n\n{parting}\n\n{english}") == {"zh": SUMMARY, "en": english}

    def test_a_line_within_one_language_parts_nothing(self) -> None:
        written = f"{SUMMARY}\n\n---\n\n{SUMMARY}"
        assert by_language(written) == {"zh": written}
