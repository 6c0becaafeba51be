"""Writes that wait at the same time share one transaction, and each still stands or falls alone."""

import threading

import pytest
from sqlalchemy import text

from surveys.errors import CaseError, StoreError
from surveys.store import Connection, Store, answers


def vote(connection: Connection, page: str) -> str:
    answers.add_page_vote(connection, page, "2026-11", True)
    return page


def run_together(store: Store, works: "list[object]") -> list[object]:
    """Start every write while another one holds the turn, so that all of them wait together."""
    outcomes: list[object] = [None] * len(works)
    holding, release = threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        holding.set()
        release.wait(5)

    def one(place: int) -> None:
        try:
            outcomes[place] = store.write(works[place])  # type: ignore[arg-type]
        except Exception as error:
            outcomes[place] = error

    first = threading.Thread(target=store.write, args=(hold,))
    first.start()
    holding.wait(5)
    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    while len(store._turns) < len(works):
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
    outcomes = run_together(store, works)
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
