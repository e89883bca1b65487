"""The block list: what is on it, since when and how long, and how soon the doors know."""

import asyncio
from datetime import timedelta

import pytest

from core import audit
from core.clock import now
from core.errors import InvalidFields, Refused, Unavailable
from core.people import block_list, blocks
from core.people.actor import SYSTEM
from core.people.block_list import BlockList
from core.people.blocks import Keys, NewBlock

NOW = now()


@pytest.fixture
def keys(office) -> Keys:
    return Keys(office.signing, office.sealing)


@pytest.fixture
def add(office, keys):
    async def added(value: str, lasts: timedelta | None = None, reason: str = "golpe") -> dict[str, object]:
        return await blocks.add(NewBlock(value, reason, lasts), office.profile, keys, SYSTEM, NOW)

    return added


async def test_IN16_a_block_is_shown_with_its_reason_and_its_end(add, keys):
    await add("Spam@Longe.example", timedelta(days=2))
    [row] = await blocks.list_all(keys.sealing, NOW)

    assert (row["value"], row["kind"], row["reason"]) == ("spam@longe.example", "address", "golpe")
    assert row["expires_at"] == (NOW + timedelta(days=2)).isoformat()


async def test_IN16_the_table_holds_no_address(add):
    await add("spam@longe.example")
    row = await blocks.Block.get()

    assert all("longe" not in str(value) for value in vars(row).values())


async def test_IN16_each_change_is_audited_by_id(add, keys):
    await add("spam@longe.example")
    await blocks.remove("spam@longe.example", keys, SYSTEM, NOW)
    rows = await audit.AuditRow.all().order_by("id").values("actor", "action", "object_id", "detail")

    assert [row["action"] for row in rows] == ["blocked", "unblocked"]
    assert len({row["object_id"] for row in rows}) == 1 and "longe" not in str(rows)
    assert await blocks.list_all(keys.sealing, NOW) == []


@pytest.mark.parametrize(
    ("blocked", "sender", "is_held"),
    [
        ("spam@longe.example", "SPAM@longe.example", True),
        ("spam@longe.example", "outro@longe.example", False),
        ("longe.example", "outro@longe.example", True),
        ("@longe.example", "outro@mail.LONGE.example", True),
        ("mail.longe.example", "outro@longe.example", False),
        ("onge.example", "outro@longe.example", False),
        ("longe.example", "longe.example@perto.example", False),
        ("longe.example", "", False),
    ],
)
async def test_IN16_a_domain_stands_for_all_below_it(add, office, blocked, sender, is_held):
    await add(blocked)

    assert await BlockList(office.signing).holds([sender], NOW) is is_held


async def test_IN16_a_block_ends_by_itself(add, office, keys):
    await add("longe.example", timedelta(days=2))
    later = NOW + timedelta(days=2)

    assert await BlockList(office.signing).holds(["x@longe.example"], later) is False
    assert await blocks.list_all(keys.sealing, later) == []
    await blocks.drop_expired(later)
    assert await blocks.Block.all().count() == 0


async def test_IN16_blocking_again_changes_reason_and_end(add, keys):
    await add("longe.example", timedelta(days=2))
    await add("longe.example", reason="outra vez")
    [row] = await blocks.list_all(keys.sealing, NOW)

    assert (row["reason"], row["expires_at"]) == ("outra vez", None)


@pytest.mark.parametrize("value", ["", "longe", "a b@longe.example", "lóng.example", "x@y@z.example", "*.longe.example"])
async def test_what_is_no_address_and_no_domain_is_not_blocked(add, value):
    with pytest.raises(InvalidFields):
        await add(value)


@pytest.mark.parametrize("value", ["instituicoes.example", "atendimento@instituicoes.example"])
async def test_the_desk_does_not_block_itself(add, value):
    with pytest.raises(InvalidFields):
        await add(value)


@pytest.mark.parametrize(("lasts", "reason"), [(timedelta(0), "x"), (timedelta(days=-1), "x"), (None, " ")])
async def test_a_block_has_a_reason_and_a_time(add, lasts, reason):
    with pytest.raises(InvalidFields):
        await add("longe.example", lasts, reason)


async def test_what_is_not_blocked_cannot_be_removed(keys, database):
    with pytest.raises(Refused):
        await blocks.remove("longe.example", keys, SYSTEM, NOW)


async def test_IN16_the_doors_know_within_two_seconds_and_ask_no_more_often(add, office, monkeypatch):
    seconds = [100.0]
    doors = BlockList(office.signing, lambda: seconds[0])
    assert not await doors.holds(["x@longe.example"], NOW)
    await add("longe.example")

    seconds[0] += 1.9
    assert not await doors.holds(["x@longe.example"], NOW)
    seconds[0] += 0.2
    assert await doors.holds(["x@longe.example"], NOW)


async def test_IN16_the_list_last_read_serves_a_while_without_a_database(add, office, monkeypatch):
    seconds = [100.0]
    doors = BlockList(office.signing, lambda: seconds[0])
    await add("longe.example")
    await doors.holds([], NOW)

    async def away(*_):
        raise OSError

    monkeypatch.setattr(block_list, "query", away)
    seconds[0] += 899
    assert await doors.holds(["x@longe.example"], NOW)
    seconds[0] += 2
    with pytest.raises(Unavailable):
        await doors.holds(["x@longe.example"], NOW)


async def test_a_database_that_hangs_delays_many_mails_no_longer_than_one(office, monkeypatch):
    asked = []

    async def hanging(sql, values):
        asked.append(sql)
        await asyncio.Event().wait()

    monkeypatch.setattr(block_list, "query", hanging)
    monkeypatch.setattr(block_list, "_PATIENCE_SECONDS", 0.05)
    doors = BlockList(office.signing)

    outcomes = await asyncio.gather(*(doors.holds(["x@longe.example"], NOW) for _ in range(20)), return_exceptions=True)

    assert {type(each) for each in outcomes} == {Unavailable}
    assert len(asked) == 1
