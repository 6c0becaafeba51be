"""Answers: what may be stored of them, their one encoding, and that each is stored once and counted once."""

import hashlib
import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from surveys import responses
from surveys.definition import Channel, Definitions
from surveys.errors import AnswerError
from surveys.responses import Fault, Response, check_answers, encode, save
from surveys.store import Connection, Store, answers, ledger, slices

DAY = date(2026, 11, 20)
_number = count(1)


def response(**changes: Any) -> Response:
    """An answer set with an id of its own."""
    made = Response(
        id=next(_number).to_bytes(16),
        survey="shown",
        version=1,
        unit="hall",
        channel="web",
        basis="open",
        language="zh",
        day=DAY,
        answers={"overall": "5"},
        texts={},
    )
    return replace(made, **changes)


def rows_in(store: Store, statement: str = "SELECT count(*) FROM responses") -> list[Any]:
    return store.read(lambda connection: [tuple(row) for row in connection.execute(text(statement))])


def counted(store: Store, period: str, survey: str = "shown") -> list[slices.Count]:
    return store.read(lambda connection: list(slices.count_period(connection, survey, period)))


class TestChecking:
    def kept(self, tiny: Definitions, key: str, given: dict[str, object]) -> dict[str, object]:
        codes, texts = check_answers(tiny.surveys[key, 1], given)
        return {**codes, **texts}

    def faults(self, tiny: Definitions, key: str, given: dict[str, object]) -> dict[str, Fault]:
        with pytest.raises(AnswerError) as caught:
            check_answers(tiny.surveys[key, 1], given)
        return dict(caught.value.faults)

    @pytest.mark.parametrize("nothing", [None, "", [], " ", "　"])
    def test_nothing_is_defaulted(self, tiny: Definitions, nothing: object) -> None:
        for key, code in (("single", "how"), ("multiple", "wrong"), ("number", "visits"), ("date", "day")):
            assert self.kept(tiny, key, {code: nothing}) == {}
            assert self.kept(tiny, key, {}) == {}
        assert self.faults(tiny, "scale", {"overall": nothing}) == {"overall": Fault("required")}
        assert self.faults(tiny, "text", {"need": nothing}) == {"need": Fault("required")}

    def test_a_text_of_nothing_visible_is_no_answer(self, tiny: Definitions) -> None:
        assert self.faults(tiny, "text", {"need": "\x00\x07"}) == {"need": Fault("required")}
        assert self.kept(tiny, "text", {"need": "a", "comment": "\x00"}) == {"need": "a"}

    @pytest.mark.parametrize("level", ["1", "2", "3", "4", "5", "dk"])
    def test_levels_are_stored_as_codes(self, tiny: Definitions, level: str) -> None:
        assert self.kept(tiny, "scale", {"overall": level}) == {"overall": level}

    @pytest.mark.parametrize("level", ["0", "6", "１", " 5", "5 ", 5, True, ["5"], {"5": 1}, "非常满意", "\ud800"])
    def test_what_is_no_level_is_refused(self, tiny: Definitions, level: object) -> None:
        assert self.faults(tiny, "scale", {"overall": level}) == {"overall": Fault("unknown_code")}

    def test_options_are_kept_in_the_order_of_the_survey_and_once(self, tiny: Definitions) -> None:
        given: dict[str, object] = {"wrong": ["result", "waiting", "result"]}
        assert self.kept(tiny, "multiple", given) == {"wrong": ["waiting", "result"]}

    @pytest.mark.parametrize("chosen", ["waiting", ["no"], ["waiting", 1], [["waiting"]], [{}], [None], {"waiting": 1}])
    def test_what_is_no_list_of_options_is_refused(self, tiny: Definitions, chosen: object) -> None:
        assert self.faults(tiny, "multiple", {"wrong": chosen}) == {"wrong": Fault("unknown_code")}

    def test_too_many_options_are_told_with_the_limit(self, tiny: Definitions) -> None:
        chosen = ["waiting", "manner", "result"]
        assert self.faults(tiny, "multiple", {"wrong": chosen}) == {"wrong": Fault("too_many", 2)}

    @pytest.mark.parametrize(
        ("written", "number"),
        [("0", 0), ("365", 365), (" 12 ", 12), ("１２", 12), ("＋３", 3), ("-0", 0), ("007", 7), (8, 8)],
    )
    def test_numbers_as_people_write_them(self, tiny: Definitions, written: object, number: int) -> None:
        assert self.kept(tiny, "number", {"visits": written}) == {"visits": number}

    @pytest.mark.parametrize("written", ["1.5", "3.0", "1e2", "三", "²", "٣", "1 2", "0x1", "9" * 5000, True, ["1"]])
    def test_what_is_no_whole_number_is_refused(self, tiny: Definitions, written: object) -> None:
        assert self.faults(tiny, "number", {"visits": written}) == {"visits": Fault("not_number")}

    def test_numbers_outside_the_limits_are_told_with_the_limit(self, tiny: Definitions) -> None:
        assert self.faults(tiny, "number", {"visits": "－1"}) == {"visits": Fault("too_small", 0)}
        assert self.faults(tiny, "number", {"visits": "366"}) == {"visits": Fault("too_large", 365)}

    @pytest.mark.parametrize("written", ["2024-02-29", " 2024-02-29 ", "２０２４－０２－２９"])
    def test_days_are_stored_in_one_form(self, tiny: Definitions, written: str) -> None:
        assert self.kept(tiny, "date", {"day": written}) == {"day": "2024-02-29"}

    @pytest.mark.parametrize(
        "written", ["2023-02-29", "2024-2-29", "20240229", "2024-W09-4", "2024-02-29T10:00", "昨天"]
    )
    def test_what_is_no_day_is_refused(self, tiny: Definitions, written: str) -> None:
        assert self.faults(tiny, "date", {"day": written}) == {"day": Fault("not_date")}

    def test_the_limit_of_a_text_counts_characters_of_what_is_kept(self, tiny: Definitions) -> None:
        ten = "十个字的评论😀十个字"
        assert len(ten) == 10
        assert self.kept(tiny, "text", {"need": "a", "comment": f"  {ten}\r\n\x00"}) == {"need": "a", "comment": ten}
        assert self.faults(tiny, "text", {"need": "a", "comment": ten + "。"}) == {"comment": Fault("too_long", 10)}
        assert self.faults(tiny, "text", {"need": "长" * 501}) == {"need": Fault("too_long", 500)}

    def test_a_text_loses_what_no_screen_shows(self, tiny: Definitions) -> None:
        written = "a\x00b\ud800c\udfff\ufffe\x1b[31m\r\nd\re\tf"
        assert self.kept(tiny, "text", {"need": written}) == {"need": "abc[31m\nd\ne\tf"}
        json.dumps(self.kept(tiny, "text", {"need": written})).encode()

    @pytest.mark.parametrize("written", [["a"], {"a": 1}])
    def test_a_text_is_one_text(self, tiny: Definitions, written: object) -> None:
        assert self.faults(tiny, "text", {"need": written}) == {"need": Fault("unknown_code")}

    def test_a_statement_takes_no_answer(self, tiny: Definitions) -> None:
        assert self.kept(tiny, "statement", {"note": "seen", "overall": "4"}) == {"overall": "4"}

    def test_what_the_survey_does_not_ask_is_dropped(self, tiny: Definitions) -> None:
        assert self.kept(tiny, "scale", {"overall": "4", "phone": "13800000000"}) == {"overall": "4"}

    def test_every_fault_is_told_at_once(self, tiny: Definitions) -> None:
        found = self.faults(tiny, "text", {"comment": "长" * 11})
        assert found == {"comment": Fault("too_long", 10), "need": Fault("required")}

    def test_a_hidden_answer_is_dropped_and_not_required(self, tiny: Definitions) -> None:
        given: dict[str, object] = {"overall": "5", "wrong": ["waiting"], "minutes": "20"}
        assert self.kept(tiny, "shown", given) == {"overall": "5"}
        assert self.kept(tiny, "shown", {"overall": "dk"}) == {"overall": "dk"}
        assert self.kept(tiny, "shown", {"wrong": ["waiting"], "minutes": "20"}) == {}

    def test_a_shown_question_is_required_as_it_says(self, tiny: Definitions) -> None:
        assert self.faults(tiny, "shown", {"overall": "1"}) == {"wrong": Fault("required")}

    def test_all_conditions_must_hold(self, tiny: Definitions) -> None:
        given: dict[str, object] = {"overall": "2", "wrong": ["waiting"], "minutes": "20"}
        assert self.kept(tiny, "shown", given) == {"overall": "2", "wrong": ["waiting"]}
        assert self.kept(tiny, "shown", {**given, "overall": "1"}) == {
            "overall": "1",
            "wrong": ["waiting"],
            "minutes": 20,
        }
        assert "minutes" not in self.kept(tiny, "shown", {**given, "overall": "1", "wrong": ["manner"]})


