"""A portal in a fresh folder, as the tests of its pages have it."""

from tests.portal.conftest import _read_once, app, client, config, here

__all__ = ["_read_once", "app", "client", "config", "here"]
