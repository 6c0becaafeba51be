"""Each rule of the content lint with the smallest page that breaks it, and the real pages, which break none."""

from datetime import date
from pathlib import Path

import pytest

from scripts.content_lint import OFFICIALESE, lint
from scripts.content_page import sentences, visible
from surveys.responses import today

ROOT = Path(__file__).parents[1]
CONTENT = ROOT / "content"
TODAY = date(2026, 11, 21)

FRONT = {
    "title": "title: 一页",
    "summary": "summary: 这一页讲一件事。",
    "tags": "tags: [一件事]",
    "source": "source:\n  - {name: 一部法律, in_force: 2022-12-01}",
    "reviewed": "reviewed: 2026-11-01",
    "owner": "owner: 一个岗位",
    "expires": "expires: 2027-10-31",
}
ZH_BODY = "\n\n".join(f"第{number}段说一件小事，写得短，读得懂，念得出来。" for number in range(1, 31))
EN_BODY = "One short sentence."


def text(body: str, **changes: str) -> str:
    """A page as it stands in its file; a change of '' leaves the key out."""
    return "\n".join(["---", *filter(None, (FRONT | changes).values()), "---", body, ""])


class Tree:
    """A content folder with one page per language, written where `place` says."""

    def __init__(self, folder: Path, place: str = "policies/page.md") -> None:
        self.folder, self.place = folder, place
        self.write("zh", text(ZH_BODY))
        self.write("en", text(EN_BODY))

    def write(self, language: str, page: str, place: str = "") -> None:
        path = self.folder / language / (place or self.place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")

    def found(self, today: date = TODAY) -> list[str]:
        """The problems as an editor sees them, paths shortened to the part under the folder."""
        return [str(problem).replace(f"{self.folder}/", "") for problem in lint(self.folder, today)]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_a_good_page_in_both_languages_has_no_problem(tree: Tree) -> None:
    assert tree.found() == []


def test_marks_that_windows_editors_leave_do_no_harm(tree: Tree) -> None:
    tree.write("zh", "\ufeff" + text(ZH_BODY).replace("\n", " \r\n"))
    assert tree.found() == []


def test_an_empty_folder_has_no_problem(tmp_path: Path) -> None:
    assert lint(tmp_path, TODAY) == []


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("没有开头\n", "zh/policies/page.md:1:1: front matter is missing: the first line must be ---"),
        ("", "zh/policies/page.md:1:1: front matter is missing: the first line must be ---"),
        ("---\ntitle: 一页\n", "zh/policies/page.md:1:1: front matter does not end: close it with a second line ---"),
        ("---\ntitle: [一页\n---\n", "zh/policies/page.md:2:11: not YAML: expected ',' or ']', but got '<stream end>'"),
        ("---\n- 一页\n---\n", "zh/policies/page.md:2:1: a front matter must be a mapping of keys to values"),
    ],
)
def test_front_matter_that_cannot_be_read(tree: Tree, page: str, problem: str) -> None:
    tree.write("zh", page)
    assert tree.found() == [problem]


