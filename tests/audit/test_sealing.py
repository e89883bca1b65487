"""Rows become one chain without a gap, however many seal and whenever they die."""

import asyncio
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from core import clock, verifying_audit
from core.audit import AuditHead, AuditRow, record
from core.audit_chain import GENESIS
from core.database import is_postgres, query, transaction
from core.keys import Key, SigningKeys
from core.sealing_audit import ChainBroken, seal, sign_anew
from core.verifying_audit import flaws
from gateway import sealing
from tests.audit.moments import NOW


async def places() -> list[int | None]:
    return [row.seq for row in await AuditRow.all().order_by("id")]


async def test_rows_are_sealed_in_their_order_and_the_head_is_the_last(database, signing, acts) -> None:
    await acts(5)

    assert [await seal(signing, NOW, at_once=3) for _ in range(3)] == [3, 2, 0]

    assert await places() == [1, 2, 3, 4, 5]
    end = await AuditHead.get(id=1)
    last = await AuditRow.get(seq=5)
    assert (end.seq, end.digest, end.sealed_at) == (5, last.digest, NOW)
    assert await flaws(signing) == []


async def test_a_digest_is_of_every_column_and_of_the_digest_before(database, signing) -> None:
    await record("person:3", "role_changed", "person:4", NOW, "é", before="role=reader", after="role=admin")
    await seal(signing, NOW)

    row = await AuditRow.get(seq=1)
    import hashlib

    text = (
        '{"action":"role_changed","actor":"person:3","after":"role=admin","at":"2026-11-22T12:00:00+00:00",'
        f'"before":"role=reader","detail":"é","id":"{row.id}","object_id":"person:4","seq":1}}'
    )
    assert row.digest == hashlib.sha256((GENESIS + text).encode()).hexdigest()


async def test_what_rolls_back_leaves_no_row_to_seal(database, signing, acts) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await acts(1)
            raise ZeroDivisionError

    assert await seal(signing, NOW) == 0


async def test_a_row_that_is_committed_late_takes_the_next_place(chain, signing) -> None:
    early = (await AuditRow.all().order_by("id"))[0]
    # As if its transaction had begun before all others: UUIDs sort by the time of their making.
    from uuid import UUID

    await AuditRow.create(id=UUID(int=early.id.int - 1), at=NOW, actor="system", action="tested")

    await seal(signing, NOW)

    assert await places() == [7, 1, 2, 3, 4, 5, 6]
    assert await flaws(signing) == []


async def test_with_nothing_new_nothing_is_written(chain, signing) -> None:
    await seal(signing, NOW + timedelta(days=1))

    assert (await AuditHead.get(id=1)).sealed_at < NOW + timedelta(days=1)


async def test_unsealed_rows_are_found_by_an_index(database) -> None:
    if is_postgres():
        async with transaction():
            await query("SET LOCAL enable_seqscan = off", [])
            plan = await query('EXPLAIN SELECT 1 FROM "audit" WHERE "seq" IS NULL LIMIT 1', [])
        assert "Index" in str(plan)
    else:
        plan = await query('EXPLAIN QUERY PLAN SELECT 1 FROM "audit" WHERE "seq" IS NULL LIMIT 1', [])
        assert "USING COVERING INDEX" in str(plan)


async def test_many_sealers_at_once_make_one_chain(database, signing, acts) -> None:
    async def sealer() -> int:
        done = 0
        for _ in range(30):
            done += await seal(signing, clock.now(), at_once=3)
        return done

    async def writer() -> None:
        for _ in range(15):
            await acts(1)

    *sealed, _, _ = await asyncio.gather(sealer(), sealer(), sealer(), writer(), writer())
    rest = 0
    while more := await seal(signing, clock.now()):
        rest += more

    assert sum(sealed) + rest == 30
    assert sorted(await places()) == list(range(1, 31))
    assert await flaws(signing) == []


async def test_sealers_that_are_killed_leave_one_chain_without_a_gap(database, signing, acts, rng) -> None:
    await acts(150)
    for _ in range(5):
        pair = [
            subprocess.Popen([sys.executable, "-m", "tests.audit.sealing_process", database], stdout=subprocess.PIPE)
            for _ in range(2)
        ]
        # Both are at work, each in a transaction nearly always, when they die.
        for each in pair:
            assert each.stdout is not None
            for _ in range(rng.randrange(1, 6)):
                await asyncio.to_thread(each.stdout.readline)
            each.send_signal(signal.SIGKILL)
        for each in pair:
            each.wait()
            each.stdout.close()
        assert await flaws(signing) == []

    while await seal(signing, clock.now()):
        pass
    assert sorted(await places()) == list(range(1, 151))
    assert await flaws(signing) == []


async def test_a_check_goes_on_while_others_seal(database, signing, acts, monkeypatch) -> None:
    monkeypatch.setattr(verifying_audit, "PAGE", 2)
    await acts(5)
    await seal(signing, NOW)
    real = verifying_audit.query
    asked = 0

    async def query_and_seal(sql, values):
        nonlocal asked
        asked += 1
        if asked <= 3:
            await acts(2)
            await seal(signing, NOW)
        return await real(sql, values)

    monkeypatch.setattr(verifying_audit, "query", query_and_seal)

    assert await flaws(signing) == []


async def test_the_head_is_signed_anew_so_that_an_old_key_may_go(chain, signing) -> None:
    new = Key("new", b"1" * 32)
    both = SigningKeys([new, Key("test", b"0" * 32)])

    await sign_anew(both, NOW)

    assert await flaws(SigningKeys([new])) == []
    assert [str(flaw) for flaw in await flaws(signing)] == ["the head of the chain is not signed by a key of ours"]


async def test_nobody_seals_on_behind_a_head_that_is_not_ours(chain, signing, acts) -> None:
    await AuditHead.filter(id=1).update(mac="forged")
    await acts(1)

    with pytest.raises(ChainBroken, match="not signed"):
        await seal(signing, NOW)

    assert await AuditRow.filter(seq=None).count() == 1
    await AuditHead.filter(id=1).delete()
    with pytest.raises(ChainBroken, match="missing"):
        await seal(signing, NOW)
    # Neither attempt may leave its traces; the test's own must go before the invariants are asked.
    assert await AuditHead.all().count() == 0
    await AuditRow.all().delete()


async def test_the_loop_seals_what_comes_and_lives_through_a_broken_chain(database, signing, acts, monkeypatch) -> None:
    monkeypatch.setattr(sealing, "EVERY", timedelta(milliseconds=5))
    errors: list[str] = []
    monkeypatch.setattr(sealing._log, "error", lambda event, **_: errors.append(event))
    task = asyncio.create_task(sealing.seal_each_second(signing))
    try:
        await acts(3)
        await until_sealed(3)
        await AuditHead.filter(id=1).update(mac="forged")
        await acts(1)
        async with asyncio.timeout(20):
            while not errors:
                await asyncio.sleep(0.01)
        good = SigningKeys([Key("test", b"0" * 32)])
        end = await AuditHead.get(id=1)
        await AuditHead.filter(id=1).update(mac=good.mac("audit-head", f"{end.seq}/{end.digest}"))
        await until_sealed(4)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert errors == ["audit_chain_broken"]
    assert await flaws(signing) == []


async def until_sealed(count: int) -> None:
    async with asyncio.timeout(20):
        while await AuditRow.filter(seq__isnull=False).count() < count:
            await asyncio.sleep(0.01)
