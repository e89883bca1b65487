"""Rows of people by what others call them, for commands and pages that change something."""

from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people.addresses import canonical_email
from core.people.tables import Agent, Identity, Organization, Person
from core.profile import Profile


def canonical(email: str) -> str:
    """The canonical key of an address; raises `InvalidFields` when it is none."""
    key = canonical_email(email)
    if key is None:
        raise InvalidFields({"email": ["not a mail address"]})
    return key


async def agent_by_email(email: str) -> Agent:
    """The agent, or `InvalidFields`."""
    agent = await Agent.get_or_none(email=canonical(email))
    if agent is None:
        raise InvalidFields({"email": ["no agent has this address"]})
    return agent


async def person_by_email(email: str) -> Person:
    """The user one of whose addresses this is, or `InvalidFields`."""
    identity = await Identity.get_or_none(kind="email", key=canonical(email)).select_related("person")
    if identity is None:
        raise InvalidFields({"email": ["no user has this address"]})
    return identity.person


async def person_by_id(person_id: int) -> Person:
    """The user, or `Refused(NOT_FOUND)`; another's double is nobody."""
    person = await Person.get_or_none(id=person_id, merged_into_id=None)
    if person is None:
        raise Refused(Reason.NOT_FOUND)
    return person


async def organization_by_name(name: str) -> Organization:
    """The organization, or `InvalidFields`."""
    organization = await Organization.get_or_none(name=name)
    if organization is None:
        raise InvalidFields({"organization": ["there is no such organization"]})
    return organization


async def require_free_address(key: str, *, field: str = "email", unless_board_of: int = 0) -> None:
    """Raise `InvalidFields` when an agent, a user or a board already has the canonical address.

    A person of that address would be heard instead of the board, and change administrators (S4-22).
    """
    is_taken = (
        await Agent.exists(email=key)
        or await Identity.exists(kind="email", key=key)
        or await Organization.filter(board_mailbox=key).exclude(id=unless_board_of).exists()
    )
    if is_taken:
        raise InvalidFields({field: ["somebody already has this address"]})


def require_not_ours(key: str, profile: Profile, *, field: str = "email") -> None:
    """Raise `InvalidFields` for a mailbox of the desk: it would write to itself for ever (L04)."""
    local, _, domain = key.partition("@")
    if any(box.address == f"{local.partition('+')[0]}@{domain}" for box in profile.mailboxes):
        raise InvalidFields({field: ["must not be an address of the desk itself"]})
