"""What the operator is told on standard error: one line of JSON an event, with nothing in it of any visitor."""

import json
import logging
import sys
import threading
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from flask import has_request_context, request

from surveys.responses import SHANGHAI

LOG = logging.getLogger("huiyin")
SERVER = {"loggers": {"_granian": {"handlers": [], "propagate": True}}}
"""What makes the server's own events take the same way."""


class Lines(logging.Formatter):
    """Formats an event as `at` (the hour), `level`, `what`, and where a request was served its `route` and `status`.

    Words of libraries are left out, for an error's message can quote what somebody typed: kind and place stand instead.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The event as one line of JSON."""
        at = datetime.fromtimestamp(record.created, SHANGHAI).isoformat(timespec="hours")
        facts: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "what": _what(record)}
        if has_request_context():
            facts["route"] = request.endpoint
        if status := getattr(record, "status", None):
            facts["status"] = status
        return json.dumps(facts, ensure_ascii=False)


def _what(record: logging.LogRecord) -> str:
    if record.name == LOG.name and not record.exc_info:
        return record.getMessage()
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        return f"{record.name}: {kind_and_place(error)}"
    return f"{record.name} at {Path(record.pathname).name}:{record.lineno}"


def kind_and_place(error: BaseException) -> str:
    """What sort of error it is and where it rose, and no more: a message or a frame could hold what somebody wrote."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{type(error).__name__} at {_place(trace)}"


def _place(trace: TracebackType | None) -> str:
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"


def install() -> None:
    """Send every warning and error of this process to standard error, those that nobody caught included."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    threading.excepthook = _of_thread
    sys.unraisablehook = _unraisable


def _of_thread(found: threading.ExceptHookArgs) -> None:
    if found.exc_value is not None:
        LOG.error("unexpected %s", kind_and_place(found.exc_value))


def _unraisable(found: "sys.UnraisableHookArgs") -> None:
    if found.exc_value is not None:
        LOG.error("unexpected %s", kind_and_place(found.exc_value))
