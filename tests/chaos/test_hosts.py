"""Portals, a primary and a standby on hosts of their own, that fail under load: a bounded part of `make chaos`."""

from pathlib import Path

from tests.chaos.hosts import of_hosts


def test_hosts_that_fail_lose_no_answer_and_count_none_twice(tmp_path: Path) -> None:
    """In networks of their own where the kernel grants them to this user, else behind relays. The seed draws the harder
    half of each act: a portal is cut off until somebody is refused, and the primary ends after its standby was cut off.
    """
    found = of_hosts(tmp_path / "office", 19, ["host_cut", "host_kill", "primary_lost"], residents=2)
    assert (found.lost, found.twice, found.notes) == (0, 0, ())
    assert found.promised >= 20
    assert found.refused >= 1
