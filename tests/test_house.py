"""The rules of the house that a program can check (STYLE.md, SECURITY.md)."""

import ast
import re
import string
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for name in ("core", "gateway", "webhooks") for path in (ROOT / name).rglob("*.py"))
TREES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8"))
    for path in SOURCES if path.parent.name != "migrations"
}
TEMPLATES = sorted((ROOT / "webhooks" / "templates").rglob("*.html"))
CATALOGUE = ROOT / "core/locale/pt_BR/LC_MESSAGES/guiche.po"
BINARY = {".png", ".ico", ".gz", ".eml", ".bin"}

# Written in two halves, so that this file does not hold what it forbids.
REGISTRIES = [
    "pypi." + "org", "files.python" + "hosted", "registry." + "npmjs", "deb." + "debian.org", "index" + "-url",
]
UNFINISHED = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]

TIME = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("time", "time"), ("time", "time_ns"), ("time", "localtime"), ("time", "gmtime"),
}
# ids.py counts milliseconds for RFC 9562 and tells nobody the time.
MAY_READ_TIME = {"core/clock.py", "core/ids.py"}
MAY_READ_ENVIRONMENT = {"core/settings.py"}
UNSAFE = {
    ("pickle", "loads"), ("pickle", "load"), ("marshal", "loads"), ("yaml", "load"), ("shelve", "open"),
    ("", "eval"), ("", "exec"), ("os", "system"),
}
VAGUE = {"utils", "helpers", "common", "manager", "base"}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout.decode()
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file() and path.suffix not in BINARY]


@pytest.mark.parametrize("word", [*REGISTRIES, *UNFINISHED])
def test_no_file_names_a_registry_or_leaves_a_note_of_unfinished_work(word: str) -> None:
    pattern = re.compile(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])".encode())

    found = [str(path.relative_to(ROOT)) for path in tracked() if pattern.search(path.read_bytes())]

    assert found == []


@pytest.mark.parametrize("name", ["requirements.lock", "tests/requirements.lock"])
def test_locks_pin_every_package_with_hashes_and_name_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")

    packages = [line for line in text.splitlines() if line and line[0].isalnum()]
    unpinned = [line for line in packages if not re.match(r"[\w.-]+==\S+ .*\\$", line)]
    hashed = len(re.findall(r"^[\w.-]+==[^\n]*\\\n    --hash=sha256:", text, re.MULTILINE))

    assert packages
    assert unpinned == []
    assert hashed == len(packages)
    assert "://" not in text


def test_every_module_opens_with_the_sentence_that_says_its_job() -> None:
    assert [name for name, tree in TREES.items() if tree.body and not ast.get_docstring(tree)] == []


def test_no_module_has_a_vague_name() -> None:
    assert [name for name in TREES if Path(name).stem in VAGUE] == []


def test_only_the_clock_reads_the_time() -> None:
    assert [name for name, tree in TREES.items() if TIME & set(called(tree))] == sorted(MAY_READ_TIME)


def test_only_the_settings_read_the_environment() -> None:
    found = [name for name, tree in TREES.items() if {"environ", "getenv"} & attributes(tree)]

    assert found == sorted(MAY_READ_ENVIRONMENT)


def test_W16_nothing_that_turns_data_into_code_is_called() -> None:
    found = [name for name, tree in TREES.items() if UNSAFE & set(called(tree))]
    found += [name for name, tree in TREES.items() if any(is_shell(node) for node in ast.walk(tree))]

    assert found == []


def called(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            yield "", node.func.id
        elif isinstance(node.func, ast.Attribute):
            owner = node.func.value
            yield getattr(owner, "attr", getattr(owner, "id", "")), node.func.attr


def attributes(tree: ast.AST) -> set[str]:
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    imported = {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "os"
        for alias in node.names
    }
    return named | imported


def is_shell(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg == "shell" and getattr(node.value, "value", True) is True


def test_no_transaction_is_opened_but_by_our_own_function() -> None:
    """Tortoise's own would keep its lock for ever when it is cancelled while it begins (core/database.py)."""
    hidden = {"update_or_create", "get_or_create", "in_transaction", "atomic"}
    found = [
        f"{name}:{node.lineno}"
        for name, tree in TREES.items() if name != "core/database.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in hidden
    ]

    assert found == []


POSSESSIVE_GROUP = re.compile(r"\)(?:[*+?]|\{[0-9,]*\})\+")


def test_no_pattern_has_a_possessive_group() -> None:
    """Python before 3.11.5 matches them wrongly (its issue 106052); a possessive class of characters is sound."""
    found = [
        f"{name}:{call.lineno}"
        for name, tree in TREES.items()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("re.")
        for part in ast.walk(call)
        if isinstance(part, ast.Constant) and isinstance(part.value, (str, bytes))
        and POSSESSIVE_GROUP.search(part.value if isinstance(part.value, str) else part.value.decode("latin-1"))
    ]

    assert found == []


def test_the_catalogue_is_valid_and_complete() -> None:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    translated = {str(message.id): str(message.string) for message in catalogue if message.id and message.string}

    missing = sorted(text for text in spoken() if text not in translated)
    unlike = [text for text, said in translated.items() if places(text) != places(said)]

    assert not missing, "without a pt-BR translation:\n" + "\n".join(missing)
    assert not unlike, "a {place} is lost or invented in:\n" + "\n".join(unlike)
    assert not any(message.fuzzy for message in catalogue if message.id)


def places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def spoken() -> set[str]:
    """Every English source text that code or a template hands to `tr`."""
    said = {text for tree in TREES.values() for text in spoken_in(tree)}
    in_template = re.compile(r"""\b(?:tr|_)\(\s*(?:language\s*,\s*)?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
    for path in TEMPLATES:
        said |= {str(ast.literal_eval(text)) for text in in_template.findall(path.read_text("utf-8"))}
    return said


def spoken_in(tree: ast.Module) -> Iterator[str]:
    named = {
        target.id: node.value for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and node.value is not None
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if getattr(node.func, "id", "") == "tr" and len(node.args) > 1:
            yield from texts_of(node.args[1], named)
        if getattr(node.func, "id", "") == "InvalidFields" and isinstance(node.args[0], ast.Dict):
            yield from (text for each in node.args[0].values for text in texts_of(each, named))


def texts_of(node: ast.expr, named: dict[str, ast.expr]) -> Iterator[str]:
    """The texts an expression may stand for, as far as they are written in the same module."""
    parts: list[ast.expr] = []
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        parts = [node.body, node.orelse]
    elif isinstance(node, ast.Subscript):
        parts = [node.value]
    elif isinstance(node, ast.Dict):
        parts = node.values
    elif isinstance(node, ast.List | ast.Tuple):
        parts = node.elts
    elif isinstance(node, ast.Name) and node.id in named:
        parts = [named[node.id]]
    for part in parts:
        yield from texts_of(part, {name: value for name, value in named.items() if value is not part})


def test_every_test_that_closes_a_trap_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs/traps.md").read_text("utf-8"))
    assert len(named) > 20
    missing = [f"{path}::{name}" for path, name in named if f"def {name}(" not in (ROOT / path).read_text("utf-8")]
    assert missing == []
