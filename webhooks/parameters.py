"""Parameters of a header such as Content-Disposition, read in one way only (PM-v9pg, F04)."""

import re

from core.decision import Reason
from core.errors import Refused

_PARAMETER = re.compile(r';\s*([A-Za-z0-9_*-]+)=("(?:[^"\\]|\\.)*"|[^\s;"]*)\s*', re.ASCII)


def parameters(header: str) -> dict[str, str]:
    """The parameters of a header; `filename*` and its like are left out, a name twice is no form.

    RFC 7578 §4.2 forbids the extended form, and readers disagree about it, so it smuggles.
    """
    found: dict[str, str] = {}
    at = len(header.partition(";")[0])
    while at < len(header):
        match = _PARAMETER.match(header, at)
        if match is None:
            raise Refused(Reason.BAD_REQUEST)
        name, text = match.group(1).lower(), match.group(2)
        if text.startswith('"'):
            text = re.sub(r"\\([\"\\])", r"\1", text[1:-1])
        if name in found:
            raise Refused(Reason.BAD_REQUEST)
        if "*" not in name:
            found[name] = text
        at = match.end()
    return found
