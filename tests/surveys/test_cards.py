"""Reply cards: each answers once, whoever tries at the same time, and no row leads from a card to its answer."""

import random
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from surveys import cards, codes
from surveys.cards import Card
from surveys.definition import Definitions
from surveys.errors import CardError, HuiyinError, StoreBusyError
from surveys.keys import Keys
from surveys.responses import Response
from surveys.store import Store, answers
from surveys.store.cards import BatchRow, add_batch, add_cards, unfinished
from tests.cluster import spelled
from tests.conftest import ROOT, columns_of
from tests.surveys.answers_office import OFFICE
from tests.surveys.test_responses import DAY, response, rows_in

LEFT = "SELECT number FROM cards ORDER BY number"
USED = "SELECT batch, period, n FROM card_uses ORDER BY 1, 2"


def issued(
    store: Store, office_keys: Keys, count: int = 5, *, survey: str = "shown", unit: str = "hall"
) -> Sequence[Card]:
    """The cards of a batch that was issued."""
    batch, drawn = cards.prepare(store, office_keys, count)
    cards.issue(store, BatchRow(batch, "shown", "hall", DAY.isoformat(), count))
    return drawn


def by_card(**changes: object) -> Response:
    """An answer set that comes with a card."""
    return response(basis="card", **changes)


def refused(store: Store, office_keys: Keys, made: Response, card: Card) -> CardError:
    before = store.read(lambda connection: answers.stored_response(connection, made.id))
    with pytest.raises(CardError) as caught:
        cards.answer(store, office_keys, made, card)
    assert store.read(lambda connection: answers.stored_response(connection, made.id)) == before
    return caught.value


def figures(store: Store, month: str = "2026-11") -> dict[tuple[str, str], int]:
    return {(count.batch, count.figure): count.n for count in cards.counts(store, month)}


class TestIssuing:
    def test_numbers_follow_one_another_and_have_check_digits(self, store: Store, office_keys: Keys) -> None:
        first, second = issued(store, office_keys), issued(store, office_keys, 2)
        assert [card.number[:9] for card in first] == [f"00001000{place}" for place in range(5)]
        assert {cards.batch_of(card.number) for card in second} == {"00002"}
        assert all(codes.is_valid(card.number, 10) and codes.is_valid(card.secret, 20) for card in (*first, *second))
        assert len({card.secret for card in (*first, *second)}) == 7

    @pytest.mark.sqlite
    def test_the_store_holds_no_secret(self, store: Store, office_keys: Keys) -> None:
        drawn = issued(store, office_keys, 50)
        store.settle()
        data = store.path.read_bytes()
        assert drawn[0].number.encode() in data
        assert not any(card.secret.encode() in data for card in drawn)
        assert drawn[0].secret not in repr(drawn[0])

    def test_a_batch_that_was_not_issued_answers_nothing(self, store: Store, office_keys: Keys) -> None:
        batch, drawn = cards.prepare(store, office_keys, 3)
        assert refused(store, office_keys, by_card(), drawn[0]).reason == "unknown"
        assert store.read(unfinished) == [(batch, 3)]
        assert cards.batch_of(issued(store, office_keys)[0].number) == "00002"
        cards.discard(store, batch)
        assert store.read(unfinished) == []

    def test_a_batch_that_was_issued_is_not_discarded(self, store: Store, office_keys: Keys) -> None:
        issued(store, office_keys)
        cards.discard(store, "00001")
        assert len(rows_in(store, LEFT)) == 5

    def test_batches_stand_and_cards_keep_their_secret(self, store: Store, office_keys: Keys) -> None:
        issued(store, office_keys)
        for statement in ("UPDATE card_batches SET n = 1", "DELETE FROM card_batches", "UPDATE cards SET batch = '9'"):
            with pytest.raises(DBAPIError, match="append-only"):
                store.write(lambda connection, statement=statement: connection.exec_driver_sql(statement))  # type: ignore[misc]

    def test_a_survey_that_cannot_have_cards_is_named(self, tiny: Definitions) -> None:
        assert cards.issuable(OFFICE, "counter-service", "chengdong", DAY).key == "counter-service"
        with pytest.raises(HuiyinError, match="'shown' does not count cards"):
            cards.issuable(tiny, "shown", "hall", DAY)
        with pytest.raises(HuiyinError, match="there is no survey 'nothing': choose one of"):
            cards.issuable(tiny, "nothing", "hall", DAY)
        with pytest.raises(HuiyinError, match="'nowhere' takes no answers to 'shown': choose one of hall"):
            cards.issuable(tiny, "shown", "nowhere", DAY)


