"""How Chinese sounds: a table of characters by their pinyin, for readers who type pinyin or a character like it.

It is worked out when the site is built, so that neither the browser nor the portal needs a dictionary.
"""

import re
from collections.abc import Mapping
from typing import Any

from pypinyin import lazy_pinyin

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
# The 3,755 everyday characters of GB 2312, which input methods offer first.
_ROWS = range(0xB0, 0xD8)


def sounds(pack: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """`signs`: characters by their commonest sound; `names`: runs of titles and tags that sound otherwise."""
    runs = dict.fromkeys(
        run for page in pack["pages"] for name in (page["title"], *page["tags"]) for run in _HAN.findall(name)
    )
    plain = {sign: lazy_pinyin(sign)[0] for sign in dict.fromkeys(_everyday() + "".join(runs))}
    signs: dict[str, str] = {}
    for sign, sound in plain.items():
        signs[sound] = signs.get(sound, "") + sign
    spoken = {run: " ".join(lazy_pinyin(run)) for run in runs}
    names = {run: sound for run, sound in spoken.items() if sound != " ".join(plain[sign] for sign in run)}
    return {"signs": dict(sorted(signs.items())), "names": names}


def _everyday() -> str:
    pairs = (bytes((row, cell)) for row in _ROWS for cell in range(0xA1, 0xFF))
    return "".join(pair.decode("gb2312", "ignore") for pair in pairs)
