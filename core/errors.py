"""Broken promises, each with a code of the closed catalogue and a text for the public."""

from collections.abc import Mapping, Sequence

from core.decision import Reason


class Refused(Exception):
    """Somebody asked for what a rule forbids.

    Edges turn it into their own language (SMTP code, HTTP problem, one line of the command);
    `str()` of it is for logs and never carries personal data.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail


class InvalidFields(Refused):
    """What was sent cannot be understood: each field's path with its complaints."""

    def __init__(self, errors: Mapping[str, Sequence[str]], reason: Reason = Reason.INVALID_FIELDS) -> None:
        super().__init__(reason)
        self.errors = {path: list(texts) for path, texts in errors.items()}


class Unavailable(Exception):
    """Our own trouble, which passes: SMTP answers 451, HTTP 503, and nothing is lost."""


class NoRoom(Unavailable):
    """There is no room left to store it: SMTP answers 452 4.3.1, HTTP 503 (SECURITY.md S24)."""


class Unproven(Unavailable):
    """Whether the sender is who he says cannot be told now, for DNS does not answer: 451 4.4.3."""


class Misconfigured(Exception):
    """The installation cannot start; every complaint is told at once."""

    def __init__(self, complaints: Sequence[str]) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = list(complaints)