class TestAnswering:
    def test_a_card_answers_once(self, store: Store, office_keys: Keys) -> None:
        drawn, made = issued(store, office_keys), by_card()
        assert cards.answer(store, office_keys, made, drawn[1]).unit == "hall"
        assert refused(store, office_keys, by_card(), drawn[1]).reason == "unknown"
        assert [number for (number,) in rows_in(store, LEFT)] == [c.number for c in drawn if c != drawn[1]]
        assert rows_in(store, USED) == [("00001", "2026-11", 1)]

    def test_a_repeat_is_recognised_before_the_card_is_looked_at(self, store: Store, office_keys: Keys) -> None:
        drawn, made = issued(store, office_keys), by_card(texts={"comment": "谢谢"})
        first = cards.answer(store, office_keys, made, drawn[0])
        assert cards.answer(store, office_keys, made, drawn[0]) == first
        assert cards.answer(store, office_keys, made, drawn[1]) == first
        assert rows_in(store, USED) == [("00001", "2026-11", 1)]
        assert len(rows_in(store, LEFT)) == 4

    def test_what_does_not_fit_costs_nothing(self, store: Store, office_keys: Keys) -> None:
        drawn = issued(store, office_keys)
        wrong = Card(drawn[0].number, drawn[1].secret)
        assert refused(store, office_keys, by_card(), wrong).reason == "unknown"
        assert refused(store, office_keys, by_card(), Card("0009900008", drawn[0].secret)).reason == "unknown"
        found = refused(store, office_keys, by_card(unit="other"), drawn[0])
        assert (found.reason, found.survey, found.unit) == ("elsewhere", "shown", "hall")
        assert len(rows_in(store, LEFT)) == 5
        assert rows_in(store) == [(0,)]

    def test_asked_elsewhere_a_card_does_not_tell_whether_it_was_used(self, store: Store, office_keys: Keys) -> None:
        drawn = issued(store, office_keys)
        tries = [drawn[0], Card(drawn[0].number, drawn[1].secret)]
        tries.append(Card(cards.card_number("00001", 900), drawn[0].secret))

        def told() -> list[tuple[str, str, str]]:
            found = [
                refused(store, office_keys, by_card(**changes), card)
                for card in tries
                for changes in ({"unit": "other"}, {"survey": "text"})
            ]
            return [(error.reason, error.survey, error.unit) for error in found]

        before = told()
        assert set(before) == {("elsewhere", "shown", "hall")}
        cards.answer(store, office_keys, by_card(), drawn[0])
        assert told() == before
        cards.void(store, drawn[0].number, drawn[4].number, "lost", DAY)
        assert told() == before

    def test_a_card_of_a_late_answer_counts_where_the_answer_does(self, store: Store, office_keys: Keys) -> None:
        drawn = issued(store, office_keys)
        store.write(lambda connection: answers.close_period(connection, "2026-11", "2026-12-01"))
        cards.answer(store, office_keys, by_card(), drawn[0])
        assert rows_in(store, USED) == [("00001", "2026-12", 1)]

    def test_many_at_once_use_each_card_once(self, store: Store, office_keys: Keys) -> None:
        drawn = issued(store, office_keys, 60)
        tries = [card for card in drawn for _ in range(4)]
        random.Random(6).shuffle(tries)

        def attempt(card: Card) -> bool:
            made = by_card()
            while True:
                try:
                    cards.answer(store, office_keys, made, card)
                except CardError:
                    return False
                except StoreBusyError:
                    continue
                return True

        with ThreadPoolExecutor(16) as pool:
            done = list(pool.map(attempt, tries))
        assert sum(done) == 60
        assert rows_in(store) == [(60,)]
        assert rows_in(store, USED) == [("00001", "2026-11", 60)]
        assert rows_in(store, LEFT) == []


ATTEMPT = """
import sys
from pathlib import Path
from surveys import cards
from surveys.errors import CardError, StoreBusyError
from surveys.keys import load_keys
from surveys.store import Store, locate
from tests.surveys.test_responses import response
path, first = locate(sys.argv[1]), int(sys.argv[2])
taken = 0
with Store.open(path) as store:
    keys = load_keys(path, create=False)
    for place, line in enumerate(sys.stdin):
        made = response(id=(first + place).to_bytes(16), basis="card")
        while True:
            try:
                cards.answer(store, keys, made, cards.Card(*line.split()))
                taken += 1
            except CardError:
                pass
            except StoreBusyError:
                continue
            break
print(taken)
"""


