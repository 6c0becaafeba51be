"""What the check says of the portal's catalogues, on a portal of one page and one module."""

from pathlib import Path

import pytest

from scripts.catalogue_lint import catalogue_faults
from tests.conftest import ROOT

PLACE = Path("translations/zh/LC_MESSAGES/messages.po")
HEAD = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

"""
SEND = 'msgid "Send"\nmsgstr "提交"\n\n'
COUNT = '#, python-format\nmsgid "%(count)s cases"\nmsgstr "%(count)s 件事项"\n\n'


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A portal of two sentences."""
    (tmp_path / "babel.cfg").write_bytes((ROOT / "portal/babel.cfg").read_bytes())
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/page.html").write_text('<p>\n{{ _("Send") }}</p>', encoding="utf-8")
    (tmp_path / "words.py").write_text('COUNT = lazy_gettext("%(count)s cases")\nAGAIN = _("Send")\n', encoding="utf-8")
    (tmp_path / PLACE).parent.mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(
    ("written", "faults"),
    [
        (SEND + COUNT, []),
        (SEND, [f"words.py:1:1: '%(count)s cases' has no translation: add it to the end of {PLACE}"]),
        (
            SEND.replace("提交", "") + COUNT,
            [f"{PLACE}:4:1: 'Send' has no translation: write it as msgstr, and take a 'fuzzy' mark out"],
        ),
        (
            "#, fuzzy\n" + SEND + COUNT,
            [f"{PLACE}:5:1: 'Send' has no translation: write it as msgstr, and take a 'fuzzy' mark out"],
        ),
        (
            SEND + COUNT + SEND.replace("Send", "Sent"),
            [f"{PLACE}:11:1: 'Sent' stands nowhere in the portal: correct the msgid, or take it out"],
        ),
    ],
)
def test_each_sentence_has_its_translation(small: Path, written: str, faults: list[str]) -> None:
    (small / PLACE).write_text(HEAD + written, encoding="utf-8")
    assert [str(fault).replace(f"{small}/", "") for fault in catalogue_faults(small)] == faults


def test_a_translation_that_lost_what_is_filled_in_does_not_fit(small: Path) -> None:
    (small / PLACE).write_text(HEAD + SEND + COUNT.replace("%(count)s 件", "%(number)s 件"), encoding="utf-8")
    (fault,) = catalogue_faults(small)
    assert "the translation of '%(count)s cases' does not fit: " in str(fault)
