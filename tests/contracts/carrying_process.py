"""`python -m tests.contracts.carrying_process SPOOL STORE`: carry from one folder to another until killed."""

import asyncio
import sys
from pathlib import Path

from core.attachments import FileBlobs, SpooledBlobs


async def carry_for_ever(spool: Path, store: Path) -> None:
    blobs = SpooledBlobs(FileBlobs(store), FileBlobs(spool))
    print("carrying", flush=True)
    while True:
        await blobs.carry()
        await asyncio.sleep(0.001)


if __name__ == "__main__":
    asyncio.run(carry_for_ever(Path(sys.argv[1]), Path(sys.argv[2])))
