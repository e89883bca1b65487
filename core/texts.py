"""User-visible texts through gettext: English in the code, Portuguese first on the page."""

import gettext
import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("pt-BR", "en")
_FOLDER = Path(__file__).parent / "locale"


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The catalogue of `language`, or the English source texts when there is none."""
    path = _FOLDER / language.replace("-", "_") / "LC_MESSAGES" / "guiche.po"
    if not path.exists():
        return gettext.NullTranslations()
    # The .po file itself is the source of truth; compiled copies would only go stale.
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def tr(language: str, text: str, **values: object) -> str:
    """`text` in `language`, with `{name}` places filled in afterwards."""
    translated = catalogue(language).gettext(text)
    return translated.format(**values) if values else translated


def best_language(accept_language: str, default: str) -> str:
    """The first language of ours an `Accept-Language` header asks for (RFC 9110 §12.5.4)."""
    for part in accept_language.split(","):
        tag = part.split(";")[0].strip().lower()
        for language in LANGUAGES:
            if tag and (tag == language.lower() or tag.split("-")[0] == language.split("-")[0]):
                return language
    return default
