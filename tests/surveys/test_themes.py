"""Free texts without their ratings: who reads them and when, what is stored of them, and when they go."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from surveys import exclusions, themes
from surveys.definition import load
from surveys.duties import Account, post_of
from surveys.errors import DefinitionError, StaleError, ThemeError
from surveys.exclusions import Proposal
from surveys.keys import Keys
from surveys.office import NO_THEME, Theme, is_of
from surveys.store import Store
from surveys.store.answers import close_period
from surveys.store.text_themes import CODED, WRITTEN, count_themes, texts_of
from surveys.themes import Coding, ShownText, Source
from tests.conftest import ROOT
from tests.surveys.answers_office import OFFICE, PUBLISHER, REVIEWER, SURVEY, WORDS, Answers, account, cell

AFTER = date(2026, 12, 3)
SOURCE = Source(SURVEY, "better", "2026-11")


@pytest.fixture
def answers(store: Store, office_keys: Keys) -> Answers:
    return Answers(store, office_keys)


def read(answers: Answers, by: Account = PUBLISHER, source: Source = SOURCE, today: date = AFTER) -> list[ShownText]:
    return list(themes.texts(answers.store, OFFICE, answers.keys, by, source, today))


def code(answers: Answers, codings: Mapping[str, Coding], by: Account = PUBLISHER, today: date = AFTER) -> int:
    return themes.code(answers.store, OFFICE, answers.keys, by, SOURCE, codings, today)


def counted(answers: Answers) -> dict[str, int]:
    found = answers.store.read(lambda connection: list(count_themes(connection, SURVEY, "2026-11")))
    return {one.theme: one.n for one in found}


class TestReading:
    def test_texts_are_sealed_until_the_month_has_ended(self, answers: Answers) -> None:
        answers.add("1", WORDS)
        with pytest.raises(ThemeError, match="2026-11 has not ended: its texts open on 2026-12-01"):
            read(answers, today=date(2026, 11, 30))
        assert [one.text for one in read(answers, today=date(2026, 12, 1))] == [WORDS]

    @pytest.mark.parametrize("role", ["intake", "handler", "reviewer", "auditor", "admin"])
    def test_nobody_but_a_publisher_reads_them(self, answers: Answers, role: str) -> None:
        answers.add("1", WORDS)
        with pytest.raises(ThemeError, match="a publisher codes texts"):
            read(answers, account(role))  # type: ignore[arg-type]

    def test_a_coder_who_is_of_a_unit_besides_is_not_shown_its_texts(self, answers: Answers) -> None:
        for unit in ("chengdong", "chengdong-hukou", "chengxi"):
            answers.add("1", f"{unit}的窗口", unit=unit)
        both = Account("id", "both", "both", post_of(["publisher", "handler"], "chengdong-hukou", OFFICE.units))
        assert [one.text for one in read(answers, both)] == ["chengxi的窗口"]

    def test_personal_numbers_are_masked(self, answers: Answers) -> None:
        answers.add("1", "打我电话13912345678")
        assert read(answers)[0].text == "打我电话*********78"

    def test_what_is_shown_says_nothing_of_the_answer_set(self, answers: Answers) -> None:
        (answer_set,) = answers.add("1", WORDS)
        (shown,) = read(answers)
        assert answer_set.hex() not in repr(shown)
        assert set(vars(shown)) == {"key", "text", "themes"}

    def test_the_order_is_that_of_the_keys_and_not_of_the_ids(self, answers: Answers) -> None:
        for number in range(30):
            answers.add("1", f"第{number}条意见")
        shown = read(answers)
        stored = answers.store.read(lambda connection: texts_of(connection, SURVEY, "2026-11", "better"))
        assert [one.key for one in shown] == sorted(one.key for one in shown)
        assert [one.text for one in shown] != [one.text for one in sorted(stored)]

    def test_texts_of_excluded_answers_stay_in_the_list_and_are_not_counted(self, answers: Answers) -> None:
        answers.add("1" * 5, WORDS)
        answers.add("1", "另一句话，长一些")
        wanted = Proposal(cell(), "duplicate", 4)
        batch = exclusions.propose(answers.store, OFFICE, answers.keys, PUBLISHER, wanted, AFTER)
        before, progress = read(answers), themes.progress(answers.store, OFFICE, AFTER)
        assert (len(before), progress[0].texts) == (6, 6)
        exclusions.decide(answers.store, OFFICE, batch, REVIEWER, "confirmed", AFTER)
        assert (read(answers), themes.progress(answers.store, OFFICE, AFTER)) == (before, progress)
        assert counted(answers) == {WRITTEN: 2}
        for one in before:  # coding tells nothing either: each one counts as coded at the desk
            code(answers, {one.key: Coding((NO_THEME,))})
        assert themes.progress(answers.store, OFFICE, AFTER)[0].coded == 6
        assert counted(answers)[CODED] == 2

    @pytest.mark.parametrize("source", [Source(SURVEY, "overall", "2026-11"), Source("none", "better", "2026-11")])
    def test_a_question_that_asks_for_no_text_is_told(self, answers: Answers, source: Source) -> None:
        with pytest.raises(ThemeError, match="asks for no text"):
            read(answers, source=source)


class TestCoding:
    def test_themes_are_stored_and_counted_without_the_texts(self, answers: Answers) -> None:
        answers.add("12", WORDS)
        answers.add("3", "谢谢")
        first, second, third = read(answers)
        done = {first.key: Coding(("hours", "waiting")), second.key: Coding(("none",))}
        assert code(answers, done) == 2
        assert counted(answers) == {WRITTEN: 3, CODED: 2, "hours": 1, "waiting": 1, "none": 1}
        assert {one.key: one.themes for one in read(answers)} == {
            first.key: ("hours", "waiting"),
            second.key: ("none",),
            third.key: (),
        }
        (progress,) = themes.progress(answers.store, OFFICE, AFTER)
        assert (progress.source, progress.texts, progress.coded) == (SOURCE, 3, 2)

    def test_a_coding_is_corrected_and_taken_back(self, answers: Answers) -> None:
        answers.add("1", WORDS)
        key = read(answers)[0].key
        code(answers, {key: Coding(("hours",))})
        code(answers, {key: Coding(("manner",), ("hours",))})
        assert counted(answers) == {WRITTEN: 1, CODED: 1, "manner": 1}
        code(answers, {key: Coding((), ("manner",))})
        assert counted(answers) == {WRITTEN: 1}

    def test_what_somebody_else_coded_meanwhile_is_not_overwritten(self, answers: Answers) -> None:
        answers.add("12", WORDS)
        first, second = read(answers)
        code(answers, {first.key: Coding(("hours",))}, account("publisher", name="other"))
        with pytest.raises(StaleError):
            code(answers, {second.key: Coding(("place",)), first.key: Coding(("manner",))})
        assert counted(answers) == {WRITTEN: 2, CODED: 1, "hours": 1}
        assert code(answers, {first.key: Coding(("hours",))}) == 1

    @pytest.mark.parametrize(("ticked", "words"), [(("none", "hours"), "either themes"), (("x",), "no theme 'x'")])
    def test_what_does_not_go_together_is_refused(self, answers: Answers, ticked: tuple[str, ...], words: str) -> None:
        answers.add("1", WORDS)
        with pytest.raises(ThemeError, match=words):
            code(answers, {read(answers)[0].key: Coding(ticked)})

    def test_a_key_that_names_no_text_is_refused(self, answers: Answers) -> None:
        with pytest.raises(ThemeError, match="no longer there"):
            code(answers, {"0" * 32: Coding(("hours",))})

    def test_themes_of_a_published_month_stand(self, answers: Answers) -> None:
        answers.add("1", WORDS)
        key = read(answers)[0].key
        answers.store.write(lambda connection: close_period(connection, "2026-11", "2026-12-02"))
        with pytest.raises(ThemeError, match="2026-11 is published"):
            code(answers, {key: Coding(("hours",))})
        assert themes.progress(answers.store, OFFICE, AFTER) == ()


class TestDeleting:
    def test_texts_go_a_year_after_their_month_and_their_themes_stay(self, answers: Answers) -> None:
        answers.add("1", WORDS)
        answers.add("2", WORDS, day=date(2026, 12, 1))
        code(answers, {read(answers)[0].key: Coding(("hours",))})
        told: list[int] = []
        last_kept = date(2026, 11, 30) + timedelta(days=themes.KEEP_DAYS)
        assert themes.purge_texts(answers.store, last_kept) == 0
        assert themes.purge_texts(answers.store, last_kept + timedelta(days=1), lambda _, n: told.append(n)) == 1
        assert told == [1]
        assert read(answers) == []
        assert counted(answers) == {WRITTEN: 1, CODED: 1, "hours": 1}
        assert read(answers, source=replace(SOURCE, period="2026-12"), today=date(2027, 1, 1)) != []


class TestList:
    def test_the_shipped_list_has_both_languages_and_no_code_twice(self) -> None:
        assert OFFICE.themes
        assert all(set(theme.text) == {"zh", "en"} for theme in OFFICE.themes.values())

    def test_faults_are_told_with_their_place(self, folder: Path) -> None:
        lines = [f"  - {{code: {code}, text: {{zh: 甲, en: A}}}}" for code in ("a", "none", "a")]
        (folder / "themes.yaml").write_text("themes:\n" + "\n".join(lines), encoding="utf-8")
        with pytest.raises(DefinitionError) as caught:
            load(folder)
        assert [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems] == [
            "themes.yaml:3:12: 'none' means that no theme fits: take another code",
            "themes.yaml:4:12: theme code 'a' is taken in line 2",
        ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_say_what_the_code_holds(language: str, folder: Path) -> None:
    content = ROOT / "content" / language
    handbook = (content / "handbook/answers-desk.md").read_text(encoding="utf-8")
    for written in (handbook, *((content / f"about/{name}.md").read_text("utf-8") for name in ("method", "privacy"))):
        assert str(themes.KEEP_DAYS) in written
    assert {f"`{item.name}`" for item in fields(Theme) if item.name != "place"} <= set(
        re.findall(r"`[a-z]+`", handbook)
    )
    example = re.search(r"```yaml\n(themes:.*?)```", handbook, re.S)
    assert example is not None
    (folder / "themes.yaml").write_text(example[1], encoding="utf-8")
    assert list(load(folder).themes) == ["hours"]


@pytest.mark.parametrize(
    ("own", "unit", "told"),
    [
        ("chengdong", "chengdong", True),
        ("chengdong", "chengdong-hukou", True),
        ("chengdong-hukou", "chengdong", True),
        ("chengxi", "chengdong", False),
        ("chengdong-hukou", "dongyuan", False),
        ("chengqu", "chengdong", False),
        ("chengqu", "chengqu", True),
        (None, "chengdong", False),
        ("gone", "chengdong", False),
    ],
)
def test_whose_people_are_concerned(own: str | None, unit: str, told: bool) -> None:
    assert is_of(OFFICE.units, own, unit) is told
