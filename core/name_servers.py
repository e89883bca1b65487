"""Whom we ask about names: `GUICHE_DNS_SERVER` as a value."""

from dataclasses import dataclass
from ipaddress import ip_address


@dataclass(frozen=True, slots=True)
class NameServer:
    """A resolver by its IP address: whoever has no name server yet cannot look its name up."""

    address: str
    port: int = 53


def parse_name_server(text: str) -> NameServer | None:
    """`host:port`, the host an IP address or `localhost`; None for an empty text: the system's own."""
    if not text.strip():
        return None
    host, colon, port = text.strip().rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
        raise ValueError("must be host:port")
    host = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        return NameServer(str(ip_address(host)), int(port))
    except ValueError:
        raise ValueError("must name the host by its IP address") from None
