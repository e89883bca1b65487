"""No page speaks half a language."""

import re
from pathlib import Path

import pytest

import core
import webhooks
from core.texts import catalogue
from core.tickets.classifying import PRIORITIES
from core.tickets.list_query import MAX_LIMIT, ORDERS, VIEWS
from webhooks.console import labels

FOLDER = Path(webhooks.__file__).parent
TEMPLATES = sorted((FOLDER / "templates").rglob("*.html"))
SOURCES = sorted(FOLDER.rglob("*.py"))
COMPLAINING = [*SOURCES, *sorted((Path(core.__file__).parent / "tickets").glob("*.py"))]


def _untranslated(texts: list[str]) -> list[str]:
    known = catalogue("pt-BR")._catalog  # type: ignore[attr-defined]
    return [text for text in texts if text not in known]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_text_of_a_template_is_translated(path: Path) -> None:
    assert _untranslated(re.findall(r'\b_\("([^"]+)"', path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_text_of_the_counter_is_translated(path: Path) -> None:
    assert _untranslated(re.findall(r'\btr\(\s*[\w.()]+,\s*"([^"]+)"', path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", COMPLAINING, ids=lambda path: path.name)
def test_every_complaint_about_a_field_is_translated(path: Path) -> None:
    assert _untranslated(re.findall(r'(?:= |: |, )\["([a-z][^"]* [^"]*)"\]', path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "text",
    [
        f"must be one of {', '.join(VIEWS)}", f"must be one of {', '.join(ORDERS)}",
        f"must be one of {', '.join(PRIORITIES)}", f"must be a number from 1 to {MAX_LIMIT}",
    ],
)  # fmt: skip
def test_every_choice_that_a_complaint_lists_is_translated(text: str) -> None:
    assert _untranslated([text]) == []


def test_every_label_is_translated() -> None:
    tables = [value for name, value in vars(labels).items() if isinstance(value, dict) and not name.startswith("__")]
    texts = [text for table in tables for text in table.values() if text != "Telegram"]

    assert len(texts) > 30
    assert _untranslated(texts) == []
