"""A mail as one of its doors took it, before anything in it was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from core.settings import Network


@dataclass(frozen=True, slots=True)
class MailArrival:
    """A mail as a door took it. `mail_from` is empty for a bounce; `recipients` are all ours.

    `peer` and `helo` are the other side of an SMTP session, empty where a mailbox was read. Of such
    a mailbox `authserv_id` names the provider whose topmost `Authentication-Results` is believed.
    `dns_gave_up` says that DNS was asked often enough: the sender is not proven, and nobody waits.
    """

    raw: bytes
    received_at: datetime
    peer_is_trusted: bool
    mail_from: str
    recipients: tuple[str, ...]
    peer: str = ""
    helo: str = ""
    authserv_id: str = ""
    dns_gave_up: bool = False

    def came_from(self, networks: Sequence[Network]) -> bool:
        """Whether the peer belongs to one of `networks`; a mailbox we read has no peer."""
        return bool(self.peer) and any(ip_address(self.peer) in network for network in networks)
