"""How a publication looks on the wire, and what is read back from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiormq import spec
from aiormq.abc import DeliveredMessage

from core.queues import DeadLetter, Publication

_PERSISTENT = 2


@dataclass(frozen=True, slots=True)
class Envelope:
    """A publication with its queue and our own counter of failures.

    The broker's delivery count is no such counter: it also counts a dead worker against every
    message the worker had merely fetched.
    """

    queue: str
    publication: Publication
    attempt: int = 0

    def properties(self, **more: str) -> spec.Basic.Properties:
        """Persistent, and without an AMQP message id.

        aiormq makes one and tells returned messages apart by it, so it must differ even between
        two sends of one publication.
        """
        headers: dict[str, Any] = {
            "queue": self.queue,
            "id": self.publication.message_id,
            "key": self.publication.key,
            "attempt": self.attempt,
            **more,
        }
        return spec.Basic.Properties(headers=headers, delivery_mode=_PERSISTENT)


def envelope_of(message: DeliveredMessage) -> Envelope:
    """Read back what `Envelope.properties` wrote; the broker's own headers are left behind."""
    headers = _headers(message)
    publication = Publication(str(headers.get("id", "")), str(headers.get("key", "")), message.body)
    attempt = headers.get("attempt")
    queue = str(headers.get("queue", ""))
    return Envelope(queue, publication, attempt if isinstance(attempt, int) else 0)


def was_delivered(message: DeliveredMessage) -> bool:
    """Whether somebody had it before and did not settle it."""
    return bool(message.redelivered) or bool(_headers(message).get("x-delivery-count"))


def dead_letter_of(message: DeliveredMessage) -> DeadLetter:
    """One that we buried says why and when; one that the broker set aside carries its x-death."""
    headers, envelope = _headers(message), envelope_of(message)
    reason, died_at = headers.get("reason"), headers.get("died-at")
    if not isinstance(reason, str) or not isinstance(died_at, str):
        return DeadLetter(
            envelope.publication.message_id, envelope.queue, *_broker_says(headers.get("x-death")))
    when = datetime.fromisoformat(died_at)
    return DeadLetter(envelope.publication.message_id, envelope.queue, reason, when)


def _headers(message: DeliveredMessage) -> Mapping[str, Any]:
    return message.header.properties.headers or {}


def _broker_says(deaths: Any) -> tuple[str, datetime]:
    death = deaths[0] if isinstance(deaths, list) and deaths else {}
    return str(death.get("reason", "unknown")), death.get("time") or datetime.fromtimestamp(0, UTC)
