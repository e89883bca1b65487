"""A process of its own that changes rights when it is told: one JSON line in, one word out.

Run as `python -m tests.people.racer DATABASE_URL`; it says `ready` first.
"""

import asyncio
import json
import sys

from core import clock
from core.database import open_database
from core.errors import Refused
from core.people import granting
from core.people.actor import SYSTEM
from core.people.granting import PersonChange
from core.people.rights import RightsChange
from core.profile_loading import load_profile


async def race(url: str) -> None:
    """Do one change after the other, and say how each ended: `done` or the reason it was refused for."""
    profile = load_profile("instituicoes")
    async with open_database(url):
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            told = json.loads(line)
            wanted = PersonChange(told["person"], RightsChange(**told["rights"]))
            try:
                await granting.change(wanted, profile, SYSTEM, clock.now())
            except Refused as refused:
                print(refused.reason.value, flush=True)
            else:
                print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(race(sys.argv[1]))
