"""From what somebody proved himself with to the one who acts."""

from core.people.actor import Actor, ActorKind
from core.people.agent_rights import rights_of
from core.people.scopes import scopes_of
from core.people.tables import AccessToken, Agent, Person, Session


def actor_of_token(token: AccessToken) -> Actor | None:
    """Whose token `bearer` found; a form's token belongs to nobody."""
    return _actor(token.agent, token.person)


def actor_of_session(session: Session) -> Actor | None:
    """Whose session `session_for` found."""
    return _actor(session.agent, session.person)


def _actor(agent: Agent | None, person: Person | None) -> Actor | None:
    owner = agent or person
    return actor_of(owner) if owner is not None else None


def actor_of(owner: Agent | Person) -> Actor:
    """Somebody as the one who acts."""
    return actor_of_agent(owner) if isinstance(owner, Agent) else actor_of_person(owner)


def actor_of_agent(agent: Agent) -> Actor:
    """An agent as the one who acts."""
    return Actor(
        ActorKind.AGENT, id=agent.id, email=agent.email, name=agent.name, role=agent.role, sector=agent.sector,
        also=rights_of(agent.also),
    )  # fmt: skip


def actor_of_person(person: Person) -> Actor:
    """A person of a customer's organization as the one who acts."""
    return Actor(
        ActorKind.PERSON,
        id=person.id,
        email=person.email,
        name=person.name,
        role=person.role,
        organization_id=person.organization_id,
        may_speak=person.may_speak,
        administers=person.administers,
        scopes=scopes_of(person.scopes),
    )