def test_the_encoding_of_an_answer_set_stays() -> None:
    made = response(
        id=bytes(range(16)), answers={"wrong": ["waiting"], "overall": "1", "minutes": 20}, texts={"comment": "不算"}
    )
    text_form = (
        '{"answers":{"minutes":20,"overall":"1","wrong":["waiting"]},"basis":"open","channel":"web",'
        '"day":"2026-11-20","id":"000102030405060708090a0b0c0d0e0f","language":"zh","survey":"shown",'
        '"unit":"hall","version":1}'
    )
    assert encode(made).decode() == text_form
    assert responses.digest(made) == hashlib.sha256(text_form.encode()).digest()


def test_the_encoding_does_not_depend_on_the_order_of_answers() -> None:
    made = response(answers={"a": "1", "b": "2"})
    assert encode(made) == encode(replace(made, answers={"b": "2", "a": "1"}))
    assert encode(made) != encode(replace(made, answers={"a": "2", "b": "1"}))


def test_days_are_shanghai_days() -> None:
    assert responses.today(datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC)) == date(2026, 11, 20)
    assert responses.today(datetime(2026, 11, 20, 16, 0, tzinfo=UTC)) == date(2026, 11, 21)
    assert responses.today(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("period", "following"),
    [("2026-11", "2026-12"), ("2026-12", "2027-01"), ("2026-01", "2026-02"), ("1999-12", "2000-01")],
)
def test_the_month_after(period: str, following: str) -> None:
    assert responses.next_period(period) == following
    assert responses.months_back(following, 1) == period
    assert responses.months_back(following, 25) == responses.months_back(period, 24)


