"""Put the self-check of scam-check.yaml into the pages that ask for it, with its rules for site/assets/check.js.

All words stand in the page, hidden until they are wanted; the rules beside them hold codes alone.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from scripts.site_pages import Page, SiteError
from surveys.errors import DefinitionError
from surveys.scam_check import Ask, Guide, ScamCheck, Sign
from surveys.yaml_reading import Text, read

_PLACE = re.compile(r"(<!-- scam-check -->).*?(<!-- /scam-check -->)", re.DOTALL)
_HOTLINE = re.compile(r"(?<!\d)(?:96110|110)(?!\d)")
_LEVELS = ("stop", "verify", "nothing")


def load_rules(path: Path) -> ScamCheck | None:
    """The rules of the self-check, None without a file; SiteError lists its faults."""
    if not path.exists():
        return None
    try:
        check = read(path, ScamCheck)
        if faults := list(check.problems()):
            raise DefinitionError(faults)
    except DefinitionError as error:
        raise SiteError(str(error)) from error
    return check


def fill(html: str, language: str, root: str, check: ScamCheck | None, known: Mapping[str, Page]) -> str:
    """The page with the self-check where it asks for it; a second time changes nothing.

    `root` is the language's folder ("" or "en/"). Guides that the site does not have are not named.
    """
    if not _PLACE.search(html):
        return html
    made = _Html(check, language[:2], root, known).whole() if check else ""
    return _PLACE.sub(lambda place: place[1] + made + place[2], html)


def rules_of(check: ScamCheck) -> dict[str, Any]:
    """What site/assets/check.js judges by: codes, levels and weights."""
    return {
        "enough": check.enough,
        "questions": {question.code: question.weight for question in check.questions},
        "signs": [_plain(sign, "code", "level", "when", "replaces") for sign in check.signs],
        "guides": [_plain(one, "guide", "fits", "needs") for one in check.guides],
        "alone": {question.code: check.alone(question) for question in check.questions if check.alone(question)},
    }


def _plain(item: Sign | Guide, *names: str) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(item, name))}


class _Html:
    """Writes the parts in one language."""

    def __init__(self, check: ScamCheck, language: str, root: str, known: Mapping[str, Page]) -> None:
        self.check, self.language, self.root, self.known = check, language, root, known

    def say(self, text: Text) -> str:
        return escape(text[self.language])

    def tapped(self, text: Text) -> str:
        return _HOTLINE.sub(r'<a href="tel:\g<0>">\g<0></a>', self.say(text))

    def whole(self) -> str:
        rules = json.dumps(rules_of(self.check), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        return "\n".join(
            [
                *self.form(),
                *self.verdict(),
                f'<script type="application/json" id="scam-check-rules">{rules}</script>',
            ]
        )

    def form(self) -> Iterator[str]:
        words = self.check.words
        yield f'<p class="check__already"><strong>{self.say(words.already)}</strong> {self.emergency()}</p>'
        yield f"<p>{self.say(words.intro)}</p>"
        yield f'<form class="check" method="post" action="/portal/check?lang={self.language}" data-scam-check>'
        for number, question in enumerate(self.check.questions, 1):
            yield from self.question(number, question)
        yield f'<p class="check__none" role="alert" hidden>{self.say(words.none_answered)}</p>'
        yield f'<button class="button" type="submit">{self.say(words.show)}</button>'
        yield f'<p class="hint">{self.say(words.kept)}</p>'
        yield "</form>"

    def emergency(self) -> str:
        address = f"{self.root}emergency/"
        words = self.say(self.check.words.emergency)
        return f'<a href="/{address}">{words}</a>' if address in self.known else f'<a href="tel:110">{words}: 110</a>'

    def question(self, number: int, question: Ask) -> Iterator[str]:
        many = " ask--many" if question.answers else ""
        yield f'<fieldset class="ask{many}"><legend>{number}. {self.say(question.text)}</legend>'
        if question.hint:
            yield f'<p class="hint">{self.say(question.hint)}</p>'
        yield '<div class="ask__answers">'
        for code in question.codes:
            label = self.say(self.check.label(question, code))
            yield f'<label><input type="radio" name="{question.code}" value="{code}"><span>{label}</span></label>'
        yield "</div>"
        yield f'<p class="ask__now" role="alert" data-now="{question.code}" hidden>{self.say(self.check.words.now)}</p>'
        yield "</fieldset>"

    def verdict(self) -> Iterator[str]:
        check, words = self.check, self.check.words
        yield '<section class="verdict" id="verdict" tabindex="-1" hidden>'
        for level in _LEVELS:
            advice = getattr(check.verdicts, level)
            steps = "".join(f"<li>{self.tapped(step)}</li>" for step in advice.steps)
            yield f'<div data-level="{level}" hidden><h2>{self.say(advice.title)}</h2><ol>{steps}</ol></div>'
        yield f'<p><a class="button" href="tel:96110">{self.say(words.call)}</a></p>'
        yield f"<p data-open hidden>{self.say(words.left_open)}</p>"
        signs = ((sign.code, f"<strong>{self.say(sign.text)}</strong> {self.tapped(sign.why)}") for sign in check.signs)
        yield from self.listed("sign", words.signs, signs)
        yield from self.listed("guide", words.guides, self.links())
        yield f"<p data-all hidden>{self.all_guides()}</p>"
        yield f"<p><strong>{self.say(words.already)}</strong> {self.emergency()}</p>"
        yield f'<p><button class="button button--quiet" type="button" data-again>{self.say(words.again)}</button></p>'
        yield "</section>"

    def all_guides(self) -> str:
        address = f"{self.root}guides/"
        words = self.say(self.check.words.all_guides)
        return f'<a href="/{address}">{words}</a>' if address in self.known else ""

    def links(self) -> Iterator[tuple[str, str]]:
        for one in self.check.guides:
            address = f"{self.root}guides/{one.guide}/"
            if address in self.known:
                yield one.guide, f'<a href="/{address}">{self.say(one.name)}</a>'

    def listed(self, what: str, heading: Text, items: Iterable[tuple[str, str]]) -> Iterator[str]:
        rows = "".join(f'<li data-{what}="{code}" hidden>{html}</li>' for code, html in items)
        yield f'<div data-list="{what}" hidden><h3>{self.say(heading)}</h3>'
        yield f'<ul class="verdict__{what}s">{rows}</ul></div>'
