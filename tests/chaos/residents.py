"""Residents who never give up: they answer and open cases under known marks, and remember what they were promised."""

import base64
import json
import random
import re
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

FORM = "/portal/s/visit?unit=chengdong"
SUGGEST = "/portal/suggest"
PATIENCE = 120
"""Seconds after which one submission counts as never finished."""
_TOKEN = re.compile(r'name="_token" value="([^"]+)"')
_CODE = re.compile(r'class="code">([\d ]+)<')
_LANGUAGES = {"zh": "", "en": "&lang=en"}


def id_in(token: str) -> str:
    """The submission id that a form's token carries, in hexadecimal digits."""
    payload = token.split(".", maxsplit=1)[0]
    found: str = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))[0]
    return base64.urlsafe_b64decode(found + "=" * (-len(found) % 4)).hex()


@dataclass
class Book:
    """What residents were promised, and what they saw when they were not.

    `answers` maps submission ids to (level, mark), `cases` case numbers to marks, `events` (number, sequence) to marks.
    """

    answers: dict[str, tuple[str, str]] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)
    events: dict[tuple[str, int], str] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def promised(self) -> int:
        """How many answers, cases and events were acknowledged."""
        return len(self.answers) + len(self.cases) + len(self.events)


class Residents:
    """Some residents at once, each doing one thing after another until `stop`; what was begun is then finished.

    Each request goes to one of the `doors` (host and port), whatever served the one before.
    """

    def __init__(self, doors: Sequence[tuple[str, int]], seed: int, count: int = 8) -> None:
        self.doors = doors
        self.book = Book()
        self._stopping, self._giving_up = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._live, args=(random.Random(f"{seed} {number}"), number), daemon=True)
            for number in range(count)
        ]

    def start(self) -> "Residents":
        """Let them begin."""
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> Book:
        """Let each finish what it has begun, and return what they were promised."""
        self._stopping.set()
        until = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(max(0.1, until - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            self._giving_up.set()
            self.book.wrong.append(f"somebody could not finish within {PATIENCE} s")
        return self.book

    def give_up(self) -> None:
        """Let everybody go, whatever they have begun."""
        self._stopping.set()
        self._giving_up.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(30)

    def _live(self, drawn: random.Random, number: int) -> None:
        turn = 0
        while not self._stopping.is_set():
            turn += 1
            mark = f"m{number}x{turn}x{drawn.randrange(10**9)}"
            if turn % 6:
                self._answer(drawn, mark)
            else:
                self._open_case(drawn, mark)

    def _answer(self, drawn: random.Random, mark: str) -> None:
        language = drawn.choice(sorted(_LANGUAGES))
        path = FORM + _LANGUAGES[language]
        token, level = self._token(path, drawn), drawn.choice("12345")
        data = {"_token": token, "overall": level, "better": mark}
        if drawn.random() < 0.05:
            self._walk_away(path, data)
        page = self._send(path, data, drawn, (mark, f'value="{level}" checked'), 303)
        if page is not None:
            with self._lock:
                self.book.answers[id_in(token)] = (level, mark)

    def _open_case(self, drawn: random.Random, mark: str) -> None:
        token = self._token(SUGGEST, drawn)
        data = {"_token": token, "category": "suggestion", "unit": "chengdong", "text": mark, "contact": ""}
        page = self._send(f"{SUGGEST}/send", data, drawn, (mark,), 200)
        if page is None:
            return
        codes = [re.sub(r"\D", "", code) for code in _CODE.findall(page)]
        if len(codes) != 2:
            self._wrong(f"a receipt without codes: {_short(page)}")
            return
        with self._lock:
            self.book.cases[codes[0]] = mark
        self._add(drawn, codes[0], codes[1], f"{mark}y")

    def _add(self, drawn: random.Random, number: str, secret: str, mark: str) -> None:
        data = {"number": number, "secret": secret, "sequence": "1", "text": mark}
        page = self._send("/portal/case/message", data, drawn, (mark,), 200)
        if page is not None:
            with self._lock:
                self.book.events[number, 2] = mark

    def _token(self, path: str, drawn: random.Random) -> str:
        page = self._send(path, None, drawn, (), 200)
        found = _TOKEN.search(page or "")
        return found[1] if found else "x"

    def _send(
        self, path: str, data: dict[str, str] | None, drawn: random.Random, kept: tuple[str, ...], done: int
    ) -> str | None:
        """Send until it is taken; a refusal must be a page that keeps what was typed, and no receipt."""
        while not self._giving_up.is_set():
            try:
                status, page = self._ask(path, data, drawn)
            except (OSError, HTTPException):
                self._see("no connection")
                time.sleep(drawn.uniform(0.02, 0.1))
                continue
            if status == done:
                return page
            self._judge(status, page, kept if data else ())
            time.sleep(drawn.uniform(0.001, 0.02))
        return None

    def _judge(self, status: int, page: str, kept: tuple[str, ...]) -> None:
        if status != 503:
            self._wrong(f"status {status}: {_short(page)}")
        self._see("refused with a page")
        lost = [word for word in kept if word not in page]
        if lost or "<h1" not in page or "/receipt?" in page or _CODE.search(page):
            self._wrong(f"a refusal that lost {lost}: {_short(page)}")

    def _ask(self, path: str, data: dict[str, str] | None, drawn: random.Random) -> tuple[int, str]:
        with closing(HTTPConnection(*drawn.choice(self.doors), timeout=30)) as connection:
            connection.request("POST" if data else "GET", path, _body(data), _headers(data, drawn))
            response = connection.getresponse()
            return response.status, response.read().decode("utf-8", "replace")

    def _walk_away(self, path: str, data: dict[str, str]) -> None:
        """Send the form and close before the answer comes; whether it was stored, nobody was told."""
        self._see("walked away")
        try:
            with closing(HTTPConnection(*self.doors[0], timeout=30)) as connection:
                connection.request("POST", path, _body(data), _headers(data, random.Random(0)))
        except (OSError, HTTPException):
            self._see("no connection")

    def _see(self, what: str) -> None:
        with self._lock:
            self.book.seen[what] += 1

    def _wrong(self, what: str) -> None:
        with self._lock:
            self.book.wrong.append(what)


def _short(page: str) -> str:
    return " ".join(page.split())[:300]


def _body(data: dict[str, str] | None) -> str | None:
    return urllib.parse.urlencode(data) if data else None


def _headers(data: dict[str, str] | None, drawn: random.Random) -> dict[str, str]:
    """Each request from another address, so that no limit for one household is in the way."""
    address = ".".join(str(drawn.randrange(1, 255)) for _ in range(4))
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if data else {}
    return {"X-Forwarded-For": address, **kind}
