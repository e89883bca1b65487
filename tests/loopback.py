"""The tests speak to this machine alone: any other address fails the test that asked for it."""

import ipaddress
import sys
from typing import Any

ALLOWED_NAMES = {"localhost", "ip6-localhost"}


def guard() -> None:
    """Watch every connection and look-up of this process from now on."""
    sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        address = arguments[1] if event != "socket.getaddrinfo" else arguments
        if isinstance(address, tuple) and not _is_here(address[0]):
            raise PermissionError(f"a test may speak to loopback only, not to {address[0]!r}")


def _is_here(host: Any) -> bool:
    if host in (None, "", b"") or host in ALLOWED_NAMES:
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
