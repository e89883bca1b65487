"""How many may talk at once, and how much of their mail may wait in memory."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

from core.settings import Network
from gateway.ingest.rates import LimitReached, Rates, Span

MAX_CONNECTIONS = 1_000
MAX_PER_ADDRESS = 20
MAX_WAITING_BYTES = 512 * 1024 * 1024
# A person mistypes now and then; a program that tries out addresses does nothing else.
_ERRORS = Span(200, 600)
_REST_SECONDS = 60.0
_RELAY = "relay"

Peer = IPv4Address | IPv6Address


class Doorkeeper:
    """Counts untrusted peers (SECURITY.md S14); trusted ones are exempt from counting alone.

    Behind a relay of ours everybody stands: it has no share of its own, only one of the whole.
    """

    def __init__(
        self, trusted: tuple[Network, ...], relays: tuple[Network, ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._trusted = trusted
        self._relays = relays
        self._errors = Rates(clock)
        self._turned_away_until: OrderedDict[str, float] = OrderedDict()
        self._clock = clock
        self._by_address: Counter[str] = Counter()
        self._waiting_bytes = 0

    def is_trusted(self, peer: Peer | None) -> bool:
        """Whether the peer's own claim of sender is believed."""
        return _is_in(peer, self._trusted)

    def enter(self, peer: Peer | None) -> str | None:
        """Let an untrusted peer in and return the name to `leave` by; None where there is no room."""
        if self._by_address.total() >= MAX_CONNECTIONS:
            return None
        if _is_in(peer, self._relays):
            self._by_address[_RELAY] += 1
            return _RELAY
        name = household(peer)
        if self._turned_away_until.get(name, 0) > self._clock():
            return None
        if self._by_address[name] >= MAX_PER_ADDRESS:
            return None
        self._by_address[name] += 1
        return name

    def leave(self, name: str) -> None:
        self._by_address[name] -= 1
        if self._by_address[name] <= 0:
            del self._by_address[name]

    def bears(self, name: str) -> bool:
        """Note an error; False for too many over all sessions, and then he stays out a while (S18)."""
        if name == _RELAY:
            return True
        try:
            self._errors.take({name: (_ERRORS,)})
        except LimitReached:
            self._turned_away_until[name] = self._clock() + _REST_SECONDS
            self._turned_away_until.move_to_end(name)
            while len(self._turned_away_until) > MAX_CONNECTIONS:
                self._turned_away_until.popitem(last=False)
            return False
        return True

    def reserve(self, octets: int) -> bool:
        """Take memory for mail under way; False where the house has no more to give."""
        if self._waiting_bytes + octets > MAX_WAITING_BYTES:
            return False
        self._waiting_bytes += octets
        return True

    def give_back(self, octets: int) -> None:
        self._waiting_bytes -= octets


def _is_in(peer: Peer | None, networks: tuple[Network, ...]) -> bool:
    return peer is not None and any(peer in network for network in networks)


def peer_of(peername: object) -> Peer | None:
    """The address behind a socket's peer name."""
    if not isinstance(peername, tuple) or not peername:
        return None
    try:
        address = ip_address(str(peername[0]).partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def household(peer: Peer | None) -> str:
    """One household shares a name: a whole IPv6 subnet belongs to one customer."""
    if isinstance(peer, IPv6Address):
        return peer.exploded[:19]
    return str(peer)
