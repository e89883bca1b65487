"""A queue in memory for the doors' tests: what was published, and troubles on demand."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.message import Bounce, InboundMessage, RefusedMessage, decode
from core.queues import Publication


@dataclass
class MemoryQueue:
    """Keeps what is published; `trouble`, once set, is raised instead."""

    publications: list[Publication] = field(default_factory=list)
    trouble: Exception | None = None

    async def publish(self, queue: str, publications: Sequence[Publication]) -> None:
        assert queue == "inbound"
        if self.trouble is not None:
            raise self.trouble
        self.publications += publications

    @property
    def messages(self) -> list[InboundMessage | RefusedMessage | Bounce]:
        return [decode(each.body) for each in self.publications]

    @property
    def only(self) -> InboundMessage:
        """The single message that was published, accepted or held."""
        [message] = self.messages
        assert isinstance(message, InboundMessage)
        return message
