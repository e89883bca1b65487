"""A new ticket's number and protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.tickets import protocols
from core.tickets.office import Office


@dataclass(frozen=True, slots=True)
class Numbered:
    """The number and the protocol a new ticket gets; both drawn before its transaction."""

    number: int
    protocol: str
    series: str
    sequence: int


async def draw(office: Office, count: int, now: datetime) -> list[Numbered]:
    """`count` fresh numbers with protocols of today, in the profile's zone."""
    day = now.astimezone(office.profile.zone).date()
    series = f"protocol:{day.isoformat()}"
    numbers = await office.numbers.draw("ticket", count)
    sequences = await office.numbers.draw(series, count)
    return [
        Numbered(number, protocols.render(office.profile.protocol, day, sequence), series, sequence)
        for number, sequence in zip(numbers, sequences, strict=True)
    ]


def return_unused(office: Office, unused: Sequence[Numbered]) -> None:
    """Take back what stands on no ticket, after the transaction that left it over."""
    office.numbers.return_unused("ticket", [each.number for each in unused])
    for each in reversed(unused):
        office.numbers.return_unused(each.series, [each.sequence])
