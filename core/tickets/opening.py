"""Open a ticket: from a message that came in, or by an agent on a customer's behalf."""

from dataclasses import dataclass
from datetime import timedelta

from core.decision import Reason
from core.deliveries import DeliveryKind
from core.errors import InvalidFields, Refused
from core.ids import new_id
from core.message import ClaimKind, InboundMessage, SpeakerKind
from core.people.actor import Actor, ActorKind
from core.people.addresses import canonical_email
from core.people.scopes import scopes_of
from core.people.tables import Agent, Organization, Person
from core.tickets import notices
from core.tickets.administrators import asking
from core.tickets.changed import Changed, changing
from core.tickets.classifying import PRIORITIES
from core.tickets.filing import Author, EntryText, Filing
from core.tickets.numbered import Numbered
from core.tickets.office import Office
from core.tickets.tables import AwaitedOriginal, Status, Ticket

ORIGINAL_MAY_FOLLOW_WITHIN = timedelta(minutes=10)
AWAITED_AT_MOST = 5


def open_from_message(
    filing: Filing, message: InboundMessage, numbered: Numbered, linked_to: Ticket | None = None
) -> Ticket:
    """File `message` as a new ticket with its first entry, its acknowledgement and its notices.

    References to mails we never saw are remembered: the original may still be on its way.
    """
    profile = filing.office.profile
    category = profile.category(message.fields.get("category", ""))
    author = customer_of(message)
    ticket = Ticket(
        id=numbered.number, protocol=numbered.protocol, title=_title(message), status=Status.OPEN,
        sector=message.sector or (category.sector if category else None) or profile.first_sector,
        category=message.fields.get("category") or None, subcategory=message.fields.get("subcategory") or None,
        organization_id=message.speaker.organization_id, requester_id=author.id,
        requester_name=author.name[:200], mailbox=message.mailbox or profile.support_mailbox.address,
        opened_via=message.channel, opened_by=author.label, opened_at=filing.at, chat=message.chat or None,
        linked_to_id=linked_to.id if linked_to else None,
    )  # fmt: skip
    filing.open(ticket)

    entry = filing.add_entry(ticket, "inbound", "public", author, said_in(message, "new"))
    filing.store_message_id(ticket, message.message_id)
    for claim in message.claims[:AWAITED_AT_MOST] if author.id and not linked_to else ():
        if claim.kind is ClaimKind.REFERENCES and claim.text != message.message_id:
            filing.awaited.append(
                AwaitedOriginal(
                    id=new_id(), message_id=claim.text, ticket_id=ticket.id, person_id=message.speaker.id,
                    expires_at=filing.now + ORIGINAL_MAY_FOLLOW_WITHIN,
                )  # fmt: skip
            )

    event = filing.record(ticket, "opened", author, entry=entry)

    if not message.is_automatic:
        notices.acknowledge(filing, ticket, event)
        if message.speaker.kind is SpeakerKind.BOARD:
            notices.acknowledge_board(filing, event, message.speaker.email)
    notices.tell_agents(filing, ticket, event, DeliveryKind.AGENT_NOTICE)
    if message.speaker.kind is SpeakerKind.BOARD and message.archived_at is None:
        asking.ask(filing, ticket, message)
    return ticket


def customer_of(message: InboundMessage) -> Author:
    """The author of what a customer sent; a board is an organization and no person, and who is unknown has no row."""
    is_person = message.speaker.kind not in (SpeakerKind.BOARD, SpeakerKind.UNKNOWN)
    return Author("customer", message.speaker.id if is_person else None, message.speaker.name or message.author.name)


def said_in(message: InboundMessage, threaded_by: str) -> EntryText:
    """The entry's text as the message brought it."""
    return EntryText(
        text=message.text, full_text=message.full_text, html=message.html, channel=message.channel,
        threaded_by=threaded_by, authentication=message.authentication, intake_id=message.intake_id,
        raw=message.raw, attachments=message.attachments,
    )  # fmt: skip