def test_a_file_that_is_not_utf8(tree: Tree) -> None:
    (tree.folder / "zh" / tree.place).write_bytes("---\ntitle: 索要验证码\n---\n".encode("gb18030"))
    assert tree.found() == ["zh/policies/page.md: is not UTF-8 text: save it as UTF-8"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"title": "titel: 一页"}, "2:1: unknown key 'titel', did you mean 'title'?"),
        ({"owner": "owner: 一个岗位\nowner: 另一个"}, "9:1: key 'owner' stands twice (first in line 8): keep one"),
        ({"reviewed": "reviewed: yesterday"}, "7:11: 'reviewed' is 'yesterday', must be a date as 2026-11-01"),
        ({"tags": "tags: 一件事"}, "4:7: 'tags' must be a list"),
        ({"title": "title: 110"}, "2:8: 'title' must be text: put quotes around 110"),
        ({"summary": "summary: 一句。又一句。"}, "3:10: 'summary' has several sentences: keep one"),
        (
            {"source": "source:\n  - {name: 一部法律}"},
            "6:5: source '一部法律' has no date: add in_force, published or hotline",
        ),
        (
            {"owner": "owner: 一个岗位\nchanged: 2026-11-02"},
            "9:10: 'changed' is 2026-11-02, after the check of 2026-11-01: renew 'reviewed' too",
        ),
        ({"reviewed": "reviewed: 2026-11-22"}, "7:11: 'reviewed' is 2026-11-22, which is still to come"),
        (
            {"expires": "expires: 2027-11-10"},
            "9:10: 'expires' must lie within a year after 'reviewed' (2026-11-01)",
        ),
    ],
)
def test_front_matter_that_does_not_fit(tree: Tree, changes: dict[str, str], problem: str) -> None:
    tree.write("zh", text(ZH_BODY, **changes))
    assert f"zh/policies/page.md:{problem}" in tree.found()


@pytest.mark.parametrize("key", list(FRONT))
def test_a_key_that_is_missing_is_named_and_explained(tree: Tree, key: str) -> None:
    tree.write("zh", text(ZH_BODY, **{key: ""}))
    assert [
        problem for problem in tree.found() if f"zh/policies/page.md:1:1: key '{key}' is missing: write " in problem
    ]


def test_an_expired_page_is_named_from_the_day_after(tree: Tree) -> None:
    assert tree.found(date(2027, 10, 31)) == []
    assert tree.found(date(2027, 11, 1)) == [
        f"{language}/policies/page.md:9:10: expired on 2027-10-31: check it against its sources, "
        "then renew 'reviewed' and 'expires'"
        for language in ("en", "zh")
    ]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (f"{ZH_BODY}\n\n# 第二个题目", "71:1: heading of level 1 in the text: 'title' is the heading, begin with ##"),
        ("太短。", " the text has 3 characters, must have 500 to 1200"),
        ("\n\n".join([ZH_BODY] * 3), " the text has 2"),
        (f"{ZH_BODY}\n\n{'长' * 45}。", "71:1: sentence of 46 characters, at most 45: split it: "),
        (
            f"{ZH_BODY}\n\n{'短句。' * 41}",
            "71:1: paragraph of 123 characters, at most 120: begin a new one at the next thought",
        ),
        (f"{ZH_BODY}\n\n请大家切勿转账。", "71:4: '切勿' is officialese: write 不要"),
        (f"{ZH_BODY}\n\n窗口予以办理。", "71:3: '予以' is officialese: leave it out"),
        (f"{ZH_BODY}\n\n马上打 110。", "71:5: 110 cannot be tapped: write [110](tel:110)"),
        (f"{ZH_BODY}\n\n打 [96110](tel:110)。", "71:3: the link shows 96110 but calls 110: make them the same"),
    ],
)
def test_a_body_that_breaks_a_rule(tree: Tree, body: str, problem: str) -> None:
    tree.write("zh", text(body))
    assert [line for line in tree.found() if line.startswith(f"zh/policies/page.md:{problem}")]


@pytest.mark.parametrize(
    "line",
    [
        "[110](tel:110) 是报警电话。",
        "收费 110 元。",
        "编号 1101 不是电话，1.110 也不是。",
        "> 骗子说：我是 110。",
        "## 打 110 报警",
    ],
)
def test_numbers_that_need_no_link(tree: Tree, line: str) -> None:
    tree.write("zh", text(f"{ZH_BODY}\n\n{line}"))
    assert tree.found() == []


def test_english_sentences_are_measured_in_words(tree: Tree) -> None:
    tree.write("en", text(" ".join(["word"] * 27) + "."))
    assert tree.found() == [
        "en/policies/page.md:11:1: sentence of 27 words, at most 26: split it: word word word word word…"
    ]


def test_code_is_not_prose(tree: Tree) -> None:
    tree.write("zh", text(f"{ZH_BODY}\n\n```\n# 切勿 110\n```"))
    assert tree.found() == []


