"""The `#` commands on the leading lines of an agent's mail, in Portuguese and English."""

import re
from dataclasses import dataclass, field

_NAMES = {
    "nota": "note", "note": "note",
    "encaminhar": "forward", "forward": "forward",
    "pendente": "pending", "pending": "pending",
    "encerrar": "close", "close": "close",
    "prioridade": "priority", "priority": "priority",
    "assumir": "take", "take": "take",
}  # fmt: skip
_PRIORITIES = {
    "alta": "high", "high": "high", "media": "medium", "média": "medium", "medium": "medium",
    "baixa": "low", "low": "low",
}  # fmt: skip
_COMMAND = re.compile(r"#(\w+)(?:[ \t]+(.*))?$")
# One we know, written a little otherwise: a note must not reach the customer for a colon too much.
_NEARLY = re.compile(r"[#＃]+[ \t]*(\w+)[:;.,!]*(?:[ \t]+(.*))?$")
# What some mail programs put before the first word: it is not seen, and hides nothing from us.
_UNSEEN = re.compile(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*")
_SAYING = ("note", "close")
_MOST_COMPLAINTS = 10
_FIELD = re.compile(r"([a-z][a-z0-9_]*):[ \t]*(.*)$")


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


def parse(text: str) -> Commanded:
    """Split leading command lines from the text; a `#` further down is only a word.

    What stands on the line behind `#nota` or `#encerrar` begins the text.
    """
    lines = text.splitlines()
    commands: list[Command] = []
    unknown: dict[str, None] = {}
    said: list[str] = []
    at = 0
    while at < len(lines):
        line = _seen(lines[at])
        command, handed = _command(line), _FIELD.match(line)
        if command is not None:
            commands.append(command)
            if command.name in _SAYING:
                said.append(command.argument)
        elif _COMMAND.match(line):
            if len(unknown) < _MOST_COMPLAINTS:
                unknown[line[:30]] = None
        elif handed and commands and commands[-1].name == "forward":
            commands[-1].fields[handed.group(1)] = handed.group(2).strip()
        elif line:
            break
        at += 1
    return Commanded(tuple(commands), "\n".join([*said, *lines[at:]]).strip(), tuple(unknown))


def _seen(line: str) -> str:
    start = _UNSEEN.match(line)
    return line[start.end() if start else 0 :].rstrip()


def _command(line: str) -> Command | None:
    found = _NEARLY.match(line)
    name = _NAMES.get(found.group(1).lower()) if found else None
    if found is None or name is None:
        return None
    argument = (found.group(2) or "").strip()
    if name == "take" and argument:
        return None  # Whom the words behind it are for, nobody can know.
    if name == "priority":
        argument = _PRIORITIES.get(argument.lower(), argument)
    return Command(name, argument)
