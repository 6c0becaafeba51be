"""Nobody stands alone among the answers that are given out, and the store gives them under no other name."""

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from surveys.keys import Keys
from surveys.single_answers import Group, grouping
from surveys.store import Store
from surveys.store.single_answers import answers_of, group_sizes
from tests.surveys.answers_office import SURVEY, Answers

SIZES = st.dictionaries(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["open", "card"]), st.booleans()), st.integers(1, 60)
)


@given(SIZES)
def test_in_every_line_that_is_told_apart_stand_thirty_or_more(sizes: dict[tuple[str, str, bool], int]) -> None:
    groups = [Group(*key, n) for key, n in sizes.items()]
    found = grouping(groups)
    assert sorted([*found.named, *found.merged, *found.left_out]) == sorted(groups)
    assert found.given == sum(group.n for group in groups if group not in found.left_out)
    together, alone = Counter[tuple[str, bool]](), Counter[tuple[str, bool]]()
    for group in found.merged:
        together[group.basis, group.late] += group.n
    for group in found.left_out:
        alone[group.basis, group.late] += group.n
    assert all(group.n >= 30 for group in found.named)
    assert all(n >= 30 for n in together.values())
    assert all(n < 30 for n in alone.values())
    assert not alone.keys() & {(group.basis, group.late) for group in (*found.named, *found.merged)}


def test_the_smallest_that_has_enough_helps_one_that_has_not() -> None:
    few, enough, many = (Group(unit, "open", False, n) for unit, n in (("a", 3), ("b", 31), ("c", 90)))
    found = grouping([many, few, enough])
    assert (found.named, found.merged, found.left_out) == ((many,), (few, enough), ())


def test_the_store_gives_them_under_their_names_sorted_by_what_is_shown(store: Store, office_keys: Keys) -> None:
    office = Answers(store, office_keys)
    office.add("53", unit="chengxi")
    office.add("14", unit="chengbei")
    office.add("42")
    office.add("2", day=date(2026, 11, 3), channel="paper", basis="assisted")
    sizes = store.read(lambda connection: group_sizes(connection, SURVEY, "2026-11"))
    assert sizes == [
        ("chengbei", "open", False, 2),
        ("chengdong", "assisted", False, 1),
        ("chengdong", "open", False, 2),
        ("chengxi", "open", False, 2),
    ]
    named, left_out = [("chengdong", "open", False)], [("chengdong", "assisted", False)]
    found = store.read(
        lambda connection: list(answers_of(connection, SURVEY, "2026-11", named, left_out, "other", chunk=2))
    )
    assert found == [
        *(("chengdong", "open", 0, f'{{"overall":"{level}"}}') for level in "24"),
        *(("other", "open", 0, f'{{"overall":"{level}"}}') for level in "1345"),
    ]
    assert store.read(lambda connection: list(answers_of(connection, SURVEY, "2026-10", [], [], "other", 2))) == []
