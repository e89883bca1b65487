"""Sealing: audit rows, appended unchained, take their places in the chain; one transaction each turn."""

from datetime import datetime

from core.audit_chain import COLUMNS, GENESIS, PURPOSE, digest_of, head_text
from core.database import execute_many, query, transaction
from core.keys import SigningKeys

AT_ONCE = 500


class ChainBroken(Exception):
    """The chain's head is none of ours: sealing on would sign what somebody else made of it."""


async def seal(signing: SigningKeys, now: datetime, *, at_once: int = AT_ONCE) -> int:
    """Give the oldest unsealed rows, at most `at_once`, the next places of the chain; how many there were.

    Several may seal at once and each may die at any moment: there is one chain, without a gap.
    Raises `ChainBroken` when the head is missing or not signed by a key of ours.
    """
    if not await query('SELECT 1 AS "one" FROM "audit" WHERE "seq" IS NULL LIMIT 1', []):
        return 0
    async with transaction():
        seq, digest = await _locked_head(signing, now)
        rows = await query(
            f'SELECT {COLUMNS} FROM "audit" WHERE "seq" IS NULL ORDER BY "id" LIMIT {at_once:d}', []
        )
        sealed: list[list[object]] = []
        for row in rows:
            seq += 1
            digest = digest_of(digest, seq, row)
            sealed.append([seq, digest, row["id"]])
        await execute_many('UPDATE "audit" SET "seq" = $1, "digest" = $2 WHERE "id" = $3', sealed)
        await _move_head(signing, seq, digest, now)
    return len(rows)


async def sign_anew(signing: SigningKeys, now: datetime) -> None:
    """Sign the head with the key that signs now, so that an older one may be taken away (raises `ChainBroken`)."""
    async with transaction():
        seq, digest = await _locked_head(signing, now)
        await _move_head(signing, seq, digest, now)


async def _locked_head(signing: SigningKeys, now: datetime) -> tuple[int, str]:
    """The head's place and digest, ours until the transaction ends; made where nothing was ever sealed."""
    made = await query(
        'INSERT INTO "audit_head" ("id", "seq", "digest", "mac", "sealed_at") VALUES (1, 0, $1, $2, $3)'
        ' ON CONFLICT DO NOTHING RETURNING "id"',
        [GENESIS, _mac(signing, 0, GENESIS), now],
    )
    if made and await query('SELECT 1 AS "one" FROM "audit" WHERE "seq" IS NOT NULL LIMIT 1', []):
        # Somebody took it away; a new one would begin a second chain.
        raise ChainBroken("the head of the audit chain is missing")
    rows = await query('UPDATE "audit_head" SET "seq" = "seq" WHERE "id" = 1 RETURNING "seq", "digest", "mac"', [])
    seq, digest = int(rows[0]["seq"]), str(rows[0]["digest"])
    if not signing.mac_matches(PURPOSE, head_text(seq, digest), str(rows[0]["mac"])):
        raise ChainBroken("the head of the audit chain is not signed by a key of ours")
    return seq, digest


async def _move_head(signing: SigningKeys, seq: int, digest: str, now: datetime) -> None:
    await query(
        'UPDATE "audit_head" SET "seq" = $1, "digest" = $2, "mac" = $3, "sealed_at" = $4 WHERE "id" = 1',
        [seq, digest, _mac(signing, seq, digest), now],
    )


def _mac(signing: SigningKeys, seq: int, digest: str) -> str:
    return signing.mac(PURPOSE, head_text(seq, digest))