def test_a_repeat_is_stored_once(store: Store) -> None:
    made = response(texts={"comment": "谢谢"})
    receipts = {save(store, made) for _ in range(50)}
    texts = frozenset(made.texts.items())
    assert receipts == {answers.StoredResponse("shown", "hall", "2026-11-20", responses.digest(made), "open", texts)}
    assert rows_in(store) == [(1,)]
    assert rows_in(store, "SELECT question, text FROM response_texts") == [("comment", "谢谢")]


def test_a_repeat_from_twenty_threads_is_stored_once(store: Store) -> None:
    made = response(texts={"comment": "谢谢"})
    start = threading.Barrier(20)
    receipts: list[answers.StoredResponse] = []

    def send() -> None:
        start.wait()
        receipts.extend(save(store, made) for _ in range(5))

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receipts) == 100
    assert len(set(receipts)) == 1
    assert rows_in(store) == [(1,)]


def test_a_repeat_on_another_day_is_known_as_one_and_a_clash_is_not(store: Store) -> None:
    made = response()
    stored = save(store, made)
    tomorrow = replace(made, day=DAY + timedelta(days=1))
    assert save(store, tomorrow) == stored
    assert responses.same_answers(stored, tomorrow)
    clash = replace(made, answers={"overall": "1"}, texts={"comment": "别人"})
    assert save(store, clash) == stored
    assert not responses.same_answers(stored, clash)
    assert rows_in(store, "SELECT answers FROM responses") == [('{"overall":"5"}',)]
    assert rows_in(store, "SELECT * FROM response_texts") == []


