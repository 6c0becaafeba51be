"""A portal in a fresh folder, as the tests of its pages have it, and its desk."""

import pytest
from flask import Flask

from portal import accounts
from portal.limits import Limiter
from portal.state import Portal
from tests.portal.conftest import _read_once, app, client, config, here
from tests.portal.desk_office import Office

__all__ = ["_read_once", "app", "client", "config", "here"]


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked to wait."""
    monkeypatch.setattr(Limiter, "allows", lambda *_, **__: True)


@pytest.fixture
def office(app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The people of the desk, with cheap passwords."""
    made = Office(app, here)
    monkeypatch.setattr(accounts, "guard", lambda: made.guard)
    return made
