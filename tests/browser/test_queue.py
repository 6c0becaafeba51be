"""Answering out of signal in a real browser against a real server, cut off at every step: none lost, none twice."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from surveys import keys, queue_file
from tests.browser.conftest import FORM_KEPT, until, violations
from tests.serving import Running, kill_all, serving

Context = Callable[..., BrowserContext]
FORM = "s/visit?unit=chengdong"
API = "**/portal/api/answers**"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("queue")) as server:
        yield server


def base(server: Running) -> str:
    return f"http://127.0.0.1:{server.port}/portal/"


def stored(server: Running) -> int:
    (count,) = server.rows("SELECT count(*) FROM responses")[0]
    assert isinstance(count, int)
    return count


def carry(context: Context, start: str, path: str = FORM) -> tuple[BrowserContext, Page]:
    """A device on which the form was opened once with a network, so that it is kept."""
    opened = context(locale="en-GB")
    page = opened.new_page()
    page.goto(start + path)
    until(page, "() => navigator.serviceWorker.controller !== null")
    page.reload()
    until(page, FORM_KEPT)
    return opened, page


def fill(page: Page, level: int = 4) -> None:
    page.locator(f"input[name=overall][value='{level}']").check()


def press_send(page: Page) -> None:
    page.locator("main form button").first.click()


def expect_waiting(page: Page, count: int) -> None:
    expect(page.locator("[data-part=count]")).to_have_text(str(count))
    expect(page.locator("[data-part=waiting] > li")).to_have_count(count)


def answer_away(opened: BrowserContext, page: Page, start: str, level: int = 4) -> None:
    """One answer on the kept copy, without a network."""
    opened.set_offline(True)
    page.goto(start + FORM)
    expect(page.locator("[data-note=copy]")).to_contain_text("copy on your device")
    fill(page, level)
    press_send(page)
    expect(page).to_have_url(f"{start}waiting?lang=en")


class Relay(BaseHTTPRequestHandler):
    """A network that cuts a post of a form off where it is told to; a worker's requests pass through it too."""

    port = 0
    cut = ""

    def relay(self) -> None:
        post = self.command == "POST"
        if post and self.cut == "before":
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            with closing(connection):
                connection.request(self.command, self.path, body, dict(self.headers))
                answer = connection.getresponse()
                content = answer.read()
        except OSError:
            return
        if post and self.cut == "after":
            return
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = relay

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def relaying(port: int) -> Iterator[tuple[type[Relay], str]]:
    """A network between device and server, and the portal's address in it."""
    kind = type("RelayHere", (Relay,), {"port": port})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kind, f"http://127.0.0.1:{server.server_address[1]}/portal/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def lose_request(route: Route) -> None:
    """The network dies before the request arrives."""
    route.abort()


def lose_answer(route: Route) -> None:
    """The request arrives and is stored; its answer is lost on the way back."""
    route.fetch()
    route.abort()


def busy(route: Route) -> None:
    route.fulfill(status=503, json={"error": "busy"}, headers={"Retry-After": "5"})


def other_page(route: Route) -> None:
    """A network that puts its own sign-in page in front of everything."""
    route.fulfill(status=200, content_type="text/html", body="<h1>Wi-Fi</h1>")


def another_receipt(route: Route) -> None:
    """A receipt, but of another answer."""
    route.fulfill(status=200, json={"id": "0" * 32, "receipt": "/"})


def half_answer(route: Route) -> None:
    """The answer is cut off in the middle of its text."""
    route.fulfill(status=200, content_type="application/json", body='{"id": "0')


CUTS: dict[str, tuple[Callable[[Route], None], int]] = {
    "before the request arrives": (lose_request, 0),
    "before the answer comes back": (lose_answer, 1),
    "the server is busy": (busy, 0),
    "a page of the network in between": (other_page, 0),
    "a receipt of another answer": (another_receipt, 0),
    "in the middle of the receipt": (half_answer, 0),
}
"""Where sending is cut off, and how many answers the server holds at that moment."""


