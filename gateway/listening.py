"""Sockets to listen on: bound first, so that the real port is known before anything is built."""

import socket

from core.errors import Misconfigured

_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read here, not bound


def bind(address: tuple[str, int], setting: str) -> socket.socket:
    """A bound socket that processes of one installation may share; `Misconfigured` when it is taken."""
    host, port = address
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise Misconfigured([f"{setting}: {host}: {error.strerror}"]) from error
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind(target)
    except OSError as error:
        bound.close()
        raise Misconfigured([f"{setting}: cannot listen on {host}:{port} ({error.strerror})"]) from error
    return bound


def address_of(bound: socket.socket) -> str:
    """`host:port` as others reach it."""
    host, port = bound.getsockname()[:2]
    host = _WILDCARDS.get(host, host)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
