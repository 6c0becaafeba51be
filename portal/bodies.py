"""Bodies of requests: taken whole or not at all, and waited for by some of the threads, never by all."""

import threading

from flask import abort, request

PATIENCE = 0.5
"""Seconds in which a place comes free when bodies are only many, and not stalled."""


class WholeBodies:
    """Reads the body of a post before anything acts on it.

    The server hands over what a broken connection left behind as if it were all, and waits without end for
    one that stalls. So the length must be said beforehand and kept, and at most `most` bodies are waited for.
    """

    def __init__(self, most: int) -> None:
        self._places = threading.BoundedSemaphore(most)

    def take(self) -> None:
        """Before each request: 411 without a length, 400 if less came, 413 if too much, 503 if too many wait."""
        # Without this mark the body must be as long as was said; a shorter one is a client that went away.
        request.environ.pop("wsgi.input_terminated", None)
        if request.method != "POST" or request.url_rule is None:
            return
        if request.content_length is None:
            abort(411)
        if not self._places.acquire(timeout=PATIENCE):
            abort(503)
        try:
            request.get_data()
        finally:
            self._places.release()
