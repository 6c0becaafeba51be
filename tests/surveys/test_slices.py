"""Whatever is answered, a month is counted as SQLite's own JSON functions count it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text

from surveys.store import Connection, Store
from surveys.store.exclusion_batches import Batch, add_batch, decide
from surveys.store.schema import responses
from surveys.store.slices import Count, count_period, pairs_in

SURVEY, MONTH = "s", "2026-10"
# Another engine's count of the same: every answer, every code of several, everyone who answered, everything received.
REFERENCE = text(
    """
    WITH sets AS (
        SELECT *, period <> substr(day, 1, 7) AS late,
               id IN (SELECT response FROM exclusion_members) AS gone FROM responses
    ), answered AS (
        SELECT unit, channel, basis, late, question.key AS question, question.type AS kind, question.value AS given
          FROM sets, json_each(sets.answers) AS question WHERE NOT gone
    )
    SELECT unit, channel, basis, late, question, CAST(given AS TEXT), count(*)
      FROM answered WHERE kind <> 'array' GROUP BY 1, 2, 3, 4, 5, 6
    UNION ALL
    SELECT unit, channel, basis, late, question, CAST(part.value AS TEXT), count(*)
      FROM answered, json_each(CASE kind WHEN 'array' THEN given ELSE '[]' END) AS part
     GROUP BY 1, 2, 3, 4, 5, 6
    UNION ALL SELECT unit, channel, basis, late, question, '', count(*) FROM answered GROUP BY 1, 2, 3, 4, 5
    UNION ALL SELECT unit, channel, basis, late, '', '', count(*) FROM sets GROUP BY 1, 2, 3, 4
    """
)

CODES = st.sampled_from(["1", "4", "dont-know", 'say "so"', "a\\", "x,y", "[z]", "好", "2026-10-03"])
ANSWERS = st.dictionaries(
    st.sampled_from(["overall", "where", "visits", 'odd"one', "{}"]),
    CODES | st.integers(-5, 10**9) | st.lists(CODES, max_size=3, unique=True),
    max_size=4,
)
SETS = st.lists(
    st.tuples(
        st.sampled_from(["hall", "post"]),
        st.sampled_from(["web", "paper", "kiosk"]),
        st.sampled_from(["open", "card", "assisted"]),
        st.sampled_from(["2026-10-01", "2026-09-30"]),
        ANSWERS,
        st.booleans(),
    ),
    max_size=12,
)


def put(connection: Connection, sets: list[tuple[Any, ...]]) -> None:
    """Store answer sets, those that are marked excluded."""
    for number, (unit, channel, basis, day, given_, gone) in enumerate(sets):
        row = {"id": number.to_bytes(16), "survey": SURVEY, "version": 1, "language": "zh", "digest": bytes(32)}
        row |= {"unit": unit, "channel": channel, "basis": basis, "day": day, "period": MONTH}
        answers = json.dumps(given_, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        connection.execute(insert(responses), row | {"answers": answers})
        if gone:
            batch = Batch(f"{number:016}", SURVEY, unit, channel, basis, MONTH, day, "test", "{}", 1, "a", "2026-10-05")
            add_batch(connection, batch, [row["id"]])  # type: ignore[list-item]
            decide(connection, batch.id, "confirmed", "b", "2026-10-06")


@pytest.mark.sqlite
def test_any_answers_are_counted_as_another_engine_counts_them(new_store: Callable[[str], Store]) -> None:
    store = new_store("any.db")

    @settings(max_examples=40)
    @given(SETS)
    def holds(sets: list[tuple[Any, ...]]) -> None:
        def work(connection: Connection) -> tuple[list[Any], list[Any]]:
            with connection.begin_nested() as undone:
                put(connection, sets)
                ours = [tuple(count)[2:] for count in count_period(connection, SURVEY, MONTH)]
                theirs = [tuple(row) for row in connection.execute(REFERENCE)]
                undone.rollback()
            return ours, theirs

        ours, theirs = store.write(work)
        assert sorted(ours) == sorted(theirs)

    holds()


def test_a_count_names_survey_and_month(store: Store) -> None:
    sets = [("hall", "web", "open", "2026-09-30", {"overall": "4"}, False)]
    store.write(lambda connection: put(connection, sets))
    found = store.read(lambda connection: list(count_period(connection, SURVEY, MONTH)))
    assert Count(SURVEY, MONTH, "hall", "web", "open", 1, "overall", "4", 1) in found
    assert store.read(lambda connection: list(count_period(connection, SURVEY, "2026-09"))) == []


@settings(max_examples=50)
@given(st.lists(ANSWERS, max_size=5))
def test_no_answer_falls_through_the_pattern(answered: list[dict[str, Any]]) -> None:
    texts = [json.dumps(one, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for one in answered]
    assert sum(pairs_in(texts).values()) == sum(map(len, answered))
