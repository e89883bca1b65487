"""The parts of a mail as spans of its raw bytes, found under caps and without copying."""

import re
from dataclasses import dataclass

from gateway.ingest.boundaries import spans_of
from gateway.ingest.header_block import Budget, Headers, read_headers
from gateway.ingest.parameters import content_type_of, split_value
from gateway.ingest.transfer_encodings import encoding_of, undone

MAX_DEPTH = 20
_CONTENT_ID = re.compile(rb"<?[ \t]*+([!-;=?-~]{1,250})")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part with content of its own. `group` numbers the multipart/alternative it stands in.

    `filename` is the one its disposition gives; `type_name` the name among its type's parameters,
    which some programs give to a mere text. An epilogue is what stands behind the last part.
    """

    content_type: str
    charset: str
    encoding: str
    start: int
    end: int
    filename: str = ""
    type_name: str = ""
    content_id: str = ""
    is_attachment: bool = False
    is_flowed: bool = False
    deletes_space: bool = False
    is_epilogue: bool = False
    group: int = 0


def leaves(raw: bytes, headers: Headers, budget: Budget) -> list[Leaf]:
    """All leaves of the mail in document order, at most 500; deeper than 20 is left in the raw bytes."""
    walk = _Walk(raw, budget, [])
    walk.part(headers, len(raw), 0, 0)
    return walk.found


@dataclass(frozen=True, slots=True)
class _Walk:
    raw: bytes
    budget: Budget
    found: list[Leaf]

    def part(self, headers: Headers, end: int, depth: int, group: int, default: str = "text/plain") -> None:
        value = headers.first("content-type")
        main, parameters = split_value(value) if value else (default, {})
        content_type = content_type_of(main)
        if content_type.startswith("multipart/") or main == "multipart":
            if self._multipart(headers.body_at, end, parameters.get("boundary", ""), depth, group, content_type):
                return
            # Without parts it is what it can be read as.
            self.budget.flag("malformed-multipart")
            content_type = "text/plain"
        self.found.append(_leaf(headers, content_type, parameters, end, group))

    def _multipart(self, start: int, end: int, boundary: str, depth: int, group: int, content_type: str) -> bool:
        spans = spans_of(self.raw, start, end, boundary, self.budget)
        if spans.parts and depth >= MAX_DEPTH:
            self.budget.flag("too-deep")
            return True
        if content_type == "multipart/alternative":
            group = len(self.found) + 1
        default = "message/rfc822" if content_type == "multipart/digest" else "text/plain"
        for part_start, part_end in spans.parts:
            part = read_headers(self.raw, part_start, part_end, self.budget)
            self.part(part, part_end, depth + 1, group, default)
        if depth == 0 and 0 <= spans.epilogue_at < end:
            self.found.append(Leaf("text/plain", "", "", spans.epilogue_at, end, is_epilogue=True))
        return bool(spans.parts)


def _leaf(headers: Headers, content_type: str, parameters: dict[str, str], end: int, group: int) -> Leaf:
    disposition, more = "", dict[str, str]()
    if headers.has("content-disposition"):
        disposition, more = split_value(headers.first("content-disposition"))
    return Leaf(
        content_type=content_type,
        charset=parameters.get("charset", ""),
        encoding=encoding_of(headers.first("content-transfer-encoding")),
        start=min(headers.body_at, end),
        end=end,
        filename=more.get("filename") or more.get("name", ""),
        type_name=parameters.get("name") or parameters.get("filename", ""),
        content_id=_content_id(headers.first("content-id")),
        is_attachment=disposition == "attachment",
        is_flowed=parameters.get("format", "").lower() == "flowed",
        deletes_space=parameters.get("delsp", "").lower() == "yes",
        group=group,
    )


def _content_id(value: bytes) -> str:
    match = _CONTENT_ID.match(value)
    return match.group(1).decode("ascii") if match else ""


def content_of(raw: bytes, leaf: Leaf, limit: int | None = None) -> bytes:
    """The leaf's bytes without their transfer encoding, whatever is wrong with it (P10)."""
    end = leaf.end if limit is None else min(leaf.end, leaf.start + limit)
    return undone(raw[leaf.start : end], leaf.encoding)
