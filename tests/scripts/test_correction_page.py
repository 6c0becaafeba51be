"""The page of what stood before a correction names the cells that changed in words, where the month had a codebook."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from scripts.codebook import Labels
from scripts.correction_page import BeforePage, differences
from surveys.store.corrections import CorrectionRow

BOOK: Mapping[str, Any] = {
    "values": {name: {} for name in ("figure", "reason", "sign", "status")}
    | {"unit": {"all": {"zh": "全部单位", "en": "All units"}}},
    "units": [{"code": "hall", "name": {"zh": "大厅", "en": "Hall"}}],
    "surveys": [
        {
            "key": "visit",
            "title": {"zh": "来访", "en": "A visit"},
            "versions": [
                {"questions": [{"code": "overall", "text": {"zh": "您满意吗？", "en": "Were you satisfied?"}}]},
            ],
        }
    ],
    "scales": {},
}
BEFORE = {"ratings.csv": "period,survey,question,unit,n\n2026-10,visit,overall,all,40\n2026-10,visit,overall,hall,30\n"}
AFTER = {"ratings.csv": "period,survey,question,unit,n\n2026-10,visit,overall,all,39\n2026-10,visit,overall,hall,30\n"}
FOUND = CorrectionRow("2026-10", 1, "2026-12-01", "one was entered twice")


@pytest.mark.parametrize(
    ("language", "place"),
    [
        ("en", "Ratings · A visit · Were you satisfied? · All units · Ratings n"),
        ("zh", "评价 · 来访 · 您满意吗？ · 全部单位 · 票数 n"),
    ],
)
def test_a_changed_cell_is_named_in_the_language_of_the_page(language: str, place: str) -> None:
    differs = list(differences(BEFORE, AFTER))
    page = BeforePage(language, FOUND, differs, Labels(dict(BOOK), language)).text("", "2026-10", "x", {})
    assert re.findall(r'<td class="number">(.*?)</td>', page) == ["40", "39"]
    assert place in page
    without = BeforePage(language, FOUND, differs).text("", "2026-10", "x", {})
    assert "ratings.csv visit overall all n" in without
