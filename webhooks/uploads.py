"""Fields and files of a request, JSON or multipart, counted and bounded while they stream in."""

import asyncio
import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from core.attachments import BlobStore, keep
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.message import Attachment, Blob
from gateway.ingest.filenames import clean_filename
from gateway.ingest.files import believed_type
from webhooks.counter import counter_of
from webhooks.json_body import parse_object, read_body
from webhooks.multipart import read_parts

FILES = "attachments"
MAX_FILES = 100
_LARGE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """What was sent: values by field, files with their bytes still in memory, octets in all.

    A value is a text from multipart, any JSON value from JSON.
    """

    fields: Mapping[str, Any]
    attachments: tuple[Attachment, ...] = ()
    size: int = field(default=0, compare=False)

    @property
    def digest(self) -> str:
        """Equal for equal content, whatever boundary or spacing carried it."""
        files = [[each.filename, each.content_type, each.blob.digest] for each in self.attachments]
        return hashlib.sha256(json.dumps([self.fields, files], sort_keys=True).encode()).hexdigest()


async def read_upload(request: web.Request) -> Upload:
    """The request's content; raises `Refused` 400, 413 or 415, and `InvalidFields` for a bad file."""
    if request.content_type == "application/json":
        body = await read_body(request)
        if len(body) < _LARGE:
            return _from_json(body)
        # Megabytes of base64 would keep everybody else waiting.
        return await asyncio.to_thread(_from_json, body)
    if request.content_type == "multipart/form-data":
        return await _from_multipart(request)
    raise Refused(Reason.UNSUPPORTED_MEDIA_TYPE)


async def kept(attachments: Sequence[Attachment], blobs: BlobStore) -> tuple[Attachment, ...]:
    """The same files with everything large durable in the store. Raises `Unavailable`."""
    stored = []
    for each in attachments:
        content = each.blob.content
        blob = await keep(blobs, content) if content is not None else each.blob
        stored.append(each.model_copy(update={"blob": blob}))
    return tuple(stored)


def attachment(filename: str, content_type: str, content: bytes) -> Attachment:
    """A file under a name fit for display, and under a type its bytes agree with (P12, H03, O09)."""
    kind = believed_type(content_type, content)
    blob = Blob(digest=hashlib.sha256(content).hexdigest(), size=len(content), content=content)
    return Attachment(filename=clean_filename(filename, kind), content_type=kind, blob=blob)


async def _from_multipart(request: web.Request) -> Upload:
    fields: dict[str, str] = {}
    files: list[Attachment] = []
    limit = counter_of(request).settings.max_message_bytes
    parts, size = await read_parts(request, limit)
    for part in parts:
        if part.filename is not None:
            if not part.filename and not part.content:
                continue  # A browser's empty file field.
            if part.name != FILES:
                raise InvalidFields({part.name: ["no such field"]})
            files.append(attachment(part.filename, part.content_type, part.content))
            continue
        if part.name in fields:
            raise Refused(Reason.BAD_REQUEST)
        try:
            # A NUL means nothing and breaks databases (S22).
            fields[part.name] = part.content.decode("utf-8").replace("\x00", "")
        except UnicodeDecodeError as error:
            raise Refused(Reason.BAD_REQUEST) from error
    if len(files) > MAX_FILES:
        raise Refused(Reason.TOO_LARGE)
    return Upload(fields, tuple(files), size)


def _from_json(body: bytes) -> Upload:
    values = parse_object(body)
    listed = values.pop(FILES, None)
    if listed is None:
        listed = []
    if not isinstance(listed, list):
        raise InvalidFields({FILES: ["has the wrong type"]})
    if len(listed) > MAX_FILES:
        raise Refused(Reason.TOO_LARGE)
    return Upload(values, tuple(_json_file(each, f"{FILES}.{n}") for n, each in enumerate(listed)), len(body))


def _json_file(file: Any, path: str) -> Attachment:
    if not isinstance(file, dict):
        raise InvalidFields({path: ["has the wrong type"]})
    known = {"filename", "content_type", "content"}
    errors = {f"{path}.{name}": ["no such field"] for name in file if name not in known}
    for name in known:
        if not isinstance(file.get(name, ""), str):
            errors[f"{path}.{name}"] = ["has the wrong type"]
        elif name not in file and name != "content_type":
            errors[f"{path}.{name}"] = ["is required"]
    if errors:
        raise InvalidFields(errors)
    try:
        content = base64.b64decode(file["content"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidFields({f"{path}.content": ["is not base64"]}) from error
    return attachment(file["filename"], file.get("content_type", ""), content)