def test_a_repeated_batch_is_stored_once_and_brings_no_purged_text_back(store: Store) -> None:
    batch = [(responses.to_row(response(texts={"comment": str(n)}), "2026-11"), {"comment": str(n)}) for n in range(40)]
    assert store.write(lambda connection: answers.add_responses(connection, batch[:30])) == 30
    store.write(lambda connection: connection.execute(text("DELETE FROM response_texts")))
    assert store.write(lambda connection: answers.add_responses(connection, batch)) == 10
    assert store.write(lambda connection: answers.add_responses(connection, batch)) == 0
    assert store.write(lambda connection: answers.add_responses(connection, [])) == 0
    assert rows_in(store, "SELECT count(*) FROM response_texts") == [(10,)]
    ids = [row["id"] for row, _ in batch]
    found = store.read(lambda connection: answers.existing_digests(connection, [*ids, bytes(16)]))
    assert found == {row["id"]: row["digest"] for row, _ in batch}


def test_more_ids_than_one_statement_takes_are_looked_up(store: Store) -> None:
    save(store, made := response())
    ids = [number.to_bytes(16) for number in range(2**40, 2**40 + 40_000)] + [made.id]
    found = store.read(lambda connection: answers.existing_digests(connection, ids))
    assert found == {made.id: responses.digest(made)}


def close(store: Store, *periods: str) -> None:
    def work(connection: Connection) -> None:
        for period in periods:
            answers.close_period(connection, period, "2026-12-05")

    store.write(work)


def periods_in(store: Store) -> list[tuple[str, str]]:
    return sorted(rows_in(store, "SELECT day, period FROM responses"))


def test_after_its_month_closed_an_answer_counts_in_the_next_open_one(store: Store) -> None:
    save(store, response(day=date(2026, 12, 31)))
    close(store, "2026-12")
    close(store, "2026-12")
    save(store, response(day=date(2026, 12, 31)))
    close(store, "2027-01", "2027-02")
    save(store, response(day=date(2026, 12, 31)))
    save(store, response(day=date(2027, 3, 1)))
    assert periods_in(store) == [
        ("2026-12-31", "2026-12"),
        ("2026-12-31", "2027-01"),
        ("2026-12-31", "2027-03"),
        ("2027-03-01", "2027-03"),
    ]
    march = [row for row in counted(store, "2027-03") if row.question == ""]
    assert {(row.late, row.n) for row in march} == {(0, 1), (1, 1)}


def test_a_repeat_after_the_month_closed_stays_where_it_was(store: Store) -> None:
    save(store, made := response())
    close(store, "2026-11")
    save(store, made)
    assert periods_in(store) == [("2026-11-20", "2026-11")]


CHANNELS: dict[Channel, str] = {"web": "open", "kiosk": "assisted", "paper": "assisted", "telephone": "assisted"}
answer_sets = st.lists(
    st.tuples(
        st.sampled_from(["hall", "gate"]),
        st.sampled_from(sorted(CHANNELS)),
        st.sampled_from([date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 30)]),
        st.fixed_dictionaries(
            {},
            optional={
                "overall": st.sampled_from(["1", "2", "3", "4", "5", "dk"]),
                "wrong": st.lists(st.sampled_from(["manner", "waiting"]), min_size=1, unique=True).map(sorted),
                "minutes": st.integers(-5, 5),
                "day": st.sampled_from(["2026-11-01"]),
            },
        ),
        st.integers(1, 3),
    ),
    max_size=25,
)


def expected_counts(saved: list[Response]) -> Counter[tuple[object, ...]]:
    """The same count in plain Python: a line per code, one per question, one per answer set."""
    found: Counter[tuple[object, ...]] = Counter()
    for one in saved:
        line = (one.unit, one.channel, one.basis, int(one.day.month == 10))
        found[(*line, "", "")] += 1
        for question, answer in one.answers.items():
            found[(*line, question, "")] += 1
            for code in answer if isinstance(answer, list) else [answer]:
                found[(*line, question, str(code))] += 1
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer_sets)
def test_what_is_saved_is_what_is_counted(tmp_path: Path, sets: list[tuple[Any, ...]]) -> None:
    with Store.open(tmp_path / f"{next(_number)}.db", create=True) as store:
        close(store, "2026-10")
        saved = []
        for unit, channel, day, given_answers, times in sets:
            made = response(
                unit=unit, channel=channel, basis=responses.basis_of(channel), day=day, answers=given_answers
            )
            saved.append(made)
            for _ in range(times):
                save(store, made)
        rows = counted(store, "2026-11")
    found = {(row.unit, row.channel, row.basis, row.late, row.question, row.code): row.n for row in rows}
    assert len(found) == len(rows)
    assert found == expected_counts(saved)
    assert all(row.survey == "shown" and row.month == "2026-11" for row in rows)


