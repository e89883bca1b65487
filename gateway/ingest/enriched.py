"""The text of text/enriched and text/richtext (RFC 1896, RFC 1341): what programs sent before HTML."""

import re

_HIDDEN = re.compile(r"<(param|comment)>[^<]*+</\1>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z0-9-]{1,60}>", re.IGNORECASE)
_LINE_ENDS = re.compile(r"\n+")


def enriched_to_text(text: str) -> str:
    """The text as a reader sees it."""
    shown = _HIDDEN.sub("", text.replace("<<", "\x1e"))
    if "<nl>" in shown.lower():
        shown = re.sub(r"<nl>", "\n\n", shown.replace("\n", " "), flags=re.IGNORECASE)
    # One line end is a space, and of several one is lost.
    lines = _LINE_ENDS.sub(lambda run: run.group()[1:] or " ", _TAG.sub("", shown))
    return lines.replace("\x1e", "<").strip()
