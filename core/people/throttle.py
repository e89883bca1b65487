"""How often an account may be tried: places in a row, kept in the database for all processes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.decision import Reason
from core.errors import Refused
from core.idempotency import Said, first_time

# From the machine itself a proxy speaks for everybody: one guesser must not lock all others out.
PROXIES = ("127.0.0.1", "::1", "::ffff:127.0.0.1")


@dataclass(frozen=True, slots=True)
class Measure:
    """So many tries in a period; `detail` is told to whoever has none left."""

    name: str
    tries: int
    period: timedelta
    detail: str = ""


LATELY = Measure("sign-in", 10, timedelta(minutes=5))
# NIST SP 800-63B §5.2.2: no more than 100 failures, of passwords and codes together (W08).
IN_A_MONTH = Measure(
    "sign-in-month", 100, timedelta(days=30), "Too many wrong tries. Ask for a new password by e-mail."
)


def of_account(account: str, peer: str = "", kind: str = "account") -> list[tuple[str, Measure]]:
    """What one try at an account uses up; its failures of a month are counted for all kinds together."""
    counted = [(f"{kind} {account}", LATELY), (f"account {account}", IN_A_MONTH)]
    return [*counted, *of_peer(peer, "peer")]


def of_peer(peer: str, kind: str) -> list[tuple[str, Measure]]:
    """What one try from `peer` uses up."""
    return [] if not peer or peer in PROXIES else [(f"{kind} {peer}", LATELY)]


async def take_try(counted: Sequence[tuple[str, Measure]], now: datetime) -> list[str]:
    """Take a place of every name before the password or code is looked at.

    So that many at once cannot get past the count. Raises `Refused` when a name has none left;
    give the places back with `give_back` when it was right.
    """
    taken: list[str] = []
    for name, measure in counted:
        place = await _take_place(name, measure, now)
        if place is None:
            await give_back(taken, now)
            raise Refused(Reason.RATE_LIMITED, measure.detail)
        taken.append(place)
    return taken


async def _take_place(name: str, measure: Measure, now: datetime) -> str | None:
    places = _places(name, measure)
    taken = {said.key for said in await Said.filter(key__in=places, until__gt=now)}
    for place in places:
        if place not in taken and await first_time(place, now, now + measure.period):
            return place
    return None


async def give_back(places: Sequence[str], now: datetime) -> None:
    """Free places whose try was a good one."""
    await Said.filter(key__in=list(places)).update(until=now)


async def forgive(account: str, now: datetime) -> None:
    """Count an account's failures from nothing again: whoever reads its mail has proven himself."""
    for kind in ("account", "code"):
        for name, measure in of_account(account, kind=kind):
            await give_back(_places(name, measure), now)


def _places(name: str, measure: Measure) -> list[str]:
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    return [f"{measure.name}:{digest}:{number}" for number in range(measure.tries)]