def test_codes_are_counted_as_text_whatever_the_version_stored(store: Store) -> None:
    save(store, response(answers={"visits": 5}))
    save(store, response(version=2, answers={"visits": "5"}))
    assert {(row.code, row.n) for row in counted(store, "2026-11") if row.question == "visits"} == {("", 2), ("5", 2)}
    assert len(counted(store, "2026-11")) == 3
    found = store.read(lambda connection: answers.surveys_in(connection, "2026-11"))
    assert found == [("shown", 1), ("shown", 2)]


def add_case(store: Store, number: int) -> None:
    """A case with fixed salts, as two stores would hold it."""
    row = ledger.CaseRow(
        f"{number:010}", number.to_bytes(32), "suggestion", "hall", "web", "zh", f"2026-11-{number % 28 + 1:02}"
    )
    event = {
        "number": row.number,
        "sequence": 1,
        "kind": "received",
        "day": row.day,
        "role": "resident",
        "unit": None,
        "data": "{}",
        "text_digest": number.to_bytes(32),
    }

    def work(connection: Connection) -> None:
        ledger.add_case(connection, row)
        ledger.add_event(connection, event, number.to_bytes(16), f"建议 {number}")
        ledger.set_contact(connection, row.number, number.to_bytes(80))

    store.write(work)


def test_the_order_of_arrival_leaves_no_trace_in_a_copy(new_store: Callable[[str], Store], tmp_path: Path) -> None:
    made = [
        response(
            id=(number * 7919 % 2**32).to_bytes(4) * 4,
            day=DAY - timedelta(days=number % 15),
            answers={"overall": str(number % 5 + 1)},
            texts={"comment": f"第 {number} 条" * 9} if number % 3 else {},
        )
        for number in range(400)
    ]
    acts: list[Callable[[Store], object]] = [lambda store, one=one: save(store, one) for one in made]  # type: ignore[misc]
    acts += [lambda store, number=number: add_case(store, number) for number in range(100)]  # type: ignore[misc]
    orders = {"first": acts, "last": acts[::-1], "mixed": random.Random(1).sample(acts, len(acts))}
    copies = []
    for name, order in orders.items():
        store = new_store(f"{name}.db")
        for act in order:
            act(store)
        store.copy_to(tmp_path / f"{name}.copy")
        copies.append((tmp_path / f"{name}.copy").read_bytes())
    assert len(copies[0]) > 100_000
    assert copies[0] == copies[1] == copies[2]


@pytest.mark.sqlite
def test_nothing_finer_than_a_day_is_stored(store: Store) -> None:
    columns = rows_in(
        store,
        "SELECT m.name || '.' || c.name, c.type FROM sqlite_master AS m, pragma_table_info(m.name) AS c"
        " WHERE m.type = 'table' AND m.name <> 'alembic_version'",
    )
    assert {kind for _, kind in columns} <= {"TEXT", "INTEGER", "BLOB"}
    assert {name for name, _ in columns if name.startswith("responses.")} == {
        f"responses.{name}"
        for name in (
            *("id", "survey", "version", "unit", "channel", "basis"),
            *("language", "day", "period", "answers", "digest"),
        )
    }
    assert not [name for name, _ in columns if "time" in name or "address" in name or "agent" in name]


def test_a_day_holds_no_time(store: Store) -> None:
    row = responses.to_row(response(), "2026-11")
    for day in ("2026-11-20T10:00:00", "2026-11-20 10:00", "20"):
        with pytest.raises(Exception, match="responses_day_is_a_day"):
            store.write(lambda connection, day=day: answers.add_response(connection, {**row, "day": day}, {}))  # type: ignore[misc]
    assert rows_in(store) == [(0,)]