def test_several_processes_use_each_card_once(store: Store, office_keys: Keys) -> None:
    drawn = issued(store, office_keys, 80)
    text = "".join(f"{card.number} {card.secret}\n" for card in drawn)
    run = [sys.executable, "-c", ATTEMPT, spelled(store.path)]
    tries = [
        subprocess.Popen([*run, str(place * 1000)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for place in (1, 2, 3)
    ]
    with ThreadPoolExecutor(3) as pool:
        told = [int(out) for out, _ in pool.map(lambda process: process.communicate(text), tries)]
    assert sum(told) == 80
    assert rows_in(store) == [(80,)]
    assert rows_in(store, USED) == [("00001", "2026-11", 80)]


class TestVoiding:
    def test_a_range_is_made_void_and_used_cards_stay_used(self, store: Store, office_keys: Keys) -> None:
        drawn = issued(store, office_keys, 10)
        cards.answer(store, office_keys, by_card(), drawn[3])
        assert cards.void(store, drawn[2].number, drawn[5].number, "lost", DAY) == 3
        assert refused(store, office_keys, by_card(), drawn[2]).reason == "void"
        cards.answer(store, office_keys, by_card(), drawn[6])
        assert figures(store) == {("00001", "issued"): 10, ("00001", "used"): 2, ("00001", "void"): 3}
        assert figures(store, "2026-10") == {}
        assert figures(store, "2027-01") == figures(store)

    @pytest.mark.parametrize(
        ("first", "last", "told"),
        [
            ("0000100001", "0000100034", "no card number"),
            ("0000100044", "0000100009", "comes after"),
            ("0000100009", "0000200007", "two batches"),
            ("0000300001", "0000300001", "no batch 00003"),
        ],
    )
    def test_other_ranges_are_refused(self, store: Store, office_keys: Keys, first: str, last: str, told: str) -> None:
        issued(store, office_keys, 10)
        numbers = [codes.check_digit(number[:9]) for number in (first, last)]
        if "no card" not in told:
            first, last = first[:9] + numbers[0], last[:9] + numbers[1]
        with pytest.raises(HuiyinError, match=told):
            cards.void(store, first, last, "lost", DAY)
        assert len(rows_in(store, LEFT)) == 10

    def test_nothing_is_made_void_twice(self, store: Store, office_keys: Keys) -> None:
        drawn = issued(store, office_keys)
        cards.void(store, drawn[0].number, drawn[4].number, "misprinted", DAY)
        with pytest.raises(HuiyinError, match="nothing to make void"):
            cards.void(store, drawn[1].number, drawn[2].number, "lost", DAY)
        assert figures(store)["00001", "void"] == 5


def filled(path: Path, office_keys: Keys, secrets: Sequence[str], order: Sequence[int]) -> bytes:
    """A copy of a store in which the same answers used the same cards, in another order."""
    drawn = [Card(cards.card_number("00001", place), secret) for place, secret in enumerate(secrets)]
    with Store.open(path, create=True) as store:
        proofs = [(card.number, card.proof(office_keys)) for card in drawn]
        store.write(lambda connection: add_cards(connection, "00001", proofs))
        row = BatchRow("00001", "shown", "hall", date(2026, 10, 1).isoformat(), len(drawn))
        store.write(lambda connection: add_batch(connection, row))
        for place in order:
            level = str(place % 5 + 1)
            cards.answer(
                store, office_keys, by_card(id=(place * 7919).to_bytes(16), answers={"overall": level}), drawn[place]
            )
        store.copy_to(path.with_suffix(".copy"))
    return path.with_suffix(".copy").read_bytes()


@pytest.mark.sqlite
def test_the_same_answers_with_cards_in_another_order_are_the_same_bytes(tmp_path: Path, office_keys: Keys) -> None:
    secrets = [f"{place:020}" for place in range(300)]
    order = list(range(0, 300, 2))
    first = filled(tmp_path / "one.db", office_keys, secrets, order)
    random.Random(4).shuffle(order)
    assert filled(tmp_path / "two.db", office_keys, secrets, order) == first


def test_nothing_stored_beside_an_answer_tells_of_its_card(store: Store, office_keys: Keys) -> None:
    """Two residents who exchange their cards leave the same store behind."""
    drawn = issued(store, office_keys, 4)
    one, two = by_card(answers={"overall": "1"}), by_card(answers={"overall": "5"})
    cards.answer(store, office_keys, one, drawn[0])
    cards.answer(store, office_keys, two, drawn[1])
    columns = columns_of(store, "responses")
    assert not columns & {"card", "number", "batch", "secret"}
    told = rows_in(store, "SELECT object, details FROM audit WHERE act LIKE 'cards%'")
    assert told == [("00001", '{"n":4,"survey":"shown","unit":"hall"}')]
