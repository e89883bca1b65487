"""A Telegram chat with a bot of ours: what an update says, and texts sent back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import aiohttp

from core.message import (
    Address,
    Attachment,
    Authentication,
    Claim,
    ClaimKind,
    InboundMessage,
    Intent,
    Speaker,
    SpeakerKind,
)
from core.settings import Settings, TelegramBot
from core.texts import tr
from gateway.channels.bot_api import BotApi
from gateway.ingest.desk import Desk

MAX_TEXT = 4096
_MAX_NAME = 200
# What a message may hold beside text, a photo or a document; an entry says which it was.
_OTHER_KINDS = (
    "animation", "audio", "contact", "dice", "game", "location", "poll", "sticker", "story", "venue", "video",
    "video_note", "voice",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChatFile:
    """A photo or document named in an update; `file_id` is Telegram's and opaque."""

    file_id: str
    filename: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of one person in a private chat; `key` names the chat among all bots."""

    update_id: int
    key: str
    name: str
    text: str
    file: ChatFile | None
    other_kind: str


@dataclass(frozen=True, slots=True)
class ChatArrival:
    """A message and the files fetched for it; `was_too_large` says that one could not be kept."""

    intake_id: UUID
    received_at: datetime
    message: ChatMessage
    attachments: tuple[Attachment, ...] = ()
    was_too_large: bool = False


def read_update(update: dict[str, Any], bot: TelegramBot) -> ChatMessage | None:
    """The private message in an update, None for everything else.

    Groups and channels hold people who may not read a protocol (N14); edits come with their own
    history later.
    """
    message, update_id = update.get("message"), update.get("update_id")
    if not isinstance(message, dict) or not isinstance(update_id, int):
        return None
    chat, sender = message.get("chat"), message.get("from")
    if not isinstance(chat, dict) or not isinstance(sender, dict):
        return None
    chat_id = chat.get("id")
    if chat.get("type") != "private" or not isinstance(chat_id, int) or sender.get("is_bot") is True:
        return None
    return ChatMessage(
        update_id=update_id,
        key=f"{bot.name}:{chat_id}",
        name=" ".join(_text(sender, name) for name in ("first_name", "last_name")).strip()[:_MAX_NAME],
        text=_text(message, "text") or _text(message, "caption"),
        file=_file(message),
        other_kind=next((kind for kind in _OTHER_KINDS if kind in message), ""),
    )


def _file(message: dict[str, Any]) -> ChatFile | None:
    document = message.get("document")
    if isinstance(document, dict) and "animation" not in message:
        return _chat_file(document, _text(document, "file_name") or "file", _text(document, "mime_type"))
    photo = message.get("photo")
    sizes = [each for each in photo if isinstance(each, dict)] if isinstance(photo, list) else []
    # The same picture in several sizes, the largest last.
    return _chat_file(sizes[-1], "photo.jpg", "image/jpeg") if sizes else None


def _chat_file(file: dict[str, Any], filename: str, content_type: str) -> ChatFile | None:
    file_id, size = file.get("file_id"), file.get("file_size")
    if not isinstance(file_id, str):
        return None
    return ChatFile(file_id, filename, content_type, size if isinstance(size, int) else 0)


def _text(table: dict[str, Any], name: str) -> str:
    value = table.get(name)
    return value if isinstance(value, str) else ""


def normalise(arrival: ChatArrival, speaker: Speaker, desk: Desk) -> InboundMessage:
    """The message; it belongs to the chat's newest open ticket where there is one."""
    message, language = arrival.message, desk.profile.language
    text = message.text
    if arrival.was_too_large:
        text += "\n" + tr(language, "[A file was sent that is larger than we accept.]")
    if message.other_kind:
        text += "\n" + tr(language, "[Sent in the chat and not kept: {kind}.]", kind=message.other_kind)
    text = text.strip() or tr(language, "[A message without text.]")
    is_linked = speaker.kind is not SpeakerKind.UNKNOWN
    return InboundMessage(
        intake_id=arrival.intake_id,
        channel="telegram",
        dedupe_key=f"telegram:{message.key.partition(':')[0]}:{message.update_id}",
        received_at=arrival.received_at,
        speaker=speaker,
        author=Address(name=message.name, email=speaker.email),
        authentication=Authentication.TELEGRAM_LINK if is_linked else Authentication.NONE,
        intent=Intent.OPEN,
        mailbox=desk.profile.support_mailbox.address,
        claims=(Claim(kind=ClaimKind.CHAT, text=message.key),),
        text=text,
        full_text=text,
        attachments=arrival.attachments,
        size=len(text.encode()) + sum(each.blob.size for each in arrival.attachments),
        sender_hash=desk.signing.pseudonym(message.key),
        chat=message.key,
    )


async def send(session: aiohttp.ClientSession, settings: Settings, bot: TelegramBot, chat_id: int, text: str) -> None:
    """Send one text, without markup and without previews; raises `SendFailed`."""
    await BotApi(session, settings, bot).call(
        "sendMessage", chat_id=chat_id, text=text[:MAX_TEXT], link_preview_options={"is_disabled": True}
    )