def test_a_page_needs_its_other_language(tree: Tree) -> None:
    (tree.folder / "en" / tree.place).unlink()
    assert tree.found() == [
        "zh/policies/page.md: has no page in 'en': write en/policies/page.md",
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"reviewed": "reviewed: 2026-11-02"}, "'reviewed' differs from zh/policies/page.md: make them the same"),
        ({"expires": "expires: 2027-10-30"}, "'expires' differs from zh/policies/page.md: make them the same"),
        (
            {"source": FRONT["source"] + '\n  - {name: 110, hotline: "110"}'},
            "'name' must be text: put quotes around 110",
        ),
        (
            {"source": FRONT["source"] + '\n  - {name: the police, hotline: "110"}'},
            "names other sources than zh/policies/page.md",
        ),
    ],
)
def test_the_two_languages_agree(tree: Tree, changes: dict[str, str], problem: str) -> None:
    tree.write("en", text(EN_BODY, **changes))
    found = tree.found()
    assert len(found) == 1
    assert found[0].startswith("en/policies/page.md:")
    assert found[0].endswith(problem)


def test_two_pages_may_not_share_a_paragraph(tree: Tree) -> None:
    other = ZH_BODY.replace("第", "另一页第").replace("另一页第7段", "第7段")
    tree.write("zh", text(other), "policies/second.md")
    tree.write("en", text(EN_BODY), "policies/second.md")
    assert tree.found() == [
        "zh/policies/second.md:23:1: this paragraph also stands in zh/policies/page.md: say it once"
    ]


@pytest.mark.parametrize("place", ["about/page.md", "handbook/page.md", "policies/index.md", "index.md"])
def test_other_folders_ask_for_less(tmp_path: Path, place: str) -> None:
    tree = Tree(tmp_path, place)
    tree.write("zh", text("短。", tags="", source=""))
    tree.write("en", text("Short.", tags="", source=""))
    assert tree.found() == []


GROUPS = "groups:\n  - {{title: 一组, pages: [{}]}}\n  - {{title: 又一组, pages: [{}]}}"


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        ("page", "", None),
        ("page, other", "", "index.md:4:5: policies has no page 'other': correct the name"),
        ("page", "page", "index.md:5:5: page 'page' already stands in a group: keep it in one"),
        ("", "", "page.md: stands in no group: add 'page' to a group in zh/policies/index.md, so that readers find it"),
    ],
)
def test_where_a_section_has_groups_each_page_stands_in_one(
    tree: Tree, first: str, second: str, problem: str | None
) -> None:
    tree.write("zh", f"---\ntitle: 指南\n{GROUPS.format(first, second)}\n---\n", "policies/index.md")
    tree.write("en", "---\ntitle: Guides\n---\n", "policies/index.md")
    assert tree.found() == ([f"zh/policies/{problem}"] if problem else [])


@pytest.mark.parametrize(
    ("since", "page", "problem"),
    [
        ("2026-11-21", "policies/page", []),
        ("2026-11-22", "policies/page", ["zh/index.md:4:10: 'since' is 2026-11-22, which is still to come"]),
        (
            "2026-11-21",
            "policies/other",
            ["zh/index.md:7:9: there is no page 'policies/other': write its folder and name"],
        ),
    ],
)
def test_the_warning_on_the_home_page(tree: Tree, since: str, page: str, problem: list[str]) -> None:
    warning = f"warning:\n  since: {since}\n  text: 当心。\n  link: 怎么办\n  page: {page}"
    tree.write("zh", f"---\ntitle: 首页\n{warning}\n---\n", "index.md")
    tree.write("en", "---\ntitle: Home\n---\n", "index.md")
    assert tree.found() == problem


def test_reports_are_left_alone(tree: Tree) -> None:
    tree.write("zh", "no front matter", "reports/2026-10/index.md")
    assert tree.found() == []


