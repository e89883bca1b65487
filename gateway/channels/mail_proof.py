"""Whether the sender of a mail is who its From says: asked only where nothing but that proof is missing."""

from dataclasses import replace

from core.errors import Unproven
from core.message import Authentication, InboundMessage, SpeakerKind
from core.policy.admission import would_proof_matter
from gateway.channels.mail_arrival import MailArrival
from gateway.ingest.authentication.prover import Evidence, Proof
from gateway.ingest.authentication.signed_mail import MAX_HEADER_BYTES
from gateway.ingest.desk import Desk


async def proven(message: InboundMessage, arrival: MailArrival, desk: Desk) -> InboundMessage:
    """The message with the proof of its sender, where that could change what is decided of it.

    Mail of strangers, who are refused whoever they are, makes nobody ask a name server.

    Raises `Unproven` when DNS would have to tell, unless nobody is to wait for it.
    """
    if desk.prover is None or not would_proof_matter(message, desk.profile):
        return message
    if arrival.peer_is_trusted and b"dkim-signature" not in arrival.raw[:MAX_HEADER_BYTES].lower():
        return message  # a board's mail from a program of ours: nothing in it could prove him
    return await _with_proof(message, arrival, desk)


async def prove_refused(message: InboundMessage, arrival: MailArrival, desk: Desk) -> InboundMessage:
    """The message with the proof of a sender who is refused anyway: nobody else may be told so by mail."""
    if desk.prover is None or not message.author.email:
        return message
    return await _with_proof(message, replace(arrival, dns_gave_up=True), desk)


async def _with_proof(message: InboundMessage, arrival: MailArrival, desk: Desk) -> InboundMessage:
    assert desk.prover is not None
    try:
        proof = await desk.prover.prove(_evidence(message, arrival, desk))
    except Unproven:
        if not arrival.dns_gave_up and not arrival.peer_is_trusted:
            raise
        proof = Proof(message.authentication, ("proof=temperror",))
    found = proof.authentication if proof.authentication is Authentication.DMARC else message.authentication
    return message.model_copy(update={"authentication": found, "trail": (*message.trail, *proof.trail)})


def _evidence(message: InboundMessage, arrival: MailArrival, desk: Desk) -> Evidence:
    peer, authserv_id = arrival.peer, arrival.authserv_id
    if arrival.came_from(desk.settings.relay_networks):
        # Whoever handed it to our relay, the relay alone has seen.
        peer, authserv_id = "", desk.settings.authserv_id
    return Evidence(
        raw=arrival.raw, from_address=message.author.email, received_at=arrival.received_at,
        is_board=message.speaker.kind is SpeakerKind.BOARD, peer="" if arrival.peer_is_trusted else peer,
        helo=arrival.helo, mail_from=arrival.mail_from, authserv_id=authserv_id,
    )  # fmt: skip
