"""Hand a ticket to another sector or agent, with all the fields the hand-over demands (S0-09)."""

from collections.abc import Mapping

from core.decision import Reason
from core.deliveries import DeliveryKind
from core.errors import InvalidFields, Refused
from core.people.tables import Agent
from core.tickets import notices
from core.tickets.filing import Author, EntryText, Filing
from core.tickets.tables import FINAL, Ticket


def forward(
    filing: Filing,
    ticket: Ticket,
    author: Author,
    *,
    sector: str | None,
    agent: Agent | None,
    handed: Mapping[str, object],
    text: str = "",
) -> None:
    """Move `ticket` and keep what was handed over as an internal note."""
    if ticket.status in FINAL:
        raise Refused(Reason.INVALID_TRANSITION)
    target = sector or (agent.sector if agent and agent.sector else ticket.sector)
    _check(filing, ticket, target, agent, sector, handed)

    changes = filing.change(ticket, sector=target, agent_id=agent.id if agent else None)
    entry = None
    lines = [f"{name}: {value}" for name, value in handed.items()] + ([text.strip()] if text.strip() else [])
    if lines:
        entry = filing.add_entry(ticket, "note", "internal", author, EntryText("\n".join(lines), "api"))

    event = filing.record(ticket, "forwarded", author, entry=entry, changes=changes)

    notices.tell_agents(filing, ticket, event, DeliveryKind.NOTE_NOTICE, but=author.id)


def _check(
    filing: Filing, ticket: Ticket, target: str, agent: Agent | None, sector: str | None, handed: Mapping[str, object]
) -> None:
    profile = filing.office.profile
    if not sector and not agent:
        raise InvalidFields({"sector": ["name a sector or an agent"]})
    if not profile.has_sector(target):
        raise InvalidFields({"sector": ["no such sector"]})
    if target == ticket.sector:
        if agent is None:
            raise InvalidFields({"sector": ["the ticket is there already"]})
        return
    move = profile.move(ticket.sector, target)
    if profile.moves and move is None:
        raise Refused(Reason.INVALID_TRANSITION)
    complaints = {name: _complaint(name, handed.get(name)) for name in (move.required if move else ())}
    errors = {f"fields.{name}": [complaint] for name, complaint in complaints.items() if complaint}
    if errors:
        raise InvalidFields(errors)


def _complaint(name: str, value: object) -> str | None:
    """What is wrong with a demanded field: who was informed is a yes, everything else a text."""
    if value is None or value is False or (isinstance(value, str) and not value.strip()):
        return "is required for this hand-over"
    if name.endswith("_informed"):
        return None if value is True else "must be true or false"
    return None if isinstance(value, str) else "must be a text"
