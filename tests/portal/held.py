"""Mails of colleagues as the front door would hand them over: proven, and held for their administrator."""

import hashlib

from core import clock
from core.decision import Reason
from core.ids import new_id
from core.message import Address, Authentication, InboundMessage, Intent, Speaker, SpeakerKind
from core.people.actor import Actor
from core.people.actors import actor_of
from core.people.tables import Agent, Organization, Person
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.tables import Held

NEW = "novo@org-a.example"


async def hold(
    office: Office, email: str = NEW, organization: str = "Org A", subject: str = "Acesso ao boletim", **more: object
) -> Held:
    """The row of a mail that `email` of `organization` wrote."""
    intake_id, now = new_id(), clock.now()
    person = await Person.get_or_none(email=email)
    speaker = Speaker(
        kind=SpeakerKind.PERSON if person else SpeakerKind.UNKNOWN, id=person.id if person else 0, email=email,
        organization_id=(await Organization.get(name=organization)).id, role=person.role if person else "",
    )  # fmt: skip
    values: dict[str, object] = {
        "intake_id": intake_id, "channel": "email", "received_at": now, "title": subject, "text": "texto-secreto",
        "dedupe_key": hashlib.sha256(str(intake_id).encode()).hexdigest(), "intent": Intent.OPEN,
        "authentication": Authentication.DMARC, "author": Address(name="Novo Colega", email=email),
        "speaker": speaker, "held_for": Reason.AWAITING_ADMINISTRATOR, "mailbox": "atendimento@instituicoes.example",
    }
    await file_batch([InboundMessage(**(values | more))], office, now)  # type: ignore[arg-type]
    return await Held.get(id=intake_id)


async def acting(email: str) -> Actor:
    """An agent or a person of the cast as the one who acts."""
    owner = await Agent.get_or_none(email=email) or await Person.get(email=email)
    return actor_of(owner)
