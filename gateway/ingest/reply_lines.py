"""One line of a mail as the rules for replies look at it, and the lines that mark a quotation."""

import re
from typing import NamedTuple

MAX_LINE = 400
ADDRESS = re.compile(r"[^\s<>\"@]@[^\s<>@]")


class Mark(NamedTuple):
    """The lines of a mark: what is quoted follows from `end` on."""

    start: int
    end: int


def bare(line: str) -> str:
    """A line without what programs put around it, cut to what a mark may be long."""
    return line[:MAX_LINE].strip(" \t\xa0\u200b\ufeff\u202f*")
