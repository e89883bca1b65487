"""Frozen views of tickets for the templates: labels beside codes, nothing that needs a query."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any
from urllib.parse import quote

from core.profile import Profile
from core.texts import tr
from core.tickets.entry_html import has_remote_images
from webhooks.console import labels
from webhooks.undeceiving import undeceived

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One line of the list."""

    protocol: str
    href: str
    title: str
    priority: str
    priority_label: str
    requester_name: str
    organization: str
    sector: str
    agent: str
    status: str
    status_label: str
    opened_at: str


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """One contribution; `full_text` is empty where `text` already says everything.

    `leaves_in` is for how many seconds its reader may still take it back, `is_masked` that something is hidden.
    """

    id: str
    leaves_in: int
    is_masked: bool
    author_name: str
    author_role: str
    role_label: str
    channel_label: str
    proof: str
    proof_detail: str
    visibility: str
    subject: str
    text: str
    full_text: str
    html_href: str
    has_remote_images: bool
    at: str
    attachments: tuple[Json, ...]
    raw: str | None


@dataclass(frozen=True, slots=True)
class ShownTicket(ShownRow):
    """One ticket with its thread; `facts` are labelled lines of the side."""

    version: int
    closed_at: str | None
    is_final: bool
    facts: tuple[tuple[str, str], ...]
    links: tuple[Json, ...]
    participants: tuple[Json, ...]
    alike: tuple[str, ...]
    may: str
    entries: tuple[ShownEntry, ...]
    deliveries: tuple[Json, ...]
    is_undelivered: bool


def shown_row(ticket: Json, profile: Profile, language: str) -> ShownRow:
    """A line of the list from the ticket's JSON."""
    return ShownRow(**_row(ticket, profile, language))


def shown_ticket(ticket: Json, profile: Profile, language: str, now: datetime) -> ShownTicket:
    """The whole ticket from its JSON."""
    deliveries = tuple(_delivery(each, language) for each in ticket["deliveries"])
    return ShownTicket(
        **_row(ticket, profile, language),
        version=ticket["version"],
        closed_at=ticket["closed_at"],
        is_final=ticket["status"] in ("closed", "cancelled"),
        facts=_facts(ticket, profile, language),
        links=tuple(ticket["links"]),
        participants=tuple(each | {"name": undeceived(each["name"])} for each in ticket["participants"]),
        alike=tuple(each["protocol"] for each in ticket["suggestions"] if each["kind"] == "same_subject"),
        may=ticket["may"],
        entries=tuple(_entry(each, language, now) for each in ticket["entries"]),
        deliveries=deliveries,
        is_undelivered=any(each["state"] == "failed" for each in deliveries),
    )


def _row(ticket: Json, profile: Profile, language: str) -> dict[str, Any]:
    requester = ticket["requester"]
    return {
        "protocol": ticket["protocol"],
        "href": f"/console/tickets/{quote(ticket['protocol'], safe='')}",
        "title": undeceived(ticket["title"]),
        "priority": ticket["priority"],
        "priority_label": labels.priority_label(language, ticket["priority"]),
        "requester_name": undeceived(requester["name"] or requester["email"] or ""),
        "organization": ticket["organization"] or "",
        "sector": labels.sector_title(profile, ticket["sector"]),
        "agent": ticket["agent"] or "",
        "status": ticket["status"],
        "status_label": labels.status_label(language, ticket["status"]),
        "opened_at": ticket["opened_at"],
    }


def _facts(ticket: Json, profile: Profile, language: str) -> tuple[tuple[str, str], ...]:
    category = ticket["category"]
    facts = (
        (tr(language, "Requester"), ticket["requester"]["name"]),
        (tr(language, "E-mail"), ticket["requester"]["email"]),
        (tr(language, "Organization"), ticket["organization"]),
        (tr(language, "End customer"), ticket["affected_customer"]),
        (tr(language, "Sector"), labels.sector_title(profile, ticket["sector"])),
        (tr(language, "Agent"), ticket["agent"]),
        (tr(language, "Priority"), labels.priority_fact(language, ticket["priority"])),
        (tr(language, "Category"), labels.category_title(profile, category) if category else None),
        (tr(language, "Channel"), labels.channel_label(language, ticket["opened_via"])),
    )
    return tuple((label, value) for label, value in facts if value)


def _proof(entry: Json, language: str) -> str:
    """How sure we are of a customer's words; of our own nobody asks."""
    if entry["author"]["role"] != "customer":
        return ""
    return labels.authentication_label(language, entry["authentication"])


def _entry(entry: Json, language: str, now: datetime) -> ShownEntry:
    author = entry["author"]
    is_more = (entry["full_text"] or "").strip() != (entry["text"] or "").strip()
    return ShownEntry(
        id=entry["id"],
        leaves_in=_seconds_until(entry["undo_until"], now),
        is_masked=entry["masked"],
        author_name=undeceived(author["name"]) or labels.role_label(language, author["role"]),
        author_role=author["role"],
        role_label=labels.role_label(language, author["role"]),
        channel_label=labels.channel_label(language, entry["channel"]),
        proof=_proof(entry, language),
        proof_detail=entry["authentication_detail"] or "",
        visibility=entry["visibility"],
        subject=undeceived(entry["subject"] or ""),
        text=entry["text"],
        full_text=entry["full_text"] if is_more else "",
        html_href=f"entries/{entry['id']}/html" if entry["html"] else "",
        has_remote_images=has_remote_images(entry["html"] or ""),
        at=entry["at"],
        attachments=tuple(entry["attachments"]),
        raw=entry["raw"],
    )


def _seconds_until(text: str | None, now: datetime) -> int:
    return max(ceil((datetime.fromisoformat(text) - now).total_seconds()), 0) if text else 0


def _delivery(delivery: Json, language: str) -> Json:
    return {
        "kind_label": labels.delivery_kind_label(language, delivery["kind"]),
        "channel_label": labels.channel_label(language, delivery["channel"]),
        "id": delivery["id"],
        "state": delivery["state"],
        "state_label": labels.delivery_label(language, delivery["state"]),
        "error": labels.delivery_error(language, delivery["last_error"] or ""),
    }
