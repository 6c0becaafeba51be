"""Replies as Markdown: what is kept, and what no reply can bring onto a page."""

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.replies import render
from surveys.markup import is_moderate

NAMESPACE = "{http://www.w3.org/1999/xhtml}"


def test_paragraphs_lists_and_emphasis_are_kept() -> None:
    html = render("灯已修好。\n**周三** 来人。\n\n* 一\n* 二\n\n1. 甲")
    assert "<p>灯已修好。<br>\n<strong>周三</strong> 来人。</p>" in html
    assert "<li>一</li>" in html
    assert "<ol>" in html


def test_headings_stand_below_those_of_the_page() -> None:
    assert render("# 结果") == "<h3>结果</h3>"
    assert render("###### 结果") == "<h6>结果</h6>"


@pytest.mark.parametrize("address", ["/guides/verification-code/", "tel:110", "tel:+861012345678"])
def test_our_own_pages_and_telephones_are_links(address: str) -> None:
    assert render(f"[看这里]({address})") == f'<p><a href="{address}">看这里</a></p>'


@pytest.mark.parametrize("address", ["https://elsewhere.example/a", "http://elsewhere.example", "//elsewhere.example/"])
def test_another_address_is_told_but_not_linked(address: str) -> None:
    html = render(f"[看这里]({address})")
    assert "href" not in html
    assert f"看这里 ({address})" in html


@pytest.mark.parametrize(
    "bad",
    [
        "<script>alert(1)</script>",
        '<img src="https://elsewhere.example/x.png" onerror="x()">',
        "![x](https://elsewhere.example/x.png)",
        "[x](javascript:alert(1))",
        "[x](/\\elsewhere.example)",
        "[x]: //elsewhere.example\n\n[x][]",
        '<a href="data:text/html,x">x</a>',
        '<p style="color:red" onclick="x()" id="main" class="x">x</p>',
        '<form action="/case"><input name="secret"><button>x</button></form>',
        "<iframe src=//elsewhere.example></iframe><style>*{}</style><svg onload=x()>",
        "</li></ol></main><h1>x</h1>",
    ],
)
def test_nothing_that_runs_loads_or_leads_away(bad: str) -> None:
    check(render(bad))


@given(st.text(alphabet="<>/\\=\"'()[]!:#*_` \nascripthref1", max_size=60))
def test_no_text_gets_past_the_list(written: str) -> None:
    check(render(written))


HEAVY = ["[", "![", "[a\n", "[a](", "<a ", "<", "1. ", "- ", "> ", "* ", "1) - > "]


@pytest.mark.parametrize("piece", HEAVY)
def test_markup_that_costs_much_is_shown_as_it_stands(piece: str) -> None:
    """A hundred brackets take long to read as Markdown, and deep lists end in a fault."""
    written = (piece * 8000)[:8000]
    assert not is_moderate(written)
    html = render(f"您好。\n\n{written}")
    check(html)
    assert html.startswith("<p>您好。</p>\n<p>")
    assert "<li>" not in html


@pytest.mark.parametrize(
    "written",
    ["[窗口](/portal/) " * 40, "- 一\n- 二\n  - 三\n", "------------------------------", "> 引用\n\n1. 一\n2. 二"],
)
def test_ordinary_markup_is_read(written: str) -> None:
    assert is_moderate(written)
    assert render(written) != render(
        written.replace("[", "&#91;").replace("-", "–").replace(">", "").replace(".", "。")
    )


def check(html: str) -> None:
    for element in html5lib.parse(f"<!doctype html><body>{html}").iter():
        tag = element.tag.replace(NAMESPACE, "")
        assert tag in {
            *("html", "head", "body", "a", "blockquote", "br", "em", "hr", "li", "ol", "p", "strong", "ul"),
            *("h3", "h4", "h5", "h6"),
        }
        assert set(element.attrib) <= {"href"}
        assert element.get("href", "/x").startswith(("/", "tel:"))
        assert not element.get("href", "/x").startswith(("//", "/\\"))
