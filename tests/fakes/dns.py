"""A name server that says what it is told: records, silence, failures, loops, and more than fits."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dnslib import CNAME, QTYPE, RCODE, RR, TXT, A, DNSError, DNSLabel, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer

SILENT = "silent"
SERVFAIL = "servfail"
NONSENSE = "nonsense"


@dataclass
class FakeDns(BaseResolver):
    """Texts and addresses by name; `troubles` wins over both, at the name and below it."""

    texts: dict[str, list[str | bytes]] = field(default_factory=dict)
    addresses: dict[str, list[str]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    ttl: int = 60
    port: int = 0

    @property
    def setting(self) -> str:
        return f"127.0.0.1:{self.port}"

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        name, kind = str(request.q.qname).rstrip(".").lower(), QTYPE[request.q.qtype]
        self.asked[f"{name} {kind}"] += 1
        reply = request.reply()
        trouble = next((word for zone, word in self.troubles.items() if f".{name}".endswith(f".{zone}")), "")
        if trouble == SILENT:
            raise _SayNothing
        if trouble == NONSENSE:
            reply.header.id ^= 0xFFFF
            return reply
        if trouble == SERVFAIL:
            reply.header.rcode = RCODE.SERVFAIL
            return reply
        seen: set[str] = set()
        while name in self.aliases and name not in seen:
            seen.add(name)
            reply.add_answer(RR(DNSLabel(name), QTYPE.CNAME, rdata=CNAME(self.aliases[name]), ttl=self.ttl))
            name = self.aliases[name]
        if kind == "TXT":
            for text in self.texts.get(name, ()):
                reply.add_answer(RR(DNSLabel(name), QTYPE.TXT, rdata=TXT(_strings(text)), ttl=self.ttl))
        if kind == "A":
            for address in self.addresses.get(name, ()):
                reply.add_answer(RR(DNSLabel(name), QTYPE.A, rdata=A(address), ttl=self.ttl))
        if name not in self.texts and name not in self.addresses and not seen:
            reply.header.rcode = RCODE.NXDOMAIN
        return reply


class _SayNothing(DNSError):
    pass


class _Handler(DNSHandler):
    """What does not fit a datagram is cut, and asked for again by TCP."""

    def get_reply(self, data: bytes) -> bytes:
        reply = self.server.resolver.resolve(DNSRecord.parse(data), self)
        if self.protocol == "udp" and len(reply.pack()) > 1_232:
            reply.rr.clear()
            reply.header.tc = 1
        return reply.pack()


class _Quiet(DNSLogger):
    def __init__(self) -> None:
        super().__init__(log="-request,-reply,-truncated,-error,-data")

    def log_error(self, handler: object, error: object) -> None:
        pass


def _strings(text: str | bytes) -> list[bytes]:
    raw = text.encode() if isinstance(text, str) else text
    return [raw[at : at + 255] for at in range(0, max(len(raw), 1), 255)]


@contextmanager
def fake_dns() -> Iterator[FakeDns]:
    """A name server on a free port of this machine, by UDP and TCP, until the block ends."""
    resolver = FakeDns()
    udp, tcp = _servers(resolver)
    for server in (udp, tcp):
        server.server.handle_error = lambda *_: None
        threading.Thread(target=server.server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield resolver
    finally:
        for server in (udp, tcp):
            server.server.shutdown()
            server.server.server_close()


def _servers(resolver: FakeDns) -> tuple[DNSServer, DNSServer]:
    """Both on one port, which a stranger may hold for the one and not for the other."""
    while True:
        tcp = DNSServer(resolver, address="127.0.0.1", port=0, tcp=True, logger=_Quiet(), handler=_Handler)
        resolver.port = tcp.server.server_address[1]
        try:
            return DNSServer(
                resolver, address="127.0.0.1", port=resolver.port, logger=_Quiet(), handler=_Handler
            ), tcp
        except OSError:
            tcp.server.server_close()
