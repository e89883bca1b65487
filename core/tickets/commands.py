"""The `#` commands on the leading lines of an agent's mail, in Portuguese and English."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field

_NAMES = {
    "nota": "note", "note": "note",
    "responder": "reply", "reply": "reply",
    "encaminhar": "forward", "forward": "forward",
    "pendente": "pending", "pending": "pending",
    "encerrar": "close", "close": "close",
    "prioridade": "priority", "priority": "priority",
    "assumir": "take", "take": "take",
}  # fmt: skip
_PRIORITIES = {"alta": "high", "high": "high", "media": "medium", "medium": "medium", "baixa": "low", "low": "low"}
# Generous on purpose: a note must not reach the customer for a colon or a blank too much.
_COMMAND = re.compile(r"[#＃]+(\s*)(\w+)(.*)$")
_PUNCTUATION = " \t\xa0:;.,!=/>–—-"
# What some mail programs put into a line: it is not seen, and hides nothing from us.
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")
# How programs write bold type into plain text (`*#nota*`), escape a `#`, or what people put around a word.
_MARKS = "*_\\`\"'“”‘’"
_MARKED = re.compile(rf"[{re.escape(_MARKS)}]+([#＃]+\s*[^\W_]+)(.*)$")
_OPENING = ("abrir", "open")
_SAYING = ("note", "reply", "close")
_MOST_COMPLAINTS = 10
_LONGEST_LINE = 10_000
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\s*:\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its English name, what follows it on the line, and its hand-over fields."""

    name: str
    argument: str = ""
    fields: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Commanded:
    """A mail's commands in order, the text below them, and what could not be understood."""

    commands: tuple[Command, ...]
    text: str
    unknown: tuple[str, ...] = ()

    def get(self, name: str) -> Command | None:
        return next((each for each in self.commands if each.name == name), None)


def parse(text: str, known_fields: Collection[str] = ()) -> Commanded:
    """Split leading command lines from the text; a `#` further down is only a word.

    What stands on the line behind `#nota`, `#responder` or `#encerrar` begins the text. Below
    `#encaminhar` stand its fields: `known_fields` wherever they come before the text, others right below.
    """
    lines = text.splitlines()
    commands: list[Command] = []
    unknown: dict[str, None] = {}
    said: list[str] = []
    at, is_right_below = 0, False
    while at < len(lines):
        line = _plain(lines[at])
        command = _command(line)
        handed = _field(line, known_fields, is_right_below) if commands and commands[-1].name == "forward" else None
        if command is not None:
            commands.append(command)
            if command.name in _SAYING:
                said.append(command.argument)
        elif _is_attempt(line):
            if len(unknown) < _MOST_COMPLAINTS:
                unknown[line[:30]] = None
        elif handed:
            commands[-1].fields[handed[0]] = handed[1]
        elif line:
            break
        is_right_below = bool(line)
        at += 1
    return Commanded(tuple(commands), "\n".join([*said, *lines[at:]]).strip(), tuple(unknown))


def is_opening(text: str) -> bool:
    """Whether an agent asks on the first line for a ticket of what he forwards (`#abrir`, `#open`)."""
    first = next((line for line in text.splitlines() if _UNSEEN.sub("", line).strip()), "")
    found = _COMMAND.match(_plain(first[:_LONGEST_LINE]))
    return found is not None and folded(found.group(2)[:20]) in _OPENING


def folded(text: str) -> str:
    """`text` without accents and in one case, as people compare words."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(each for each in plain if not unicodedata.combining(each)).casefold().strip(_PUNCTUATION)


def _plain(line: str) -> str:
    """A line without what is not seen, and a command without the marks around it."""
    line = _UNSEEN.sub("", line).strip()
    found = _MARKED.match(line)
    if found is None:
        return line
    return f"{found.group(1)} {found.group(2).strip(_MARKS + ' ')}".rstrip()


def _command(line: str) -> Command | None:
    found = _COMMAND.match(line) if line[:1] in ("#", "＃") and len(line) <= _LONGEST_LINE else None
    name = _NAMES.get(folded(found.group(2)[:20])) if found else None
    if found is None or name is None:
        return None
    argument = found.group(3).strip().lstrip(_PUNCTUATION)
    if name == "take" and argument:
        return None  # Whom the words behind it are for, nobody can know.
    if name == "priority":
        argument = _PRIORITIES.get(folded(argument), argument)
    return Command(name, argument)


def _is_attempt(line: str) -> bool:
    """Whether somebody meant a command: `#word`; with a blank between it is a heading."""
    return re.match(r"[#＃]\w", line) is not None


def _field(line: str, known: Collection[str], is_right_below: bool) -> tuple[str, str] | None:  # noqa: FBT001
    """A hand-over field: a known one however its case, any other in small letters as the profile writes them."""
    found = _FIELD.match(line)
    if found is None:
        return None
    name = found.group(1).lower()
    is_one = name in known or (is_right_below and found.group(1) == name)
    return (name, found.group(2).strip()) if is_one else None
