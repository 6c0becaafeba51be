"""A portal in a fresh folder, as the tests of its pages have it."""

from tests.portal.conftest import _made_once, app, client, config, here

__all__ = ["_made_once", "app", "client", "config", "here"]
