"""The morning digest: its counts are those of the desk's lists, and nothing of a resident is in it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts import digest
from surveys import audit, case_board
from surveys.keys import Keys
from surveys.responses import period_of, today
from surveys.store import Connection, Store, answers
from tests.surveys.case_office import OFFICE, REVIEWER, Desk

TEXT, CONTACT = "路灯不亮三天了。", "张女士 13800138000"


@pytest.fixture
def desk(store: Store, office_keys: Keys) -> Desk:
    """Cases of five weeks ago and of today."""
    made = Desk(store, office_keys, today() - timedelta(days=35))
    made.assigned("east", text=TEXT)
    made.opened(text=TEXT)
    made.proposed("west", text=TEXT, contact=CONTACT)
    tried = made.proposed("west", text=TEXT, contact=CONTACT)
    made.do(tried, REVIEWER, "not_reached")
    made.closed("east", text=TEXT)
    made.day = today()
    made.opened(text="有人要跳楼")
    return made


def test_counts_and_cases_are_those_of_the_lists(desk: Desk) -> None:
    found = digest.digest_of(desk.store, today())
    assert set(found.counts) == set(case_board.LISTS)
    for name, count in found.counts.items():
        assert count == len(case_board.listing(desk.store, name, today())), name
    assert (found.counts["triage"], found.counts["overdue"], found.counts["callbacks"]) == (2, 4, 2)
    assert len(found.overdue) == 4
    assert all(item.days_late == (today() - today().fromisoformat(item.due)).days > 0 for item in found.overdue)
    assert {item.unit for item in found.callbacks} == {"west"}
    assert found.audit == str(desk.store.read(audit.head))


def test_a_long_list_is_told_to_its_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "PAGE", 2)
    found = digest.digest_of(desk.store, today())
    assert len({item.number for item in found.overdue}) == 4


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_text_names_numbers_units_and_days_and_nothing_else(desk: Desk, language: digest.Language) -> None:
    found = digest.digest_of(desk.store, today())
    text = "\n".join(digest.lines_of(found, OFFICE, language))
    assert {"zh": "工作台晨报", "en": "The desk on"}[language] in text
    assert {"zh": "Some", "en": "某"}[language] not in text
    assert all(f"{item.number[:5]} {item.number[5:]}" in text for item in (*found.overdue, *found.callbacks))
    assert [word for word in ("路灯", "跳楼", "张女士", "13800138000") if word in text] == []


def test_pages_that_helped_least_are_named_and_the_rest_is_a_sum(store: Store) -> None:
    votes = {"a": (3, 1), "b": (1, 3), "c": (2, 1), "d": (0, 9), "e": (4, 0)}

    def work(connection: Connection) -> None:
        for name, (yes, no) in votes.items():
            for vote in [True] * yes + [False] * no:
                answers.add_page_vote(connection, f"/guides/{name}/", period_of(today()), vote)

    store.write(work)
    text = "\n".join(digest.lines_of(digest.digest_of(store, today()), OFFICE, "zh"))
    assert "本月读者说页面有帮助 10 次，没有帮助 14 次" in text
    assert [line.strip()[8:9] for line in text.splitlines() if line.startswith("  /guides/")] == ["d", "b", "c"]


def test_the_command_prints_text_or_json_and_changes_nothing(desk: Desk, database: Path) -> None:
    before = desk.store.read(audit.head)
    told = CliRunner().invoke(digest.main, ["--database", str(database), "--json"])
    assert told.exit_code == 0, told.output
    found = json.loads(told.output)
    assert (found["day"], found["counts"]["callbacks"]) == (today().isoformat(), 2)
    assert set(found["overdue"][0]) == {"number", "unit", "limit", "due", "days_late", "urgent"}
    assert [word for word in ("路灯", "跳楼", "13800138000") if word in told.output] == []
    text = CliRunner().invoke(digest.main, ["--database", str(database), "--language", "en"])
    assert "     2  callbacks due" in text.output
    assert desk.store.read(audit.head) == before


def test_without_a_database_it_is_refused(tmp_path: Path) -> None:
    told = CliRunner().invoke(digest.main, ["--database", str(tmp_path / "none.db")])
    assert told.exit_code == 1
    assert "no database at" in told.stderr
