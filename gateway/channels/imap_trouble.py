"""What may go wrong with a mailbox at somebody else's server."""

from collections.abc import Sequence


class ImapTrouble(Exception):
    """The server or the line failed: everything of the connection is given up, and tried anew.

    `kind` is a code for logs and metrics: `connection`, `login`, `token`, `folder`. What the server
    said stays out of it, for that may quote addresses and secrets.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class FetchFailed(ImapTrouble):
    """The line broke, or the server said no, while the messages `uids` were being handed over (L11)."""

    def __init__(self, uids: Sequence[int]) -> None:
        super().__init__("connection")
        self.uids = uids
