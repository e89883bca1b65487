"""A protocol alone opens nothing, and whoever tries one after another is stopped (T21)."""

import shutil
from pathlib import Path

import pytest

from core import clock
from core.people.sessions import open_session
from core.people.tables import Agent
from core.tickets.tables import Ticket
from tests.counter.conftest import _cheap_hashes, house
from tests.harness.house import House
from webhooks.guessing import MISSES

__all__ = ["_cheap_hashes", "house"]

ANA, CARLA = "ana@org-a.example", "carla@org-b.example"


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """Nothing here depends on the database."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


async def asked(house: House, who: str, protocol: str) -> tuple[int, str]:
    answer = await house.http.get(f"/api/v1/tickets/{protocol}", headers=await house.customer(who))
    return answer.status, await answer.text()


async def test_T21_unknown_and_foreign_protocols_get_the_same_answer_until_it_is_enough(house: House) -> None:
    ticket: Ticket = await house.file("De Ana")
    own: Ticket = await house.file("De Carla", who=CARLA)
    numbers = [f"20990101{number:06}0" for number in range(MISSES.most - 1)]

    foreign = await asked(house, CARLA, ticket.protocol)
    unknown = {await asked(house, CARLA, number) for number in numbers}
    assert unknown == {foreign} and foreign[0] == 404

    stopped = [await asked(house, CARLA, each) for each in (ticket.protocol, "209901019999999")]
    assert [status for status, _ in stopped] == [429, 429] and stopped[0][1] == stopped[1][1]
    assert (await asked(house, CARLA, own.protocol))[0] == 200
    assert (await asked(house, ANA, "209901010000000"))[0] == 404, "another's tries are his own"


async def test_T21_the_console_stops_a_guessing_agent_too(house: House) -> None:
    agent = await Agent.get(email="diego@instituicoes.example")
    cookie = {"Cookie": f"guiche={(await open_session(agent, clock.now())).cookie}"}
    tries = [
        (await house.http.get(f"/console/tickets/2099{number:011}", headers=cookie)).status
        for number in range(MISSES.most + 1)
    ]

    assert set(tries[:-1]) == {404} and tries[-1] == 429
