"""How often a password may be tried: places in a row, kept in the database for all processes."""

import hashlib
from datetime import datetime, timedelta

from core.decision import Reason
from core.errors import Refused
from core.idempotency import Said, first_time

TRIES = 10
PERIOD = timedelta(minutes=5)


async def take_try(names: list[str], now: datetime) -> list[str]:
    """Take one of the `TRIES` places of every name before the password is looked at.

    So that many at once cannot get past the count. Raises `Refused` when a name has none left;
    give the places back with `give_back` when the password was right.
    """
    taken: list[str] = []
    for name in names:
        place = await _take_place(name, now)
        if place is None:
            await give_back(taken, now)
            raise Refused(Reason.RATE_LIMITED)
        taken.append(place)
    return taken


async def _take_place(name: str, now: datetime) -> str | None:
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    places = [f"sign-in:{digest}:{number}" for number in range(TRIES)]
    taken = {said.key for said in await Said.filter(key__in=places, until__gt=now)}
    for place in places:
        if place not in taken and await first_time(place, now, now + PERIOD):
            return place
    return None


async def give_back(places: list[str], now: datetime) -> None:
    """Free places whose try was a good one."""
    await Said.filter(key__in=places).update(until=now)
