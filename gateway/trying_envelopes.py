"""A mail and its envelope as the door would take them, or what the door would say to the envelope."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from core.decision import Reason, Step, Verdict
from core.errors import InvalidFields
from core.profile import Profile
from gateway.channels.mail_arrival import MailArrival
from gateway.channels.smtp_answers import (
    MAX_RECIPIENTS,
    TOO_LARGE,
    recipient_fault,
    sender_fault,
    stranger_fault,
)
from gateway.channels.smtp_limits import Peer, peer_of
from gateway.channels.smtp_paths import Path, parse_path
from gateway.ingest.authentication.signed_mail import split_mail
from gateway.ingest.desk import Desk
from gateway.ingest.header_addresses import identity_of
from gateway.simulated import DEFER, Envelope, Simulated

_NOBODY = "unknown"
_TOO_MANY = "452 4.5.3 Too many recipients"


def try_envelope(raw: bytes, envelope: Envelope, desk: Desk, now: datetime) -> MailArrival | Simulated:
    """The arrival that `raw` would be, or how the door would turn its envelope or its size away.

    Raises `InvalidFields` when the peer is no address.
    """
    peer, raw, limit = _peer(envelope.peer), _as_sent(raw), desk.settings.max_message_bytes
    written = envelope.mail_from if envelope.mail_from is not None else _written_sender(raw)
    sender = _path("FROM:", written)
    taken, refused = try_recipients(envelope.recipients, desk.profile)
    fault = sender_fault(sender, limit)
    if fault is None and not taken:
        fault = next(iter(refused.values()))
    if fault is None and _size(raw) > limit:
        fault = TOO_LARGE
    if sender is None or fault is not None:
        return _turned_away(fault or "", refused)
    arrival = MailArrival(
        raw=raw, received_at=now, peer_is_trusted=False, mail_from=sender.address, recipients=taken, peer=str(peer),
        helo=envelope.helo or f"[{peer}]",
    )  # fmt: skip
    return replace(arrival, peer_is_trusted=arrival.came_from(desk.settings.trusted_networks))


def try_recipients(addresses: Sequence[str], profile: Profile) -> tuple[tuple[str, ...], dict[str, str]]:
    """Those RCPT would take, each once, and the answers to the others."""
    taken: dict[str, None] = {}
    refused: dict[str, str] = {}
    for address in addresses or (profile.support_mailbox.address,):
        path = _path("TO:", address)
        fault = recipient_fault(path, lambda named: stranger_fault(named, profile))
        if fault is None and len(taken) >= MAX_RECIPIENTS:
            fault = _TOO_MANY
        if fault is not None:
            refused[address] = fault
        elif path is not None:
            taken[path.address] = None
    return tuple(taken), refused


def _path(keyword: str, address: str) -> Path | None:
    return parse_path(f"{keyword}<{address.strip().removeprefix('<').removesuffix('>')}>", keyword)


def _peer(text: str) -> Peer:
    peer = peer_of((text.strip(), 0))
    if peer is None:
        raise InvalidFields({"peer": ["is not an IP address"]})
    return peer


def _as_sent(raw: bytes) -> bytes:
    """A mail from a file as a mail program would send it: with CRLF, where it has none, and one at its end."""
    if b"\r\n" not in raw:
        raw = raw.replace(b"\n", b"\r\n")
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"


def _size(raw: bytes) -> int:
    """The octets the door counts: a dot that begins a line is doubled on the way (RFC 5321 §4.5.2)."""
    return len(raw) + raw.count(b"\r\n.") + raw.startswith(b".")


def _written_sender(raw: bytes) -> str:
    mail = split_mail(raw)
    written = [each.value.replace(b"\r\n", b"").strip(b" \t") for each in mail.all(b"from")] if mail else []
    identity = identity_of(written)
    return identity.email if identity else _NOBODY


def _turned_away(fault: str, refused: dict[str, str]) -> Simulated:
    verdict = DEFER if fault.startswith("4") else Verdict.REFUSE.value
    if fault == TOO_LARGE:
        reason, rule = Reason.TOO_LARGE, "is_not_too_large"
    else:
        reason = Reason.NOT_FOUND if fault.startswith("550 5.1.1") else Reason.NOT_AUTHORIZED
        rule = "envelope_is_taken"
    return Simulated(verdict, reason, fault, (Step(rule, verdict),), refused_recipients=refused)
