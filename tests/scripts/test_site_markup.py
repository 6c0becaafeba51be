"""Reading HTML as tags and text: what html.parser hears of a page that is written properly, and sense of others."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.site_markup import listen

Event = tuple[str, str, tuple[tuple[str, str], ...]]
PIECES = (
    '<a href="x?a=1&amp;b=2" hidden>', "<A HREF=/x/y/>", "<br/>", "<br />", "<img src='a b.png' alt=>", "</a>", "</P >",
    "<p\n class = 'one \"two\"'>", "<!-- <b>not a tag</b> -->", "<!doctype html>", "<?pi x?>", "&lt;&#20013;&nbsp;x",
    "<script>if (a < b && c) '</b>' &amp;</script>", "<style>p > a { color: red } &gt;</style>", "中文，", " 1 < 2 ",
    "<svg viewBox='0 0 1 1'><path d='M0'/></svg>", "<x-y:z data-a=1 data-a=2>", "</h2>", "<h2 id=标题>",
)  # fmt: skip


class Heard:
    """Keeps what it is told, with neighbouring text in one."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def start(self, tag: str, values: dict[str, str]) -> None:
        self.events.append(("start", tag, tuple(values.items())))

    def end(self, tag: str) -> None:
        self.events.append(("end", tag, ()))

    def text(self, words: str) -> None:
        before = self.events.pop()[1] if self.events and self.events[-1][0] == "text" else ""
        if before or words:
            self.events.append(("text", before + words, ()))


class Standard(HTMLParser):
    """The same from the standard library."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.heard = Heard()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.heard.start(tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        self.heard.end(tag)

    def handle_data(self, data: str) -> None:
        self.heard.text(data)


def heard(html: str) -> list[Event]:
    listener = Heard()
    listen(html, listener)
    return listener.events


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_the_standard_library_hears_the_same(pieces: list[str]) -> None:
    standard = Standard()
    standard.feed("".join(pieces))
    standard.close()
    assert heard("".join(pieces)) == standard.heard.events


@pytest.mark.parametrize(
    ("html", "events"),
    [
        ("<script>a</b>", [("start", "script", ()), ("text", "a</b>", ())]),
        ("<p>a<!-- never closed <b>", [("start", "p", ()), ("text", "a", ())]),
        ("a < b <", [("text", "a < b <", ())]),
        ('<a title="never closed>x', [("start", "a", (("title", '"never'), ("closed", ""))), ("text", "x", ())]),
        ("", []),
    ],
)
def test_what_is_cut_off_is_no_error(html: str, events: list[Event]) -> None:
    assert heard(html) == events


@given(st.text(alphabet="<>/='\"!-? &;abp\n", max_size=60))
def test_nothing_is_refused(html: str) -> None:
    heard(html)
