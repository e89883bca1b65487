"""Who takes part in a ticket beside its requester: an agent lets somebody in, or out again."""

from core.database import query
from core.decision import Reason
from core.deliveries import Delivery, DeliveryState
from core.errors import InvalidFields, Refused
from core.people.actor import Actor
from core.people.addresses import canonical_email
from core.people.tables import Person
from core.tickets.changed import Changed, changing
from core.tickets.filing import Author
from core.tickets.office import Office
from core.tickets.rights import may_act, own_ticket
from core.tickets.sparing import Why
from core.tickets.tables import Participant, Ticket

_WAITING = (DeliveryState.QUEUED, DeliveryState.RETRYING)


async def add_participant(protocol: str, email: str, actor: Actor, office: Office) -> Changed:
    """Let the user of this address take part: he hears of public entries from now on, and may write.

    Raises `Refused(NOT_FOUND)` where the agent has no right, `InvalidFields` unless the user may
    speak with support, is of the ticket's organization and no part of the ticket yet.
    """
    ticket_id = (await own_ticket(protocol, actor, office.profile)).id
    person = await Person.get_or_none(
        identities__kind="email", identities__key=canonical_email(email) or "", merged_into_id=None
    )

    async with changing(office) as change:
        ticket = await change.lock(ticket_id)
        if ticket is None or not may_act(actor, ticket):
            raise Refused(Reason.NOT_FOUND)
        if complaint := await _complaint(person, ticket):
            raise InvalidFields({"email": [complaint]})
        assert person is not None

        author = Author("agent", actor.id, actor.name)
        change.filing.participants.append(
            Participant(ticket_id=ticket.id, person_id=person.id, added_by=author.label, added_at=change.filing.now)
        )

        change.filing.record(
            ticket, "participant_added", author, changes={"participant_id": [None, str(person.id)]}
        )
        return change.done(ticket)


async def _complaint(person: Person | None, ticket: Ticket) -> str | None:
    # Of another organization's people an agent hears no more than of strangers.
    if person is None or person.organization_id != ticket.organization_id:
        return "nobody of the ticket's organization has this address"
    if not person.may_speak or person.blocked:
        return "may not speak with support"
    if person.id == ticket.requester_id or await Participant.exists(ticket_id=ticket.id, person_id=person.id):
        return "takes part already"
    return None


async def remove_participant(protocol: str, person_id: int, actor: Actor, office: Office) -> Changed:
    """Let a participant out again; what has not left for him yet does not leave any more.

    Raises `Refused(NOT_FOUND)` where the agent has no right, or nobody of this id takes part.
    """
    ticket_id = (await own_ticket(protocol, actor, office.profile)).id

    async with changing(office) as change:
        ticket = await change.lock(ticket_id)
        if ticket is None or not may_act(actor, ticket):
            raise Refused(Reason.NOT_FOUND)
        # Of two that remove him at once only one does.
        removed = await query(
            'DELETE FROM "participant" WHERE "ticket_id" = $1 AND "person_id" = $2 RETURNING "id"',
            [ticket.id, person_id],
        )
        if not removed:
            raise Refused(Reason.NOT_FOUND)
        if person_id != ticket.requester_id:
            await _withhold(ticket, person_id)

        change.filing.record(
            ticket, "participant_removed", Author("agent", actor.id, actor.name),
            changes={"participant_id": [str(person_id), None]},
        )  # fmt: skip
        return change.done(ticket)


async def _withhold(ticket: Ticket, person_id: int) -> None:
    """As a colleague he may still have standing, so the check at send time would let it pass."""
    await Delivery.filter(
        ticket_id=ticket.id, recipient_kind="person", recipient_id=person_id, state__in=_WAITING
    ).update(state=DeliveryState.WITHHELD, last_error=Why.NO_RIGHT.value)
