"""Whoever changes a sealed row in the database is found, one line for each thing he did."""

import pytest

from core.audit import AuditHead, AuditRow
from core.audit_chain import digest_of, head_text
from core.database import query
from core.invariants import broken
from core.keys import Key, SigningKeys
from core.sealing_audit import seal
from core.verifying_audit import MOST_FLAWS, flaws
from tests.audit.moments import NOW

NOT_AS_SEALED = "row {} is not as it was sealed"


async def told_of(signing: SigningKeys) -> list[str]:
    return [str(flaw) for flaw in await flaws(signing)]


async def change(seq: int, column: str, value: object) -> None:
    await query(f'UPDATE "audit" SET "{column}" = $1 WHERE "seq" = $2', [value, seq])


async def swap_the_places_of_two() -> None:
    await query('UPDATE "audit" SET "seq" = 99 WHERE "seq" = 2', [])
    await query('UPDATE "audit" SET "seq" = 2 WHERE "seq" = 4', [])
    await query('UPDATE "audit" SET "seq" = 4 WHERE "seq" = 99', [])


async def swap_the_digests_too() -> None:
    two, four = await AuditRow.get(seq=2), await AuditRow.get(seq=4)
    await swap_the_places_of_two()
    await change(2, "digest", two.digest)
    await change(4, "digest", four.digest)


async def delete(*places: int) -> None:
    await AuditRow.filter(seq__in=places).delete()


async def unseal(seq: int) -> None:
    await query('UPDATE "audit" SET "seq" = NULL, "digest" = NULL WHERE "seq" = $1', [seq])


async def reseal_from(first: int, *, mac: str | None = None) -> None:
    """What somebody can do who has the database and not the keys: every digest made anew."""
    digest = (await AuditRow.get(seq=first - 1)).digest or ""
    rows = await query('SELECT * FROM "audit" WHERE "seq" >= $1 ORDER BY "seq"', [first])
    for place, row in enumerate(rows, first):
        digest = digest_of(digest, place, row)
        await query('UPDATE "audit" SET "seq" = $1, "digest" = $2 WHERE "id" = $3', [place, digest, row["id"]])
    end = first + len(rows) - 1
    await AuditHead.filter(id=1).update(seq=end, digest=digest, **({"mac": mac} if mac else {}))


async def change_and_reseal() -> None:
    await change(3, "after", "role=admin")
    await reseal_from(4)
    await change(3, "after", "role=reader")
    await reseal_from(2)


async def drop_and_reseal_with_a_key_of_his_own() -> None:
    await delete(3)
    his = SigningKeys([Key("test", b"9" * 32)])
    await reseal_from(3)
    end = await AuditHead.get(id=1)
    await AuditHead.filter(id=1).update(mac=his.mac("audit-head", head_text(end.seq, end.digest)))


TAMPERINGS = {
    "nothing": (lambda: change(99, "actor", "x"), []),
    "the actor of a row": (lambda: change(3, "actor", "agent:2"), [NOT_AS_SEALED.format(3)]),
    "its action": (lambda: change(3, "action", "nothing"), [NOT_AS_SEALED.format(3)]),
    "its object": (lambda: change(3, "object_id", "person:9"), [NOT_AS_SEALED.format(3)]),
    "its detail": (lambda: change(3, "detail", ""), [NOT_AS_SEALED.format(3)]),
    "what was before": (lambda: change(3, "before", "role=admin"), [NOT_AS_SEALED.format(3)]),
    "what was after": (lambda: change(3, "after", ""), [NOT_AS_SEALED.format(3)]),
    "its time": (lambda: change(3, "at", NOW), [NOT_AS_SEALED.format(3)]),
    "the last row": (lambda: change(6, "actor", "agent:2"), [NOT_AS_SEALED.format(6)]),
    "a digest": (lambda: change(3, "digest", "0" * 64), [NOT_AS_SEALED.format(3), NOT_AS_SEALED.format(4)]),
    "the last digest": (
        lambda: change(6, "digest", "0" * 64),
        [NOT_AS_SEALED.format(6), "the head of the chain is not that of its last row"],
    ),
    "deleting the first": (lambda: delete(1), ["rows 1 to 1 are missing from the chain"]),
    "deleting one in the middle": (lambda: delete(3), ["rows 3 to 3 are missing from the chain"]),
    "deleting several": (lambda: delete(3, 4), ["rows 3 to 4 are missing from the chain"]),
    "deleting the last": (lambda: delete(6), ["rows 6 to 6 are missing at the end of the chain"]),
    "deleting every row": (lambda: delete(1, 2, 3, 4, 5, 6), ["rows 1 to 6 are missing at the end of the chain"]),
    "taking one out of the chain": (lambda: unseal(3), ["rows 3 to 3 are missing from the chain"]),
    "swapping two": (
        swap_the_places_of_two,
        [NOT_AS_SEALED.format(n) for n in (2, 3, 4, 5)],
    ),
    "swapping two with their digests": (swap_the_digests_too, [NOT_AS_SEALED.format(2), NOT_AS_SEALED.format(4)]),
    "taking the head away": (
        lambda: AuditHead.filter(id=1).delete(), ["the head of the chain is missing, though 6 rows are sealed"]
    ),
}  # fmt: skip

NOT_OURS = ["the head of the chain is not signed by a key of ours"]
WITH_THE_KEYS = {
    "moving the head back": (lambda: AuditHead.filter(id=1).update(seq=5), NOT_OURS),
    "sealing again without the key": (change_and_reseal, NOT_OURS),
    "deleting and sealing again with another key": (drop_and_reseal_with_a_key_of_his_own, NOT_OURS),
}


@pytest.mark.parametrize(("tamper", "told"), TAMPERINGS.values(), ids=TAMPERINGS)
async def test_every_tampering_is_found(chain, tampered, signing, tamper, told) -> None:
    await tamper()

    assert await told_of(signing) == told
    # Whoever has no keys still finds what the chain itself shows.
    assert [each.removeprefix("audit: ") for each in await broken() if each.startswith("audit: ")] == told


@pytest.mark.parametrize(("tamper", "told"), WITH_THE_KEYS.values(), ids=WITH_THE_KEYS)
async def test_what_only_the_keys_show_is_found_with_them(chain, tampered, signing, tamper, told) -> None:
    await tamper()

    assert await told_of(signing) == told


async def test_an_old_head_put_back_shows_the_rows_beyond_it(chain, tampered, signing, acts) -> None:
    old = await AuditHead.get(id=1)
    await acts(2)
    await seal(signing, NOW)
    await AuditHead.filter(id=1).update(seq=old.seq, digest=old.digest, mac=old.mac)

    assert await told_of(signing) == ["rows 7 to 8 are sealed beyond the head of the chain"]


async def test_a_thousand_changes_are_not_told_a_thousand_times(chain, tampered, signing, acts, monkeypatch) -> None:
    await acts(60)
    await seal(signing, NOW)
    await query('UPDATE "audit" SET "actor" = $1', ["nobody"])

    found = await told_of(signing)

    assert len(found) == MOST_FLAWS + 1
    assert found[-1] == "there is more; the first are told"


async def test_the_newest_rows_are_verified_by_themselves(chain, tampered, signing) -> None:
    await change(2, "actor", "agent:2")
    assert await flaws(signing, newest=3) == []

    await change(5, "actor", "agent:2")
    assert [str(flaw) for flaw in await flaws(signing, newest=3)] == [NOT_AS_SEALED.format(5)]
    assert len(await flaws(signing, newest=99)) == 2
