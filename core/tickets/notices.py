"""Who hears of what: each function adds the deliveries one kind of event calls for."""

from core.deliveries import DeliveryKind, seal_recipient
from core.people.tables import Agent
from core.tickets.filing import Filing, Recipient
from core.tickets.new_rows import NewEvent
from core.tickets.tables import Ticket


def channel_of(ticket: Ticket) -> str:
    """By which channel the ticket's requester hears from us: the chat he uses, else mail.

    Nothing ever leaves by an excepted channel (S4-27): whoever wrote by one is answered elsewhere.
    """
    return "telegram" if ticket.chat and ticket.opened_via == "telegram" else "email"


def acknowledge(filing: Filing, ticket: Ticket, event: NewEvent) -> None:
    """Give the requester his protocol, by the channel he used."""
    if ticket.requester_id:
        filing.send(
            event, DeliveryKind.ACKNOWLEDGEMENT, channel_of(ticket), Recipient("person", ticket.requester_id)
        )


def acknowledge_board(filing: Filing, event: NewEvent, address: str) -> None:
    """Give a board its protocol at the mailbox it was proven to write from; no person stands behind it."""
    sealed = seal_recipient(filing.office.sealing, address)
    filing.send(event, DeliveryKind.ACKNOWLEDGEMENT, "email", Recipient("address", sealed=sealed))


def tell_customers(
    filing: Filing, ticket: Ticket, event: NewEvent, kind: DeliveryKind, participants: frozenset[int] = frozenset()
) -> None:
    """Send a public entry to the requester and to each participant, each in a mail of his own."""
    if ticket.requester_id:
        filing.send(event, kind, channel_of(ticket), Recipient("person", ticket.requester_id))
    for person_id in sorted(participants - {ticket.requester_id or 0}):
        filing.send(event, kind, "email", Recipient("person", person_id))


def tell_agents(
    filing: Filing, ticket: Ticket, event: NewEvent, kind: DeliveryKind, *, but: int | None = None
) -> None:
    """Notify the assignee, or while nobody has it all agents of the sector; never agent `but`."""
    for agent in _handlers(filing, ticket):
        if agent.id != but:
            filing.send(event, kind, "email", Recipient("agent", agent.id))


def _handlers(filing: Filing, ticket: Ticket) -> list[Agent]:
    if ticket.agent_id is not None:
        return [agent for agent in filing.staff if agent.id == ticket.agent_id]
    return [agent for agent in filing.staff if agent.sector == ticket.sector]
