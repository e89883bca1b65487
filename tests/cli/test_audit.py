"""`guiche check` verifies the chain with the installation's keys; `guiche doctor` tells of rows that wait."""

import asyncio
import base64
import json
from datetime import timedelta

from core import clock
from core.audit import record
from core.database import open_database, query
from core.keys import Key, SigningKeys
from core.sealing_audit import seal


def at_work(command, verb):
    async def run():
        async with open_database(command.settings["GUICHE_DATABASE_URL"]):
            return await verb()

    return asyncio.run(run())


async def sealed_rows() -> None:
    for number in range(3):
        await record("agent:1", "tested", f"person:{number}", clock.now())
    await seal(SigningKeys([Key("test", b"0" * 32)]), clock.now())


def test_check_is_content_with_a_chain_of_its_own_keys_and_not_of_others(on_both):
    at_work(on_both, sealed_rows)

    assert on_both("check").out == "everything holds\n"
    other = f"test:{base64.b64encode(b'1' * 32).decode()}"
    found = on_both("check", code=1, GUICHE_SECRET_KEY=other)
    assert found.out == "audit: the head of the chain is not signed by a key of ours\n"


def test_check_tells_a_changed_row(on_both):
    at_work(on_both, sealed_rows)
    at_work(on_both, lambda: query('UPDATE "audit" SET "actor" = $1 WHERE "seq" = 2', ["agent:2"]))

    assert on_both("check", code=1).out == "audit: row 2 is not as it was sealed\n"
    assert json.loads(on_both("check", "--json", code=1).out) == ["audit: row 2 is not as it was sealed"]


def test_doctor_tells_of_rows_that_wait_while_a_scheduler_runs(on_both):
    def finding():
        process = on_both.start("doctor", "--json")
        out, _ = process.communicate(timeout=120)
        return next(each for each in json.loads(out) if each["what"] == "audit")

    at_work(on_both, sealed_rows)
    assert finding() == {"what": "audit", "ok": True, "detail": "3 rows sealed"}

    at_work(on_both, lambda: record("agent:1", "tested", "", clock.now() - timedelta(minutes=2)))
    assert finding()["detail"] == "1 rows wait to be sealed until a process with the role scheduler runs"

    on_both.data_dir.mkdir(exist_ok=True)
    (on_both.data_dir / "ready.json").write_text("{}")
    assert not finding()["ok"]