def test_wherever_sending_is_cut_off_nothing_is_lost_and_nothing_counts_twice(
    context: Context, portal: Running
) -> None:
    opened, page = carry(context, base(portal))
    before = stored(portal)
    answer_away(opened, page, base(portal))
    expect_waiting(page, 1)
    cuts: list[Callable[[Route], None]] = [lose_request]

    def last(route: Route) -> None:
        cuts[-1](route)

    opened.route(API, last)
    opened.set_offline(False)
    least = 0
    for name, (cut, arrived) in CUTS.items():
        cuts.append(cut)
        assert page.evaluate("HuiyinQueue.sendAll()") == {"sent": 0, "refused": 0, "later": 1}, name
        expect_waiting(page, 1)
        least = max(least, arrived)
        assert stored(portal) - before == least, name
    cuts.append(lambda route: route.continue_())
    page.locator("[data-part=send]").click()
    expect_waiting(page, 0)
    expect(page.locator("[data-part=sent] > li")).to_have_count(1)
    assert stored(portal) == before + 1


def test_the_page_closed_between_the_steps_of_sending_loses_nothing(context: Context, portal: Running) -> None:
    """Closed with the answer stored on the server and no receipt; then the receipt cannot be put down."""
    opened, page = carry(context, base(portal))
    before = stored(portal)
    answer_away(opened, page, base(portal))
    arrived: list[Request] = []

    def hold(route: Route) -> None:
        route.fetch()
        arrived.append(route.request)

    opened.route(API, hold)
    opened.set_offline(False)
    while not arrived:
        page.wait_for_timeout(20)
    page.close()
    opened.unroute(API)
    assert stored(portal) == before + 1
    page = opened.new_page()
    page.add_init_script("IDBObjectStore.prototype.delete = () => { throw new Error('no disk'); }")
    page.goto(f"{base(portal)}waiting?lang=en")
    expect(page.locator("#waiting > [role=status]")).to_contain_text("Not through yet: 1")
    expect_waiting(page, 1)
    expect(page.locator("[data-part=sent] > li")).to_have_count(0)
    last = opened.new_page()
    last.goto(base(portal))
    last.goto(f"{base(portal)}waiting?lang=en")
    expect_waiting(last, 0)
    expect(last.locator("[data-part=sent] > li")).to_have_count(1)
    assert stored(portal) == before + 1


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_fresh_form_whose_post_is_cut_waits_under_its_own_id(context: Context, portal: Running, cut: str) -> None:
    before = stored(portal)
    with relaying(portal.port) as (network, start):
        _, page = carry(context, start)
        fill(page, 5)
        network.cut = cut
        press_send(page)
        expect(page).to_have_url(f"{start}waiting?lang=en")
        expect_waiting(page, 1)
        assert stored(portal) == before + (cut == "after")
        page.go_back()
        expect(page.locator("[data-note=copy]")).to_be_visible()
        expect(page.locator("input[name=overall]:checked")).to_have_count(0)
        network.cut = ""
        page.goto(f"{start}waiting?lang=en")
        expect_waiting(page, 0)
    assert stored(portal) == before + 1


def test_the_server_killed_while_answers_are_sent(tmp_path: Path, context: Context) -> None:
    with relaying(0) as (network, start):
        with serving(tmp_path) as server:
            network.port = server.port
            opened, page = carry(context, start)
            for level in (1, 2, 3):
                answer_away(opened, page, start, level)
            expect_waiting(page, 3)
            sent: list[Request] = []

            def kill_at_the_second(route: Route) -> None:
                sent.append(route.request)
                if len(sent) == 2:
                    route.fetch()
                    kill_all(server.process)
                    route.abort()
                else:
                    route.continue_()

            opened.route(API, kill_at_the_second)
            opened.set_offline(False)
            expect(page.locator("#waiting > [role=status]")).to_contain_text("Sent and counted: 1. Not through yet: 2")
            opened.unroute(API)
            assert stored(server) == 2
        with serving(tmp_path) as server:
            network.port = server.port
            page.goto(f"{start}waiting?lang=en")
            expect_waiting(page, 0)
            expect(page.locator("[data-part=sent] > li")).to_have_count(3)
            assert server.rows("SELECT answers FROM responses ORDER BY answers") == [
                (f'{{"overall":"{level}"}}',) for level in (1, 2, 3)
            ]


