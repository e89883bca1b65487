"""The ceiling of ingress: aiosmtpd as it comes, on asyncio's own loop, answering 250 and keeping nothing.

Prints its address and runs until it is ended.
"""

import asyncio
from typing import Any

from aiosmtpd.smtp import SMTP


class Null:
    """Every mail is fine."""

    async def handle_DATA(self, *_: Any) -> str:
        return "250 OK"


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Null(), hostname="null.example", loop=loop, data_size_limit=None), "127.0.0.1", 0
    )
    host, port = server.sockets[0].getsockname()
    print(f"{host}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