def test_visible_text_is_what_a_reader_sees() -> None:
    assert visible("1. **打** [110](tel:110)，再打 `x`") == "打 110，再打 x"
    assert sentences('One. "Two." Three? 四。五') == ["One.", '"Two."', "Three?", "四。", "五"]


def test_no_suggested_word_is_itself_banned() -> None:
    for phrases in OFFICIALESE.values():
        for better in phrases.values():
            assert not [phrase for phrase in phrases if phrase in better]


GUIDE = """## 骗子怎么做

> **骗子**：念给我听。
>
> **您**：念什么？
>
> **骗子**：六个数字。

## 三个信号

1. 一。
2. 二，
   写了两行。

3. 三。

## 现在就做

1. 打 [110](tel:110)，拿不准打 [96110](tel:96110)。
"""
SCRIPT = "write what the scammer says and what is answered, each on a line of its own that begins with >"
RIGHT_BELOW = "number them 1. to 3. right below this heading"


class TestGuides:
    """What a guide must hold besides; ten lines of front matter stand above it."""

    def found(self, tree: Tree, guide: str) -> list[str]:
        tree.write("zh", text(f"{guide}\n{ZH_BODY.replace('小事', '大事')}"), "guides/page.md")
        english = GUIDE.replace("三个信号", "Three signs").replace("现在就做", "Do this now")
        tree.write("en", text(english), "guides/page.md")
        return [fault.removeprefix("zh/guides/page.md:").strip() for fault in tree.found()]

    @pytest.mark.parametrize(
        ("old", "new", "fault"),
        [
            ("一。", "一。", ""),
            ("> **您**：念什么？\n", "", f"13:1: 2 quoted lines, at least 3: {SCRIPT}"),
            ("> ", "- ", f"0 quoted lines, at least 3: {SCRIPT}"),
            ("3. 三。", "", f"19:1: 2 signs, must be 3: {RIGHT_BELOW}"),
            ("3. 三。", "3. 三。\n4. 四。", f"19:1: 4 signs, must be 3: {RIGHT_BELOW}"),
            ("3. 三。", "三。", f"19:1: 2 signs, must be 3: {RIGHT_BELOW}"),
            ("三个信号", "信号", "there is no heading '## 三个信号': add it, and below it 3 numbered signs"),
            ("现在就做", "做", "there is no heading '## 现在就做': add it, and below it what to do, in numbered steps"),
            ("1. 打", "打", "27:1: no steps: number what to do, from 1., right below this heading"),
            (
                "[110](tel:110)", "电话",
                "110 is not there: say when to call it, as [110](tel:110), or name it as a hotline in 'source'",
            ),
        ],
    )  # fmt: skip
    def test_each_thing_that_lacks_is_told_with_its_line(self, tree: Tree, old: str, new: str, fault: str) -> None:
        assert old in GUIDE
        assert self.found(tree, GUIDE.replace(old, new)) == ([fault] if fault else [])

    def test_an_english_guide_is_asked_for_its_own_headings(self, tree: Tree) -> None:
        self.found(tree, GUIDE)
        tree.write("en", text(GUIDE), "guides/page.md")
        wanted = {"Do this now": "what to do, in numbered steps", "Three signs": "3 numbered signs"}
        assert tree.found() == [
            f"en/guides/page.md: there is no heading '## {heading}': add it, and below it {what}"
            for heading, what in wanted.items()
        ]

    def test_a_number_may_stand_among_the_sources(self, tree: Tree) -> None:
        source = f'{FRONT["source"]}\n  - {{name: 报警电话, hotline: "110"}}'
        page = f"{GUIDE.replace('[110](tel:110)', '电话')}\n{ZH_BODY.replace('小事', '大事')}"
        tree.write("zh", text(page, source=source), "guides/page.md")
        assert not [fault for fault in tree.found() if "zh/guides" in fault and "is not there" in fault]


def test_the_real_pages_pass() -> None:
    assert [str(problem) for problem in lint(CONTENT, today())] == []
