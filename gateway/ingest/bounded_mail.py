"""Read any mail without holding up the others: small ones here and now, large ones in a child."""

from collections.abc import Sequence
from dataclasses import replace

from pydantic import TypeAdapter

from gateway.ingest.bounded import Overrun, bounded
from gateway.ingest.mail import Mail
from gateway.ingest.mime import read_mail, read_mail_headers_alone

# Up to here the worst mail we know costs some 90 ms, and an honest one one or two.
INLINE_BYTES = 64 * 1024

_ADAPTER = TypeAdapter(Mail)


async def read_any_mail(raw: bytes) -> Mail:
    """The mail in `raw`. Never raises; what no child survives comes back as its headers, flagged `unreadable`."""
    if len(raw) <= INLINE_BYTES:
        return read_mail(raw)
    try:
        return mail_of(await bounded("mail", raw))
    except Overrun:
        return read_mail_headers_alone(raw)


def pieces_of(mail: Mail) -> Sequence[bytes]:
    """The mail as JSON, and the bytes of its files, each on its own."""
    bare = replace(mail, attachments=tuple(replace(each, content=b"") for each in mail.attachments))
    return [_ADAPTER.dump_json(bare), *(each.content for each in mail.attachments)]


def mail_of(pieces: Sequence[bytes]) -> Mail:
    """The mail that `pieces_of` took apart."""
    bare = _ADAPTER.validate_json(pieces[0])
    files = zip(bare.attachments, pieces[1:], strict=True)
    return replace(bare, attachments=tuple(replace(each, content=content) for each, content in files))
