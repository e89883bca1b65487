"""An agent opens on a customer's behalf what the customer himself may ask for, and nothing else (S4-03)."""

from dataclasses import replace

import pytest

from core.errors import Refused
from core.people.tables import Identity, Person
from core.tickets.office import Office
from core.tickets.opening import NewTicket, open_by_agent
from core.tickets.tables import Ticket
from tests.tickets.conftest import Cast, acting


@pytest.fixture
def opening(office: Office) -> Office:
    """`instituicoes`, if its agents were to open tickets."""
    access = office.profile.access.model_copy(update={"agents_may_open": True})
    return replace(office, profile=office.profile.model_copy(update={"access": access}))


async def wanted(cast: Cast, scopes: str) -> NewTicket:
    await Person.filter(id=cast.ana.id).update(scopes=scopes)
    await Identity.create(person=cast.ana, kind="email", key=cast.ana.email, created_at=cast.ana.created_at)
    return NewTicket(cast.ana.email, "Novo módulo", "texto", category="requisicao-de-servico")


async def test_S4_03_what_the_customer_may_not_ask_for_is_not_opened_for_him_either(opening: Office, cast: Cast) -> None:
    new = await wanted(cast, "approve_quotes")

    with pytest.raises(Refused, match="scope_missing"):
        await open_by_agent(new, acting(cast.clara), opening)

    assert not await Ticket.exists()


async def test_S4_03_with_the_permission_it_is_opened(opening: Office, cast: Cast) -> None:
    new = await wanted(cast, "approve_quotes request_services")

    changed = await open_by_agent(new, acting(cast.clara), opening)

    assert (await Ticket.get(id=changed.ticket_id)).category == "requisicao-de-servico"
