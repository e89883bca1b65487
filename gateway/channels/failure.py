"""The one exception of a send that did not succeed, whatever the channel."""

from datetime import timedelta


class SendFailed(Exception):
    """The other side did not take it.

    `reason` is short, holds no personal data and is shown to agents. A `permanent` failure is not
    tried again; `retry_after` is what the other side asked for, where it did.
    """

    def __init__(self, reason: str, *, permanent: bool = False, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
