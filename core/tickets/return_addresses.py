"""Where answers to our letters go, and by what they find their ticket: signed, and telling strangers nothing."""

from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

from core.deliveries import Delivery
from core.ids import made_at
from core.keys import SigningKeys, Token, TokenKind
from core.profile import Profile
from core.tickets.tables import Ticket

THREAD_TAIL = 20


def mailbox_of(ticket: Ticket, profile: Profile) -> str:
    """The mailbox of ours that the ticket was written to, and is answered from."""
    ours = [box.address for box in profile.mailboxes]
    return ticket.mailbox if ticket.mailbox in ours else profile.support_mailbox.address


def reply_address(kind: TokenKind, delivery: Delivery, mailbox: str, signing: SigningKeys) -> str:
    """`mailbox` with a plus-address bound to the ticket and to this one recipient."""
    local, _, domain = mailbox.partition("@")
    token = Token(kind, delivery.ticket_id or 0, delivery.recipient_id)
    return f"{local}+{signing.sign(token, delivery.created_at)}@{domain}"


def return_path(delivery: Delivery, mailbox: str, signing: SigningKeys) -> str:
    """The envelope sender that binds a bounce to this very delivery; empty where it concerns no ticket."""
    if delivery.ticket_id is None:
        return ""
    local, _, domain = mailbox.partition("@")
    token = Token(TokenKind.RETURN_PATH, delivery.ticket_id, delivery_tag(delivery.id))
    return f"{local}+{signing.sign(token, delivery.created_at)}@{domain}"


def delivery_tag(delivery_id: UUID) -> int:
    """Thirty-two bits that tell a delivery from the others of its ticket."""
    return int.from_bytes(sha256(delivery_id.bytes).digest()[:4], "big")


def message_id_of(delivery: Delivery, signing: SigningKeys, profile: Profile) -> str:
    """Signed, so that replies find the ticket; of the row alone, so that it never changes (I7)."""
    token = Token(TokenKind.MESSAGE_ID, delivery.ticket_id or 0, delivery.recipient_id)
    return f"{signing.sign(token, made_at(delivery.id))}.{delivery.id.hex}@{profile.mail_domain}"


def references_of(thread: Sequence[str]) -> tuple[str, ...]:
    """The first, which begins the thread, and the newest (RFC 5322 §3.6.4 sets no bound, we do)."""
    if len(thread) <= THREAD_TAIL + 1:
        return tuple(thread)
    return (thread[0], *thread[-THREAD_TAIL:])
