"""Another process that seals two rows at a time, and tells each turn, until it is killed."""

import asyncio
import sys

from core import clock
from core.database import open_database
from core.keys import Key, SigningKeys
from core.sealing_audit import seal


async def main(url: str) -> None:
    signing = SigningKeys([Key("test", b"0" * 32)])
    async with open_database(url):
        while True:
            print(await seal(signing, clock.now(), at_once=2), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
