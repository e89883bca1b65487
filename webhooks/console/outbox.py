"""The mails of an installation without a relay, for who tries the product on his own machine."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web

from core.decision import Reason
from core.errors import Refused
from core.settings import Settings
from webhooks.console.answering import answering_pages
from webhooks.counter import counter_of
from webhooks.rendering import page

SHOWN = 200
_HEADERS = (
    "Return-Path", "Delivered-To", "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To",
    "Auto-Submitted",
)  # fmt: skip

routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class OutboxMail:
    """One mail as the page shows it; `name` is its file's name in the Maildir."""

    name: str
    at: str
    sender: str
    to: str
    subject: str
    headers: tuple[tuple[str, str], ...]
    text: str


@routes.get("/dev/outbox")
@answering_pages
async def list_mails(request: web.Request) -> web.Response:
    """The newest mails first."""
    folder = _outbox(request)
    mails = await asyncio.to_thread(_read_newest, folder)
    return page(request, "outbox.html", {"mails": mails})


@routes.get("/dev/outbox/{name}")
@answering_pages
async def show_mail(request: web.Request) -> web.Response:
    """One mail, its text escaped and its links not followed."""
    folder = _outbox(request)
    mail = await asyncio.to_thread(_read_named, folder, request.match_info["name"])
    if mail is None:
        raise Refused(Reason.NOT_FOUND)
    return page(request, "outbox_mail.html", {"mail": mail})


def has_outbox(settings: Settings) -> bool:
    """Whether the page exists: no relay, and nobody but this machine can ask (INTERFACES.md §2)."""
    host = settings.http_listen[0]
    try:
        is_loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    return is_loopback and not settings.relay_url


def _outbox(request: web.Request) -> Path:
    settings = counter_of(request).settings
    if not has_outbox(settings):
        raise Refused(Reason.NOT_FOUND)
    return settings.data_dir / "outbox"


def _read_newest(folder: Path) -> list[OutboxMail]:
    newest = sorted(_files(folder), key=lambda each: each[1], reverse=True)[:SHOWN]
    return [_mail(path, at) for path, at in newest]


def _read_named(folder: Path, name: str) -> OutboxMail | None:
    # The name is looked for among the files that are there and never becomes a path (W17).
    return next((_mail(path, at) for path, at in _files(folder) if path.name == name), None)


def _files(folder: Path) -> Iterable[tuple[Path, float]]:
    for part in ("new", "cur"):
        if (folder / part).is_dir():
            yield from ((path, path.stat().st_mtime) for path in (folder / part).iterdir() if path.is_file())


def _mail(path: Path, at: float) -> OutboxMail:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    headers = tuple((name, str(message[name])) for name in _HEADERS if message[name])
    named = dict(headers)
    return OutboxMail(
        name=path.name,
        at=datetime.fromtimestamp(at, UTC).isoformat(),
        sender=named.get("From", ""),
        to=named.get("Delivered-To", named.get("To", "")),
        subject=named.get("Subject", ""),
        headers=headers,
        text=_text(message),
    )


def _text(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    return part.get_content() if part else ""
