"""Facts that must always hold, as queries; `guiche check` and every database test run them."""

from core.database import query
from core.keys import SigningKeys
from core.verifying_audit import flaws

_FACTS = {
    "I2: a message is at most one entry": (
        'SELECT "intake_id" FROM "entry" WHERE "intake_id" IS NOT NULL GROUP BY "intake_id" HAVING count(*) > 1'
    ),
    "I2: an entry's message stands in the ledger as filed": (
        'SELECT "e"."id" FROM "entry" AS "e" LEFT JOIN "intake" AS "i" ON "i"."id" = "e"."intake_id"'
        ' WHERE "e"."intake_id" IS NOT NULL AND ("i"."id" IS NULL OR "i"."outcome" <> \'filed\')'
    ),
    "I3: a message held in the ledger is in quarantine": (
        'SELECT "i"."id" FROM "intake" AS "i" LEFT JOIN "held" AS "h" ON "h"."id" = "i"."id"'
        ' WHERE "i"."outcome" = \'held\' AND "h"."id" IS NULL'
    ),
    "I6: no note leaves the house towards a customer": (
        'SELECT "d"."id" FROM "delivery" AS "d" JOIN "entry" AS "e" ON "e"."id" = "d"."entry_id"'
        ' WHERE "e"."visibility" = \'internal\' AND "d"."recipient_kind" <> \'agent\' AND "d"."kind" <> \'closed\''
        ' AND "d"."state" <> \'withdrawn\''
    ),
    "I8: entries of a ticket are numbered densely": (
        'SELECT "t"."id" FROM "ticket" AS "t" JOIN "entry" AS "e" ON "e"."ticket_id" = "t"."id"'
        ' GROUP BY "t"."id", "t"."entry_count"'
        ' HAVING count(*) <> "t"."entry_count" OR min("e"."seq") <> 1 OR max("e"."seq") <> "t"."entry_count"'
    ),
    "I8: a ticket's version is that of its last event": (
        'SELECT "t"."id" FROM "ticket" AS "t" LEFT JOIN "event" AS "v" ON "v"."ticket_id" = "t"."id"'
        ' GROUP BY "t"."id", "t"."version" HAVING coalesce(max("v"."version"), 0) <> "t"."version"'
    ),
    "every ticket was opened by an entry": (
        'SELECT "t"."id" FROM "ticket" AS "t" LEFT JOIN "entry" AS "e" ON "e"."ticket_id" = "t"."id"'
        ' WHERE "e"."id" IS NULL'
    ),
    "a final ticket says when it ended, and no other does": (
        'SELECT "id" FROM "ticket"'
        ' WHERE ("status" IN (\'closed\', \'cancelled\')) <> ("closed_at" IS NOT NULL)'
    ),
    "I16: the bytes of a mail that travelled inline are stored": (
        'SELECT "e"."id" FROM "entry" AS "e" JOIN "intake" AS "i" ON "i"."id" = "e"."intake_id"'
        ' LEFT JOIN "blob" AS "b" ON "b"."digest" = "e"."raw_digest"'
        ' WHERE "e"."raw_digest" IS NOT NULL AND "i"."size" BETWEEN 1 AND 65536 AND "b"."digest" IS NULL'
    ),
    "somebody's double opens nothing": (
        'SELECT "p"."id" FROM "person" AS "p" LEFT JOIN "identity" AS "i" ON "i"."person_id" = "p"."id"'
        ' WHERE "p"."merged_into_id" IS NOT NULL AND ("i"."id" IS NOT NULL OR NOT "p"."blocked" OR "p"."may_speak")'
    ),
    "an inline file's bytes are stored": (
        'SELECT "f"."id" FROM "entry_attachment" AS "f" LEFT JOIN "blob" AS "b" ON "b"."digest" = "f"."digest"'
        ' WHERE "f"."size" <= 65536 AND "b"."digest" IS NULL'
    ),
}


async def broken(signing: SigningKeys | None = None) -> list[str]:
    """Every fact that does not hold, with how often and where first; empty when all is well.

    With `signing` also whether the end of the audit chain is one we signed.
    """
    found = []
    for fact, sql in _FACTS.items():
        rows = await query(sql, [])
        if rows:
            found.append(f"{fact}: {len(rows)} times, first {next(iter(rows[0].values()))}")
    return found + [f"audit: {flaw}" for flaw in await flaws(signing)]
