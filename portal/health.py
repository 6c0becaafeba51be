"""Whether the program lives and can take answers, for whoever has to restart it or send visitors elsewhere."""

import shutil
import threading
import time
from typing import Literal, cast

from flask import Blueprint, Flask, Response, current_app, jsonify

from portal.journal import LOG
from portal.state import Portal, portal
from surveys.errors import HuiyinError, StoreBusyError, StoreUnreachableError
from surveys.store import address_of

SECONDS = 1.0
"""For so long a look at the store is good, so that a flood of questions costs the store nothing."""
LEAST_FREE = 16 * 1024 * 1024
"""Bytes that must be free beside the database: with fewer, one answer may still fit and the next one not."""
State = Literal["ready", "busy", "unreachable", "full", "unusable"]
blueprint = Blueprint("health", __name__, url_prefix="/health")


class Looks:
    """The last look at the store, and when the next one is due."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0
        self._state: State = "ready"

    def state(self, here: Portal) -> State:
        """How the store stands, at most a second ago; a change for the worse is told to the operator once."""
        with self._lock:
            if time.monotonic() >= self._until:
                found = _look(here)
                if found not in ("ready", self._state):
                    LOG.error("not ready: the store is %s", found)
                self._state, self._until = found, time.monotonic() + SECONDS
            return self._state


def install(app: Flask) -> None:
    """Serve both questions, over one memory of the last look."""
    app.extensions["health"] = Looks()
    app.register_blueprint(blueprint)


@blueprint.get("/live")
def live() -> Response:
    """That the program answers; the store is not asked."""
    return jsonify(live=True)


@blueprint.get("")
def ready() -> tuple[Response, int]:
    """Whether an answer could be stored now (200, else 503), and whether the definitions on disk are in force."""
    here = portal()
    store = state_of_store(here)
    definitions = "faults" if here.faults else "in force"
    return jsonify(ready=store == "ready", store=store, definitions=definitions), 200 if store == "ready" else 503


def state_of_store(here: Portal) -> State:
    """How the store stands: ready, busy (try again), unreachable, full (make room), or unusable (look at the log)."""
    return cast(Looks, current_app.extensions["health"]).state(here)


def _look(here: Portal) -> State:
    """Take the writers' turn of a file and write nothing: what stops an answer from being stored stops this too.

    On a server even that would use up a number of a transaction, so there the store is only read.
    """
    try:
        if address_of(here.config.database) is None:
            here.store.write(lambda _: None)
        else:
            here.store.version()
    except StoreUnreachableError:
        return "unreachable"
    except StoreBusyError:
        return "busy"
    except (HuiyinError, OSError):
        return "unusable"
    return "full" if free_bytes(here) < LEAST_FREE else "ready"


def free_bytes(here: Portal) -> int:
    """What is free on the disk where the database, or what belongs to one on a server, lies."""
    return shutil.disk_usage(here.config.database.absolute().parent).free
