"""A primary that dies under load: what was acknowledged is at the standby that takes over, and nothing counts twice."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from surveys.audit import by_system, record, verify
from surveys.errors import StoreBusyError
from surveys.responses import save
from surveys.store import Server, Store
from surveys.store.place import Address
from tests.cluster import PORT, REPLICATED, Cluster
from tests.surveys.test_responses import response, rows_in


@pytest.fixture
def pair() -> Iterator[tuple[Cluster, Cluster]]:
    """A primary, and a standby without which it confirms nothing."""
    primary, standby = Cluster(REPLICATED), Cluster(REPLICATED)
    try:
        primary.make()
        standby.follow(str(primary.folder))
        primary.wait_for_standby()
        yield primary, standby
    finally:
        primary.remove()
        standby.remove()


def wait_for(holds: "object") -> None:
    until = time.monotonic() + 60
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.02)


class Portal(threading.Thread):
    """A host that stores answers one after the other, each again until it is confirmed, and acts at the desk."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server, self.confirmed, self.acts = server, set[bytes](), 0
        self.ended = threading.Event()

    def run(self) -> None:
        with Store.open(self.server) as store:
            while not self.ended.is_set():
                made = response()
                while not self.ended.is_set():
                    with suppress(StoreBusyError):
                        save(store, made)
                        self.confirmed.add(made.id)
                        break
                with suppress(StoreBusyError):
                    store.write(lambda connection: record(connection, by_system("backup")))
                    self.acts += 1

    def goes_on(self) -> None:
        """Wait until ten more answers are confirmed."""
        before = len(self.confirmed)
        wait_for(lambda: len(self.confirmed) >= before + 10)


def test_what_was_confirmed_outlives_the_primary(pair: tuple[Cluster, Cluster], tmp_path: Path) -> None:
    primary, standby = pair
    name = primary.database()
    hosts = tuple((str(one.folder), PORT) for one in pair)
    server = Server.at(Address("postgres", None, hosts, name), tmp_path)
    Store.open(server, create=True).close()
    portals = [Portal(server), Portal(server)]
    for portal in portals:
        portal.start()
    try:
        for portal in portals:
            portal.goes_on()
        primary.stop()
        standby.run("SELECT pg_promote()")
        for portal in portals:
            portal.goes_on()
    finally:
        for portal in portals:
            portal.ended.set()
        for portal in portals:
            portal.join()
    primary.start()  # it comes back and takes itself for the primary: the newer timeline counts
    with Store.open(server) as store:
        stored = [row[0] for row in rows_in(store, "SELECT id FROM responses")]
        confirmed = set.union(*(portal.confirmed for portal in portals))
        assert len(stored) == len(set(stored))
        assert confirmed <= set(stored)
        assert len(stored) <= len(confirmed) + len(portals)  # what was on its way when the load ended
        assert verify(store).count >= sum(portal.acts for portal in portals)
