"""multipart/form-data (RFC 7578) through python-multipart, with every length bounded (F03, F04, F05)."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from core.decision import Reason
from core.errors import Refused
from webhooks.parameters import parameters

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_PARTS = 1_000
MAX_OUTSIDE = 1024
MAX_FIELD = 1024 * 1024
_MAX_BOUNDARY = 70  # RFC 2046 §5.1.1


@dataclass(slots=True)
class Part:
    """One part; `filename` is None for a plain field."""

    name: str = ""
    filename: str | None = None
    content_type: str = ""
    content: bytes = b""


async def read_parts(request: web.Request, limit: int) -> tuple[list[Part], int]:
    """All parts and the octets read; raises `Refused` 413 beyond a limit, 400 for what is no form.

    A body that ends before its last boundary is refused: the library would not say so.
    """
    if (request.content_length or 0) > limit:
        raise Refused(Reason.TOO_LARGE)
    collector = _Collector()
    try:
        parser = MultipartParser(_boundary(request), collector.callbacks())
        read = 0
        async for chunk in request.content.iter_any():
            read += len(chunk)
            if read > limit:
                raise Refused(Reason.TOO_LARGE)
            parser.write(chunk)
            collector.check_outside(len(chunk), read)
        parser.finalize()
    except FormParserError as error:
        raise Refused(Reason.BAD_REQUEST) from error
    if not collector.is_complete:
        raise Refused(Reason.BAD_REQUEST)
    return collector.parts, read


def _boundary(request: web.Request) -> str:
    found = parameters(request.headers.get("Content-Type", "")).get("boundary", "")
    if not 0 < len(found) <= _MAX_BOUNDARY or not found.isascii() or not found.isprintable():
        raise Refused(Reason.BAD_REQUEST)
    return found


@dataclass(slots=True)
class _Collector:
    """Gathers what the parser calls back."""

    parts: list[Part] = field(default_factory=list)
    is_complete: bool = False
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _headers: dict[str, str] = field(default_factory=dict)
    _content: bytearray = field(default_factory=bytearray)
    _outside: int = 0

    def callbacks(self) -> "MultipartCallbacks":
        """The functions the parser wants, by its names."""
        return {
            "on_part_begin": self._begin, "on_header_field": self._on_field, "on_header_value": self._on_value,
            "on_header_end": self._on_header_end, "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data, "on_part_end": self._on_part_end, "on_end": self._on_end,
        }  # fmt: skip

    def check_outside(self, chunk: int, read: int) -> None:
        """Refuse megabytes before the first boundary or after the last."""
        if self.is_complete:
            self._outside += chunk
        elif not self.parts:
            self._outside = read
        if self._outside > chunk + MAX_OUTSIDE:
            raise Refused(Reason.BAD_REQUEST)

    def _begin(self) -> None:
        if len(self.parts) >= MAX_PARTS:
            raise Refused(Reason.TOO_LARGE)
        self.parts.append(Part())
        self._headers, self._content = {}, bytearray()

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        name = self._header.decode("latin-1").lower()
        if name in self._headers:
            raise Refused(Reason.BAD_REQUEST)
        self._headers[name] = self._value.decode("utf-8", "replace")
        self._header, self._value = bytearray(), bytearray()

    def _on_headers(self) -> None:
        disposition = self._headers.get("content-disposition", "")
        told = parameters(disposition)
        if disposition.partition(";")[0].strip().lower() != "form-data" or "name" not in told:
            raise Refused(Reason.BAD_REQUEST)
        part = self.parts[-1]
        part.name, part.filename = told["name"], told.get("filename")
        part.content_type = self._headers.get("content-type", "")

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]
        if self.parts[-1].filename is None and len(self._content) > MAX_FIELD:
            raise Refused(Reason.TOO_LARGE)

    def _on_part_end(self) -> None:
        self.parts[-1].content = bytes(self._content)
        self._content = bytearray()

    def _on_end(self) -> None:
        self.is_complete = True