def test_a_refused_answer_is_kept_shown_and_can_be_mended(context: Context, portal: Running) -> None:
    opened, page = carry(context, base(portal))
    before = stored(portal)
    answer_away(opened, page, base(portal))
    page.evaluate(
        "HuiyinQueue.all('waiting').then(all => { all[0].answers.overall = ['9']; return HuiyinQueue.put(all[0]); })"
    )
    opened.set_offline(False)
    expect(page.locator(".waiting [data-refused] li")).to_have_text("Choose one of the answers shown")
    assert violations(page) == []
    page.locator("[data-part=send]").click()
    expect(page.locator("#waiting > [role=status]")).to_contain_text("To be changed: 1.")
    assert stored(portal) == before
    page.get_by_role("link", name="Change and send once more").click()
    expect(page.locator("p.error")).to_have_text("Choose one of the answers shown")
    fill(page, 2)
    opened.set_offline(True)
    press_send(page)
    expect_waiting(page, 1)
    card = "{ number: '0000100000', secret: '11111111111111111111' }"
    page.evaluate(
        f"HuiyinQueue.all('waiting').then(all => {{ all[0].card = {card}; return HuiyinQueue.put(all[0]); }})"
    )
    opened.set_offline(False)
    expect(page.locator(".waiting [data-message]")).to_contain_text("or send without the card")
    page.get_by_role("button", name="Send without the card").click()
    expect_waiting(page, 0)
    assert stored(portal) == before + 1


def test_an_answer_goes_only_when_the_person_says_so_twice(context: Context, portal: Running) -> None:
    opened, page = carry(context, base(portal))
    answer_away(opened, page, base(portal))
    item = page.locator("[data-part=waiting] > li")
    item.get_by_role("button", name="Delete", exact=True).click()
    item.get_by_role("button", name="Keep").click()
    expect_waiting(page, 1)
    item.get_by_role("button", name="Delete", exact=True).click()
    item.get_by_role("button", name="Delete for good").click()
    expect_waiting(page, 0)


def test_the_copy_asks_for_what_is_missing_and_the_file_opens_at_the_office(
    context: Context, portal: Running, tmp_path: Path
) -> None:
    opened, page = carry(context, base(portal), "take/chengdong?lang=en")
    page.get_by_role("button", name="Keep on this device").click()
    expect(page.locator("[data-take] [role=status]")).to_have_text("Kept. You can leave the network now.")
    assert violations(page) == []
    opened.set_offline(True)
    page.goto(f"{base(portal)}?lang=en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rate or suggest")
    page.goto(f"{base(portal)}waiting?lang=en")
    page.get_by_role("link", name="A home visit").click()
    press_send(page)
    expect(page.locator("fieldset[aria-invalid] p.error").first).to_be_visible()
    for level in (1, 5):
        answer_away(opened, page, base(portal), level)
    expect_waiting(page, 2)
    assert violations(page) == []
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").click()
    assert download.value.suggested_filename == "huiyin-answers.huiyin"
    download.value.save_as(tmp_path / "queue")
    own = keys.load_keys(portal.folder / "huiyin.db", create=False)
    found = queue_file.open_file(own, (tmp_path / "queue").read_bytes())
    assert sorted(str(one["answers"]) for one in found if isinstance(one, dict)) == [
        "{'overall': ['1']}",
        "{'overall': ['5']}",
    ]
    expect_waiting(page, 2)
