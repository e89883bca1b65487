"""Entries as the API and the pages show them; `customer_view` alone selects public ones."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from core.clock import now
from core.deliveries import waiting_to_leave
from core.policy.sensitive import masked
from core.profile import Profile, Sensitive
from core.tickets.entry_html import with_pictures
from core.tickets.masking import Words, words_of
from core.tickets.tables import Entry, EntryAttachment, Intake

Row = dict[str, Any]
_PROOF = ("spf", "dkim", "dmarc", "arc", "proof")
_LONG = 50_000


async def customer_view(entries: Sequence[Entry], profile: Profile) -> Row:
    """What a customer sees of a thread: public entries and nothing else (SECURITY.md I5, I6)."""
    public = [each for each in entries if each.visibility == "public"]
    return {"entries": await entry_rows(public, profile.sensitive), "steps": []}


async def entry_view(entry_id: UUID, profile: Profile) -> Row:
    """One entry by itself, as its author sees it."""
    entry = await Entry.get(id=entry_id)
    row = (await entry_rows([entry], profile.sensitive))[0]
    if entry.author_role != "agent":
        return row
    until = (await waiting_to_leave(entry.ticket_id, now())).get(entry.id)
    return row | {"undo_until": shown_at(until)}


async def entry_rows(entries: Sequence[Entry], hidden: Sensitive, *, is_agent: bool = False) -> list[Row]:
    """`entries` for agents, or for customers, with what `hidden` names hidden."""
    files, pictures = await _files_of(entries, hidden)
    proofs = await _proofs(entries) if is_agent else {}
    rows = []
    for each in entries:
        words = await _words_of(each, hidden, is_agent=is_agent)
        rows.append({
            "id": str(each.id), "kind": each.kind, "visibility": each.visibility,
            "author": {"name": each.author_name, "role": each.author_role}, "channel": each.channel,
            "text": words.text, "full_text": words.full_text,
            "html": with_pictures(words.html, pictures.get(each.id, {}).get) if words.html else None,
            "masked": words.is_masked, "attachments": files.get(each.id, []),
            "subject": words.subject or None, "at": shown_at(each.at), "threaded_by": each.threaded_by,
            "authentication": each.authentication, "authentication_detail": proofs.get(each.intake_id),
            "raw": f"/api/v1/entries/{each.id}/raw" if is_agent and each.raw_digest else None,
            "raw_sha256": each.raw_digest if is_agent else None,
        })  # fmt: skip
    return rows


async def _words_of(entry: Entry, hidden: Sensitive, *, is_agent: bool) -> Words:
    """The same as `words_of`; what is long is looked through beside the event loop, for seconds if it is made to."""
    if len(entry.full_text) + len(entry.html or "") <= _LONG:
        return words_of(entry, hidden, is_agent=is_agent)
    return await asyncio.to_thread(words_of, entry, hidden, is_agent=is_agent)


def shown_at(moment: datetime | None) -> str | None:
    """A time as INTERFACES.md §4 writes it (RFC 3339)."""
    return moment.isoformat() if moment else None


async def _files_of(
    entries: Sequence[Entry], hidden: Sensitive
) -> tuple[Mapping[UUID, list[Row]], Mapping[UUID, Mapping[str, str]]]:
    """The files of each entry, and where its own pictures are found, by Content-ID."""
    files: dict[UUID, list[Row]] = {}
    pictures: dict[UUID, dict[str, str]] = {}
    for file in await EntryAttachment.filter(entry_id__in=[each.id for each in entries]).order_by("id"):
        files.setdefault(file.entry_id, []).append(
            {
                "id": str(file.id), "filename": masked(file.filename, hidden), "content_type": file.content_type,
                "size": file.size,
            }  # fmt: skip
        )
        pictures.setdefault(file.entry_id, {})[file.content_id] = f"/api/v1/attachments/{file.id}"
    return files, pictures


async def _proofs(entries: Sequence[Entry]) -> dict[UUID | None, str]:
    """What SPF, DKIM, DMARC and ARC said of each mail, in words of the ledger's trail: domains, no addresses."""
    ids = [each.intake_id for each in entries if each.intake_id]
    found: dict[UUID | None, str] = {}
    for row in await Intake.filter(id__in=ids).only("id", "trail"):
        said = [word for word in row.trail.split() if word.partition("=")[0] in _PROOF]
        if said:
            found[row.id] = " ".join(said)
    return found
