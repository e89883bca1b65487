"""What a mail's subject says beside the marks of replies: whether somebody began a new topic in an old thread."""

import re

# Reply and forward marks in the languages of our customers' mail programs, and our own tag.
_MARK = re.compile(
    r"(?:(?:re|res|resp|ref|rif|aw|antw|sv|vs|fw|fwd|enc|encam|rv|tr|wg|i)(?:\s?\[[0-9]{1,3}\]|\([0-9]{1,3}\))?\s?:"
    r"|\[(?:protocolo|protocol)\s[^\]]{1,64}\]|\[(?:external|externo)\])\s*",
    re.IGNORECASE,
)
_MAX_MARKS = 20


def bare_subject(subject: str) -> str:
    """`subject` without reply marks and without our tag, on one line."""
    left = " ".join(subject.split())
    for _ in range(_MAX_MARKS):
        match = _MARK.match(left)
        if match is None:
            break
        left = left[match.end() :]
    return left.strip()


def new_subject(subject: str, title: str) -> str:
    """The subject of a reply where it is another than the ticket's (T12), else an empty text."""
    bare = bare_subject(subject)
    return "" if not bare or bare.casefold() == bare_subject(title).casefold() else bare
