"""Two processes at once for the last place and the last administrator: neither law is ever broken."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from core.people import granting, persons
from core.people.actor import SYSTEM
from core.people.granting import PersonChange
from core.people.persons import NewPerson
from core.people.rights import RightsChange
from core.people.tables import Person
from tests.people.cast import NOW, PROFILE

ROUNDS = 100
ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def racer(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.people.racer", url, cwd=ROOT, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert (await process.stdout.readline()).strip() == b"ready"
        yield process
    finally:
        process.stdin.close()
        await process.wait()


@pytest.fixture
async def both(cast, database):
    """What two processes make of two changes that are told to them in the same moment."""
    async with AsyncExitStack() as stack:
        racers = [await stack.enter_async_context(racer(database)) for _ in range(2)]

        async def told(*changes: tuple[int, dict[str, object]]) -> list[str]:
            for process, (person_id, rights) in zip(racers, changes, strict=True):
                process.stdin.write(json.dumps({"person": person_id, "rights": rights}).encode() + b"\n")
            return sorted([(await process.stdout.readline()).decode().strip() for process in racers])

        yield told


async def test_S4_20_the_last_key_user_place_is_given_once_however_often_two_ask_for_it(both):
    bruno = await Person.get(email="bruno@org-a.example")
    eva = await persons.add(NewPerson("eva@org-a.example", "Org A"), PROFILE, SYSTEM, NOW)

    outcomes = set()
    for _ in range(ROUNDS):
        outcomes.add(tuple(await both((bruno.id, {"may_speak": True}), (eva.id, {"may_speak": True}))))
        assert await Person.filter(role="key_user", organization_id=bruno.organization_id).count() == 2
        for each in (bruno, eva):
            await granting.change(PersonChange(each.id, RightsChange(may_speak=False)), PROFILE, SYSTEM, NOW)

    assert outcomes == {("done", "key_user_quota")}


@pytest.mark.parametrize(
    ("less", "more"),
    [({"role": "reader"}, {"role": "admin"}), ({"blocked": True}, {"blocked": False})],
    ids=["demoted", "blocked"],
)
async def test_S4_16_two_administrators_who_take_each_other_away_leave_one(both, less, more):
    adm = await Person.get(email="adm@org-a.example")
    eva = await persons.add(NewPerson("eva@org-a.example", "Org A", role="admin"), PROFILE, SYSTEM, NOW)

    outcomes = set()
    for _ in range(ROUNDS // 2):
        outcomes.add(tuple(await both((adm.id, less), (eva.id, less))))
        left = Person.filter(administers=True, blocked=False, organization_id=adm.organization_id)
        assert await left.count() == 1
        for each in (adm, eva):
            await granting.change(PersonChange(each.id, RightsChange(**more)), PROFILE, SYSTEM, NOW)

    assert outcomes == {("done", "last_administrator")}
