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
    """Split leading command lines from the text; a `#` further down is only a word."""
    lines = text.splitlines()
    commands: list[Command] = []
    unknown: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        command, handed = _COMMAND.match(line), _FIELD.match(line)
        if command:
            name = _NAMES.get(command.group(1).lower())
            if name is None:
                unknown.append(f"#{command.group(1)[:30]}")
            else:
                commands.append(_command(name, (command.group(2) or "").strip()))
        elif handed and commands and commands[-1].name == "forward":
            commands[-1].fields[handed.group(1)] = handed.group(2).strip()
        elif line:
            break
        at += 1
    return Commanded(tuple(commands), "\n".join(lines[at:]).strip(), tuple(unknown))


def _command(name: str, argument: str) -> Command:
    if name == "priority":
        argument = _PRIORITIES.get(argument.lower(), argument)
    return Command(name, argument)
