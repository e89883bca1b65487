"""Paths and parameters of MAIL and RCPT (RFC 5321 §4.1.2), by plain expressions in linear time."""

import re
from dataclasses import dataclass

_PATH = re.compile(r"\s*(?:<([^<>]*)>|([^<>\s]+))(?:\s+(\S.*))?\s*", re.DOTALL)
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?", re.ASCII)
MAX_PATH = 512


@dataclass(frozen=True, slots=True)
class Path:
    """An address as the envelope has it; `route` is what a source route put before it."""

    address: str
    route: str
    parameters: dict[str, str]


def parse_path(argument: str | None, keyword: str) -> Path | None:
    """The path after `FROM:` or `TO:`; None for a syntax error. The empty path is an empty address."""
    if argument is None or argument[: len(keyword)].upper() != keyword:
        return None
    match = _PATH.fullmatch(argument[len(keyword) :])
    if match is None or len(argument) > MAX_PATH + 200:
        return None
    address = match.group(1) if match.group(1) is not None else match.group(2)
    route = ""
    if address.startswith("@"):
        route, _, address = address.rpartition(":")
    if len(address) > MAX_PATH or any(each.isspace() for each in address):
        return None
    parameters = _parameters(match.group(3) or "")
    return None if parameters is None else Path(address, route, parameters)


def _parameters(text: str) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for word in text.split():
        match = _PARAMETER.fullmatch(word)
        if match is None:
            return None
        found[match.group(1).upper()] = match.group(2) or ""
    return found
