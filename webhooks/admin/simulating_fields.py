"""What a form asks the simulator: a mail as text or file, or a knock at another door."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.message import Intent
from gateway.simulated import Envelope
from gateway.simulating_doors import Knock
from webhooks.console.form_fields import read_form
from webhooks.counter import counter_of
from webhooks.multipart import read_parts

_MAX_WORD = 320
FILE = "file"
FIELDS = (
    "mail", "mail_from", "rcpt", "peer", "channel", "sender", "intent", "protocol", "category", "text", "sector",
    "purpose",
)  # fmt: skip
_WORDS = ("channel", "sender", "protocol", "category", "sector", "purpose")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail, and how it would come."""

    raw: bytes
    envelope: Envelope


async def read_asked(request: web.Request) -> tuple[Mapping[str, str], bytes]:
    """The fields, and the bytes of the file or nothing; raises `Refused` as the readers do."""
    if request.content_type != "multipart/form-data":
        return await read_form(request), b""
    parts, _ = await read_parts(request, counter_of(request).settings.max_message_bytes)
    fields: dict[str, str] = {}
    for part in parts:
        if part.filename is None:
            try:
                fields.setdefault(part.name, part.content.decode("utf-8").replace("\x00", ""))
            except UnicodeDecodeError as error:
                raise Refused(Reason.BAD_REQUEST) from error
    return fields, next((part.content for part in parts if part.name == FILE and part.filename is not None), b"")


def question_of(fields: Mapping[str, str], file: bytes) -> Mail | Knock:
    """What is asked; `InvalidFields` where nothing is, or a word makes no sense."""
    if fields.get("door"):
        return _knock(fields)
    raw = file or fields.get("mail", "").encode()
    if not raw.strip():
        raise InvalidFields({"mail": ["is required"]})
    mail_from = fields.get("mail_from", "").strip()
    peer = fields.get("peer", "").strip() or Envelope().peer
    rcpt = tuple(fields.get("rcpt", "").replace(",", " ").split())
    return Mail(raw, Envelope(rcpt, mail_from or None, peer))


def _knock(fields: Mapping[str, str]) -> Knock:
    texts = {name: fields.get(name, "").strip() for name in _WORDS}
    errors = {name: ["is too long"] for name, text in texts.items() if len(text) > _MAX_WORD}
    intent = fields.get("intent", "")
    if intent not in list(Intent):
        errors["intent"] = ["must be one of open, complement, inquire"]
    if texts["channel"] == "phone" and intent == Intent.COMPLEMENT and not texts["protocol"]:
        errors["protocol"] = ["is required"]
    if errors:
        raise InvalidFields(errors)
    return Knock(intent=Intent(intent), text=fields.get("text", ""), **texts)
