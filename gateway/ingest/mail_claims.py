"""By what a mail says it belongs to a ticket: decided without a database, from what proves itself."""

from collections.abc import Sequence

from core.keys import SigningKeys, Token, TokenKind
from core.message import Claim, ClaimKind
from core.tickets import protocols
from gateway.ingest.desk import Desk
from gateway.ingest.mail import Mail
from gateway.ingest.mailboxes import own_address
from gateway.ingest.message_ids import MAX_REFERENCES

_MAX_PROTOCOLS = 5
_TOKEN_LENGTH = 44
_REPLY_KINDS = (TokenKind.CUSTOMER_REPLY, TokenKind.AGENT_REPLY, TokenKind.AGENT_NOTE)


def claims_of(mail: Mail, recipients: Sequence[str], desk: Desk) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
    """The mail's claims in order of precedence, and flags for what pretended to be ours.

    A token or a Message-ID of our form that we did not sign counts as absent (T04, T06).
    """
    flags: list[str] = []
    claims = _reply_claims(mail, recipients, desk, flags)
    if not claims and (returned := return_token(recipients, desk)):
        # Responders answer to the return path (RFC 3834 §4), which binds to the ticket and to nobody.
        claims = [Claim(kind=ClaimKind.MESSAGE_ID, ticket_id=returned.ticket_id, internal=True)]
    signed, stored = _reference_claims(newest_first(mail), desk, flags)
    claims += signed + stored
    found = protocols.find(mail.subject, desk.profile.protocol)[:_MAX_PROTOCOLS]
    claims += [Claim(kind=ClaimKind.PROTOCOL, text=each) for each in found]
    return tuple(claims), tuple(dict.fromkeys(flags))


def return_token(recipients: Sequence[str], desk: Desk) -> Token | None:
    """What the return path we signed among the envelope's recipients was made for; None without one."""
    for address in recipients:
        own = own_address(address, desk.profile)
        token = desk.signing.verify(own.suffix) if own and len(own.suffix) == _TOKEN_LENGTH else None
        if token is not None and token.kind is TokenKind.RETURN_PATH:
            return token
    return None


def pretends_to_be_signed(recipients: Sequence[str], desk: Desk) -> bool:
    """Whether a recipient has the form of an address we sign, and was not signed by us (T04)."""
    owned = [own_address(address, desk.profile) for address in recipients]
    suffixes = [own.suffix for own in owned if own and len(own.suffix) == _TOKEN_LENGTH]
    return any(desk.signing.verify(suffix) is None for suffix in suffixes)


def newest_first(mail: Mail) -> tuple[str, ...]:
    """In-Reply-To, then References from its end, each once."""
    ids = [mail.in_reply_to, *reversed(mail.references)]
    return tuple(dict.fromkeys(each for each in ids if each))[:MAX_REFERENCES]


def is_ours(message_id: str, desk: Desk) -> bool:
    """Whether we issued this Message-ID: our own mail comes back (T14)."""
    return _signed_ticket(message_id, desk.signing) is not None if _is_like_ours(message_id, desk) else False


def _reply_claims(mail: Mail, recipients: Sequence[str], desk: Desk, flags: list[str]) -> list[Claim]:
    """The one reply token that counts: the envelope's, else the first valid one written (T05)."""
    written = [each.email for each in (*mail.to, *mail.cc)]
    for address in (*recipients, *written):
        own = own_address(address, desk.profile)
        if own is None or len(own.suffix) != _TOKEN_LENGTH:
            continue
        token = desk.signing.verify(own.suffix)
        if token is None or token.kind not in _REPLY_KINDS:
            if token is None or token.kind is not TokenKind.RETURN_PATH:
                flags.append("invalid-token")
            continue
        return [
            Claim(
                kind=ClaimKind.REPLY_TOKEN,
                ticket_id=token.ticket_id,
                recipient_id=token.subject_id,
                for_agent=token.kind is not TokenKind.CUSTOMER_REPLY,
                internal=token.kind is TokenKind.AGENT_NOTE,
            )
        ]
    return []


def _reference_claims(ids: Sequence[str], desk: Desk, flags: list[str]) -> tuple[list[Claim], list[Claim]]:
    signed: list[Claim] = []
    stored: list[Claim] = []
    for message_id in ids:
        if not _is_like_ours(message_id, desk):
            stored.append(Claim(kind=ClaimKind.REFERENCES, text=message_id))
            continue
        ticket_id = _signed_ticket(message_id, desk.signing)
        if ticket_id is None:
            flags.append("forged-message-id")
        elif all(each.ticket_id != ticket_id for each in signed):
            signed.append(Claim(kind=ClaimKind.MESSAGE_ID, ticket_id=ticket_id))
    return signed, stored


def _is_like_ours(message_id: str, desk: Desk) -> bool:
    """Whether it has the form `TOKEN.DELIVERY@our domain`; an agent's own mails share our domain."""
    local, _, domain = message_id.rpartition("@")
    return domain.lower() == desk.profile.mail_domain and len(local.partition(".")[0]) == _TOKEN_LENGTH


def _signed_ticket(message_id: str, signing: SigningKeys) -> int | None:
    token = signing.verify(message_id.partition(".")[0])
    return token.ticket_id if token is not None and token.kind is TokenKind.MESSAGE_ID else None
