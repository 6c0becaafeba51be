"""The words of pages in further languages: an office keeps their catalogues in its definitions folder.

A catalogue is `translations/<tag>/LC_MESSAGES/messages.po` there, read as it is; what it lacks is said in Chinese.
"""

from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask_babel import Babel, Domain, get_locale

from portal.state import portal
from surveys.definition import LANGUAGES

OWN = Path(__file__).with_name("translations")
FILE = Path("LC_MESSAGES") / "messages.po"


def locale_of(language: str) -> str:
    """By what name numbers, days and the direction of a language are known; Chinese where it is not known."""
    name = language.partition("-x-")[0].replace("-", "_")
    try:
        return str(Locale.parse(name))
    except (UnknownLocaleError, ValueError):
        return LANGUAGES[0]


class OfficeBabel(Babel):  # type: ignore[misc]  # it has no types
    """Flask-Babel with the catalogues of the office beside its own."""

    @cached_property
    def domain_instance(self) -> Domain:
        """The catalogues of all languages."""
        return OfficeDomain(domain=self.domain)


class OfficeDomain(Domain):  # type: ignore[misc]  # it has no types
    """The portal's catalogues, and for a further language the office's."""

    def get_translations(self) -> Any:
        """The catalogue of the page's language."""
        name = str(get_locale())
        if name in LANGUAGES:
            return super().get_translations()
        here = portal()
        tag = next((one.tag for one in here.definitions.languages if locale_of(one.tag) == name), "")
        path = here.config.definitions / "translations" / tag / FILE
        return _catalogue(path, path.stat().st_mtime_ns if tag and path.is_file() else 0)


@lru_cache(maxsize=32)
def _catalogue(path: Path, changed: int) -> NullTranslations:
    """A catalogue as it was at a time, 0 where there is none, over the Chinese one."""
    chinese = Translations.load(OWN, [LANGUAGES[0]])
    if not changed:
        return chinese
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source))
    compiled.seek(0)
    found = Translations(compiled)
    found.add_fallback(chinese)
    return found
