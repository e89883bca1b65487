"""No page speaks half a language."""

import re
from pathlib import Path

import pytest

import webhooks
from core.texts import catalogue
from webhooks.console import labels

FOLDER = Path(webhooks.__file__).parent
TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))
SOURCES = sorted(FOLDER.rglob("*.py"))


def _untranslated(texts: list[str]) -> list[str]:
    known = catalogue("pt-BR")._catalog  # type: ignore[attr-defined]
    return [text for text in texts if text not in known]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_text_of_a_template_is_translated(path: Path) -> None:
    assert _untranslated(re.findall(r'\b_\("([^"]+)"', path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_text_of_the_counter_is_translated(path: Path) -> None:
    assert _untranslated(re.findall(r'\btr\(\s*[\w.()]+,\s*"([^"]+)"', path.read_text("utf-8"))) == []


def test_every_label_is_translated() -> None:
    tables = [value for name, value in vars(labels).items() if isinstance(value, dict) and not name.startswith("__")]
    texts = [text for table in tables for text in table.values() if text != "Telegram"]

    assert len(texts) > 30
    assert _untranslated(texts) == []
