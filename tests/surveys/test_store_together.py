"""Writes that wait at the same time share one transaction, and each still stands or falls alone."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

import pytest
from sqlalchemy import Engine, event, text

from surveys.errors import CaseError, OutcomeUnknownError, StoreBusyError, StoreError
from surveys.responses import digest, save
from surveys.store import Connection, Store, answers
from surveys.store.turns import Ticket
from tests.surveys.test_responses import response, rows_in


def vote(connection: Connection, page: str) -> str:
    answers.add_page_vote(connection, page, "2026-11", True)
    return page


def run_together(store: Store, acts: Sequence[Callable[[], object]]) -> list[object]:
    """What each act returned or raised; all begin while another one holds the turn, so that they wait together."""
    outcomes: list[object] = [None] * len(acts)
    holding, release = threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        holding.set()
        release.wait(5)

    def one(place: int) -> None:
        try:
            outcomes[place] = acts[place]()
        except Exception as error:
            outcomes[place] = error

    first = threading.Thread(target=store.write, args=(hold,))
    first.start()
    holding.wait(5)
    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    while len(store._turns) < len(acts):
        pass
    release.set()
    for thread in [first, *threads]:
        thread.join()
    return outcomes


def commits_and_votes(
    store: Store, monkeypatch: pytest.MonkeyPatch, works: "list[object]"
) -> tuple[int, list[object], set[str]]:
    began: list[int] = []
    real = Store._transaction

    def counted(self: Store, group: "list[object]", until: float) -> None:
        began.append(len(group))
        real(self, group, until)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "_transaction", counted)
    outcomes = run_together(store, [partial(store.write, work) for work in works])  # type: ignore[arg-type]
    found = store.read(lambda connection: set(connection.execute(text("SELECT page FROM page_votes")).scalars()))
    return len(began), outcomes, found


def test_waiting_writes_share_one_commit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    works: list[object] = [lambda connection, page=f"/{place}/": vote(connection, page) for place in range(8)]
    commits, outcomes, found = commits_and_votes(store, monkeypatch, works)
    assert commits == 2  # the one that held the turn, and one for all eight
    assert outcomes == [f"/{place}/" for place in range(8)]
    assert found == set(outcomes)


def test_one_that_fails_undoes_only_itself(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: Connection) -> None:
        vote(connection, "/undone/")
        raise CaseError("not possible")

    def breaks(connection: Connection) -> None:
        vote(connection, "/broken/")
        connection.execute(text("INSERT INTO cases (number) VALUES ('1')"))

    works: list[object] = [
        lambda connection: vote(connection, "/a/"),
        fail,
        breaks,
        lambda connection: vote(connection, "/b/"),
    ]
    commits, outcomes, found = commits_and_votes(store, monkeypatch, works)
    assert commits == 2
    assert (outcomes[0], outcomes[3]) == ("/a/", "/b/")
    assert isinstance(outcomes[1], CaseError)
    assert type(outcomes[2]).__name__ == "IntegrityError"
    assert found == {"/a/", "/b/"}


@pytest.mark.sqlite
def test_a_full_disk_is_told_to_all_and_stores_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = store.write(lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    store.write(lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}").scalar_one())
    works: list[object] = [lambda connection: vote(connection, "/a/"), lambda connection: vote(connection, "/b" * 9000)]
    _, outcomes, found = commits_and_votes(store, monkeypatch, works)
    assert [type(outcome) for outcome in outcomes] == [StoreError, StoreError]
    assert "full" in str(outcomes[0])
    assert "make room" in str(outcomes[0])
    assert "put back a copy" not in str(outcomes[0]), "what was acknowledged since then would be lost"
    assert found == set()


def statements_of(store: Store, acts: Sequence[Callable[[], object]]) -> tuple[list[object], list[str]]:
    """What acts that wait together returned, and the statements that stored answer sets meanwhile."""
    told: list[str] = []

    def note(*given: object) -> None:
        if "INTO responses" in str(given[2]):
            told.append(str(given[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        return run_together(store, acts), told
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_answers_that_wait_are_stored_by_one_statement_each_with_its_own_receipt(store: Store) -> None:
    made = [
        response(unit=f"unit-{place}", texts={"comment": f"谢谢 {place}"} if place % 3 else {}) for place in range(7)
    ]
    receipts, told = statements_of(store, [partial(save, store, one) for one in made])
    assert len(told) == 1
    assert receipts == [
        answers.StoredResponse(
            one.survey, one.unit, one.day.isoformat(), digest(one), one.basis, frozenset(one.texts.items())
        )
        for one in made
    ]
    assert sorted(rows_in(store, "SELECT id, unit, digest FROM responses")) == sorted(
        (one.id, one.unit, digest(one)) for one in made
    )
    assert sorted(rows_in(store, "SELECT id, text FROM response_texts")) == sorted(
        (one.id, text) for one in made for text in one.texts.values()
    )


def test_a_repeat_among_those_that_wait_counts_once_and_takes_nobody_with_it(store: Store) -> None:
    before, once, twice = response(), response(texts={"comment": "a"}), response(texts={"comment": "b"})
    save(store, before)
    acts = [partial(save, store, one) for one in (before, once, twice, twice)]
    receipts = run_together(store, acts)
    assert [getattr(receipt, "digest", receipt) for receipt in receipts] == [
        digest(one) for one in (before, once, twice, twice)
    ]
    assert rows_in(store) == [(3,)]
    assert sorted(rows_in(store, "SELECT text FROM response_texts")) == [("a",), ("b",)]


def test_an_answer_that_waits_beside_the_closing_of_its_month_counts_in_one_that_is_open(store: Store) -> None:
    def close(connection: Connection) -> None:
        answers.close_period(connection, "2026-10", "2026-11-05")

    made = [response(day=date(2026, 10, 31)) for _ in range(3)]
    first = partial(store.write, close)
    run_together(store, [first, *(partial(save, store, one) for one in made)])
    periods = {row[0] for row in rows_in(store, "SELECT period FROM responses")}
    assert periods in ({"2026-10"}, {"2026-11"}), "all of a group count in one month, before or after its closing"
    run_together(store, [partial(save, store, response(day=date(2026, 10, 31))) for _ in range(3)])
    assert rows_in(store, "SELECT count(*) FROM responses WHERE period = '2026-11'")[0][0] >= 3


def test_one_answer_that_cannot_be_stored_takes_no_other_with_it(store: Store) -> None:
    made = [response(), response(id=b"short"), response()]
    outcomes = run_together(store, [partial(save, store, one) for one in made])
    assert [type(outcome).__name__ for outcome in outcomes] == ["StoredResponse", "IntegrityError", "StoredResponse"]
    assert rows_in(store) == [(2,)]


def test_a_value_that_the_driver_refuses_takes_no_other_with_it(store: Store) -> None:
    """The driver stops within a statement then, and nothing more can be said on that connection."""
    made = [response(), response(texts={"comment": "\ud800"}), response(unit="\udfff"), response()]
    outcomes = run_together(store, [partial(save, store, one) for one in made])
    told = ["StoredResponse", "UnicodeEncodeError", "UnicodeEncodeError", "StoredResponse"]
    assert [type(outcome).__name__ for outcome in outcomes] == told
    assert sorted(rows_in(store, "SELECT id FROM responses")) == sorted((made[place].id,) for place in (0, 3))


def test_who_came_later_than_the_leader_whose_time_is_over_waits_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that is held a little too long would else refuse all who came meanwhile, after no wait at all."""
    works = [partial(vote, page=f"/{place}/") for place in range(4)]
    later = time.monotonic() + 3600
    ends = (0, 0, later, later)
    leader, over, second, third = (Ticket(work, False, None, end) for work, end in zip(works, ends, strict=True))
    leader.leads = True

    def locked(*_: object) -> None:
        raise StoreBusyError("busy")

    with monkeypatch.context() as patched:
        patched.setattr(store._home, "transact", locked)
        store._write_together([leader, over, second, third], 0)
    for ticket in (leader, over):
        with pytest.raises(StoreBusyError):
            ticket.outcome()
    store._turns.hand_on()
    assert second.sleep(0)
    assert (second.leads, third.leads) == (True, False)
    store._write_together(store._turns.take(), later)
    assert (second.outcome(), third.outcome()) == ("/2/", "/3/")
    assert store.read(lambda connection: connection.execute(text("SELECT count(*) FROM page_votes")).scalar()) == 2


def test_nobody_is_written_again_whose_outcome_is_not_known(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    leader, other = (Ticket(partial(vote, page="/"), False) for _ in range(2))
    leader.leads = True

    def lost(*_: object) -> None:
        raise OutcomeUnknownError("unknown")

    monkeypatch.setattr(store._home, "transact", lost)
    store._write_together([leader, other], time.monotonic())
    assert len(store._turns) == 0
    for ticket in (leader, other):
        with pytest.raises(OutcomeUnknownError):
            ticket.outcome()


@pytest.mark.sqlite
def test_nobody_waits_for_a_timer_that_cannot_be_set(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    leader, other = (Ticket(partial(vote, page="/"), False) for _ in range(2))
    leader.leads = True

    def fail() -> None:
        raise MemoryError

    monkeypatch.setattr(store._settling, "soon", fail)
    with pytest.raises(MemoryError):
        store._write_together([leader, other], time.monotonic() + 3600)
    assert other.sleep(0)
    assert other.outcome() == "/"
