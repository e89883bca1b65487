"""Forms that come too often, and forms of whom nothing is taken."""

import pytest

from core.clock import now
from core.people import blocks
from core.people.actor import SYSTEM
from core.people.block_list import BlockList
from core.profile import Limits
from tests.web.conftest import open_site
from tests.web.test_forms import POST, send


@pytest.fixture
async def site(institution_database, telegram):
    few = Limits(form_token_per_minute=3, form_address_per_minute=2)
    async with open_site(
        "instituicoes", institution_database, telegram, lambda profile: profile.model_copy(update={"limits": few})
    ) as opened:
        yield opened


async def test_F10_T20_an_address_beyond_its_measure_is_told_when_to_come_again(site):
    token = await site.form_token()
    found = [await send(site, token, POST | {"message": f"n{number}"}) for number in range(3)]

    assert [status for status, _, _ in found] == [201, 201, 429]
    assert found[2][2]["code"] == "rate_limited" and 1 <= int(found[2][1]["Retry-After"]) <= 60


async def test_F10_a_program_beyond_its_measure_is_told_so_before_its_body_is_read(site):
    token = await site.form_token()
    found = [await send(site, token, POST | {"email": f"x{number}@y.example"}) for number in range(3)]
    found.append(await send(site, token, data=b"{", headers={"Content-Type": "application/json"}))

    assert [status for status, _, _ in found] == [403, 403, 403, 429]
    assert (await send(site, await site.form_token(), POST))[0] == 201


async def test_IN16_nothing_is_taken_of_a_blocked_address(site):
    desk, office = site.counter.desk, site.counter.office
    object.__setattr__(desk, "blocks", BlockList(desk.signing))
    keys = blocks.Keys(desk.signing, office.sealing)
    await blocks.add(blocks.NewBlock(POST["email"], "golpe"), desk.profile, keys, SYSTEM, now())
    status, _, body = await send(site, await site.form_token(), POST)

    assert (status, body["code"]) == (403, "blocked_sender")
