"""Each write that waits is led, taken along by another, or given up in time: exactly one of the three."""

import random
import threading
import time
from collections import Counter

import pytest

from surveys.store.turns import Ticket, Turns


def ticket() -> Ticket[None]:
    return Ticket(lambda connection: None, alone=False)


def test_who_comes_alone_leads_at_once_and_the_next_one_too() -> None:
    turns = Turns()
    for _ in range(2):
        one = ticket()
        assert turns.join(one, 0)
        assert one.leads
        assert turns.take() == [one]
        turns.hand_on()


def test_who_waits_too_long_is_gone_from_those_who_wait() -> None:
    turns = Turns()
    first = ticket()
    assert turns.join(first, 0)
    turns.take()
    assert not turns.join(ticket(), 0.01)
    assert len(turns) == 0
    turns.hand_on()
    assert turns.join(ticket(), 0)


def test_whoever_was_taken_along_in_the_last_moment_waits_for_what_comes_of_it() -> None:
    turns, first, late = Turns(), ticket(), ticket()
    assert turns.join(first, 0)
    found: list[bool] = []
    waiting = threading.Thread(target=lambda: found.append(turns.join(late, 0.05)))
    waiting.start()
    while len(turns) < 2:
        time.sleep(0.001)
    taken = turns.take()
    time.sleep(0.1)  # its time is over, and it is being written
    assert (taken, found) == ([first, late], [])
    for one in taken:
        one.finish(None)
    waiting.join(5)
    turns.hand_on()
    assert (found, late.leads) == ([True], False)


@pytest.mark.parametrize("is_handed", [False, True])
def test_whoever_is_interrupted_takes_no_turn_with_it(is_handed: bool) -> None:
    turns, first = Turns(), ticket()

    class Interrupted(Ticket[None]):
        def sleep(self, seconds: float = -1) -> bool:
            if is_handed:
                turns.hand_on()
            raise KeyboardInterrupt

    assert turns.join(first, 0)
    turns.take()
    with pytest.raises(KeyboardInterrupt):
        turns.join(Interrupted(lambda connection: None, alone=False), 5)
    if not is_handed:
        turns.hand_on()
    assert len(turns) == 0
    assert turns.join(ticket(), 0)


def test_many_who_come_and_give_up_are_each_written_once_or_told() -> None:
    """A turn that was handed to nobody would leave all others waiting, so that this would not end."""
    turns, inside = Turns(), threading.Lock()
    written: Counter[Ticket[None]] = Counter()
    given_up: set[Ticket[None]] = set()

    def live(number: int) -> None:
        drawn = random.Random(number)
        for _ in range(150):
            one = ticket()
            if not turns.join(one, drawn.choice((0.0005, 0.002, 5))):
                given_up.add(one)
            elif one.leads:
                assert inside.acquire(blocking=False), "two lead at once"
                taken = turns.take()
                time.sleep(drawn.uniform(0, 0.001))
                written.update(taken)
                inside.release()
                for other in taken:
                    other.finish(None)
                turns.hand_on()

    threads = [threading.Thread(target=live, args=(number,), daemon=True) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert len(written) + len(given_up) == 16 * 150
    assert set(written.values()) == {1}
    assert not given_up & written.keys()
    assert given_up