def _title(message: InboundMessage) -> str:
    first_line = next((line.strip() for line in message.text.splitlines() if line.strip()), "")
    return message.title.strip() or first_line[:80] or "…"


@dataclass(frozen=True, slots=True)
class NewTicket:
    """What an agent says of a ticket he opens for a customer (INTERFACES.md §4)."""

    requester: str
    title: str
    text: str
    organization: str | None = None
    category: str | None = None
    subcategory: str | None = None
    priority: str | None = None
    sector: str | None = None
    agent: str | None = None
    affected_customer: str | None = None


async def open_by_agent(new: NewTicket, actor: Actor, office: Office) -> Changed:
    """Open a ticket on a customer's behalf (S2-09); `agent_may_not_open` where the profile says so."""
    if actor.kind is not ActorKind.AGENT:
        raise Refused(Reason.NOT_AUTHORIZED)
    if not office.profile.access.agents_may_open:
        raise Refused(Reason.AGENT_MAY_NOT_OPEN)
    requester, agent = await _check(new, office)

    async with changing(office) as change:
        numbered = await change.number()
        await change.begin()
        filing = change.filing
        author = Author("agent", actor.id, actor.name)
        ticket = Ticket(
            id=numbered.number, protocol=numbered.protocol, title=new.title.strip(), status=Status.OPEN,
            sector=_sector(new, office), agent_id=agent.id if agent else None, priority=new.priority or "medium",
            category=new.category, subcategory=new.subcategory, organization_id=requester.organization_id,
            requester_id=requester.id, requester_name=requester.name, affected_customer=new.affected_customer,
            mailbox=office.profile.support_mailbox.address, opened_via="api", opened_by=author.label,
            opened_at=filing.now,
        )  # fmt: skip
        filing.open(ticket)
        entry = filing.add_entry(ticket, "inbound", "public", author, EntryText(new.text, "api", threaded_by="new"))

        event = filing.record(ticket, "opened", author, entry=entry)

        notices.acknowledge(filing, ticket, event)
        notices.tell_agents(filing, ticket, event, DeliveryKind.AGENT_NOTICE, but=actor.id)
        return change.done(ticket, entry)


def _sector(new: NewTicket, office: Office) -> str:
    category = office.profile.category(new.category or "")
    return new.sector or (category.sector if category else None) or office.profile.first_sector


async def _check(new: NewTicket, office: Office) -> tuple[Person, Agent | None]:
    errors: dict[str, list[str]] = {}
    profile = office.profile
    for name in ("title", "text"):
        if not getattr(new, name).strip():
            errors[name] = ["must not be empty"]
    if new.sector and not profile.has_sector(new.sector):
        errors["sector"] = ["no such sector"]
    if new.priority and new.priority not in PRIORITIES:
        errors["priority"] = [f"must be one of {', '.join(PRIORITIES)}"]
    category = profile.category(new.category or "")
    if new.category and category is None:
        errors["category"] = ["no such category"]
    if new.subcategory and not (category and category.has_subcategory(new.subcategory)):
        errors["subcategory"] = ["no such subcategory"]
    key = canonical_email(new.requester)
    requester = await Person.get_or_none(identities__kind="email", identities__key=key) if key else None
    if requester is None or not await _belongs(requester, new.organization):
        errors["requester"] = ["nobody registered has this address"]
    agent = await Agent.get_or_none(email=canonical_email(new.agent) or "", blocked=False) if new.agent else None
    if new.agent and agent is None:
        errors["agent"] = ["no such agent"]
    if errors or requester is None:
        raise InvalidFields(errors)
    if category is not None and category.scope and category.scope not in scopes_of(requester.scopes):
        raise Refused(Reason.SCOPE_MISSING)
    return requester, agent


async def _belongs(person: Person, organization: str | None) -> bool:
    return not organization or await Organization.exists(id=person.organization_id, name=organization)
