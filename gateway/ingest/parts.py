"""The parts of a mail as spans of its raw bytes, found under caps and without copying."""

import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.ingest.header_block import Budget, Headers, read_headers
from gateway.ingest.header_words import forgiving_base64
from gateway.ingest.parameters import content_type_of, split_value

MAX_DEPTH = 20
_MAX_BOUNDARY = 200
_MAX_FALSE_BOUNDARIES = 10_000


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part with content of its own. `group` numbers the multipart/alternative it stands in."""

    content_type: str
    charset: str
    filename: str
    is_attachment: bool
    encoding: str
    start: int
    end: int
    group: int


def leaves(raw: bytes, headers: Headers, budget: Budget) -> list[Leaf]:
    """All leaves of the mail in document order, at most 500; deeper than 20 is left in the raw bytes."""
    found: list[Leaf] = []
    _walk(raw, headers, len(raw), 0, 0, budget, found)
    return found


def _walk(
    raw: bytes, headers: Headers, end: int, depth: int, group: int, budget: Budget, found: list[Leaf]
) -> None:
    content_type, parameters = split_value(headers.first("content-type"))
    content_type = content_type_of(content_type)
    if content_type.startswith("multipart/"):
        boundary = parameters.get("boundary", "").encode("latin-1", "replace")[:_MAX_BOUNDARY]
        spans = list(_spans(raw, headers.body_at, end, boundary, budget)) if boundary else []
        if spans and depth >= MAX_DEPTH:
            budget.flag("too-deep")
            return
        if spans:
            if content_type == "multipart/alternative":
                group = len(found) + 1
            for start, part_end in spans:
                part = read_headers(raw, start, part_end, budget)
                _walk(raw, part, part_end, depth + 1, group, budget, found)
            return
        # Without parts it is what it can be read as.
        budget.flag("malformed-multipart")
        content_type = "text/plain"
    found.append(_leaf(headers, content_type, parameters, end, group))


def _leaf(headers: Headers, content_type: str, parameters: dict[str, str], end: int, group: int) -> Leaf:
    disposition, more = "", dict[str, str]()
    if headers.has("content-disposition"):
        disposition, more = split_value(headers.first("content-disposition"))
    return Leaf(
        content_type=content_type,
        charset=parameters.get("charset", ""),
        filename=more.get("filename") or parameters.get("name", ""),
        is_attachment=disposition == "attachment",
        encoding=headers.first("content-transfer-encoding").decode("latin-1").lower(),
        start=min(headers.body_at, end),
        end=end,
        group=group,
    )


def _spans(raw: bytes, start: int, end: int, boundary: bytes, budget: Budget) -> Iterator[tuple[int, int]]:
    """Where the parts between the delimiter lines begin and end (RFC 2046 §5.1.1)."""
    begun: int | None = None
    for at, after, is_last in _delimiters(raw, start, end, b"--" + boundary, budget):
        if begun is not None:
            if budget.parts <= 0:
                budget.flag("too-many-parts")
                return
            budget.parts -= 1
            yield begun, max(begun, at)
        begun = after
        if is_last:
            return
    if begun is not None and begun < end and budget.parts > 0:
        # The closing delimiter is missing: the last part reaches to the end.
        budget.parts -= 1
        budget.flag("malformed-multipart")
        yield begun, end


def _delimiters(
    raw: bytes, start: int, end: int, delimiter: bytes, budget: Budget
) -> Iterator[tuple[int, int, bool]]:
    """For each delimiter line: where the text before it ends, where the line ends, whether it closes."""
    false_ones = 0
    at = start if raw.startswith(delimiter, start, end) else raw.find(b"\n" + delimiter, start, end)
    while at >= 0:
        line_at = at + (raw[at] == 0x0A)
        tail_at = line_at + len(delimiter)
        line_end = raw.find(b"\n", tail_at, end)
        line_end = end if line_end < 0 else line_end
        tail = raw[tail_at : min(line_end, tail_at + 100)].rstrip()
        if tail in (b"", b"--") and line_end - tail_at < 100:
            before = at - (at > start and raw[at] == 0x0A and raw[at - 1] == 0x0D)
            yield before, min(line_end + 1, end), tail == b"--"
        elif (false_ones := false_ones + 1) > _MAX_FALSE_BOUNDARIES:
            budget.flag("too-many-parts")
            return
        at = raw.find(b"\n" + delimiter, tail_at, end)


def content_of(raw: bytes, leaf: Leaf, limit: int | None = None) -> bytes:
    """The leaf's bytes without their transfer encoding, whatever is wrong with it (P10)."""
    end = leaf.end if limit is None else min(leaf.end, leaf.start + limit)
    data = raw[leaf.start : end]
    if leaf.encoding == "base64":
        return forgiving_base64(data)
    if leaf.encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if leaf.encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        return b"".join(_uudecoded(data))
    return data


def _uudecoded(data: bytes) -> Iterator[bytes]:
    _, _, lines = data.partition(b"begin ")
    for line in lines.split(b"\n")[1:]:
        if line.rstrip() in (b"end", b"`", b""):
            return
        try:
            yield binascii.a2b_uu(line.rstrip(b"\r"))
        except binascii.Error:
            # Some encoders pad their lines (the standard library has the same workaround).
            used = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                yield binascii.a2b_uu(line[:used])
            except binascii.Error:
                return
