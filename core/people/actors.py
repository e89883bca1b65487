"""From what somebody proved himself with to the one who acts."""

from core.people.actor import Actor, ActorKind
from core.people.tables import AccessToken, Agent, Person, Session


def actor_of_token(token: AccessToken) -> Actor | None:
    """Whose token `bearer` found; a form's token belongs to nobody."""
    return _actor(token.agent, token.person)


def actor_of_session(session: Session) -> Actor | None:
    """Whose session `session_for` found."""
    return _actor(session.agent, session.person)


def _actor(agent: Agent | None, person: Person | None) -> Actor | None:
    if agent is not None:
        return actor_of_agent(agent)
    return actor_of_person(person) if person is not None else None


def actor_of_agent(agent: Agent) -> Actor:
    """An agent as the one who acts."""
    return Actor(
        ActorKind.AGENT, id=agent.id, email=agent.email, name=agent.name, role=agent.role, sector=agent.sector
    )


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
    )
