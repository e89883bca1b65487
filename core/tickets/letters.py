"""What a delivery says by mail, made from what is known when it is sent: pure, and the same at every try."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.decision import Reason
from core.deliveries import Delivery, DeliveryKind
from core.keys import SigningKeys, TokenKind
from core.people.secret_texts import one_time_secret
from core.policy.sensitive import masked
from core.profile import Profile
from core.tickets import people_letters, wording
from core.tickets.return_addresses import mailbox_of, message_id_of, references_of, reply_address, return_path
from core.tickets.tables import Entry, Ticket

AUTO_REPLIED = "auto-replied"
AUTO_GENERATED = "auto-generated"
CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one recipient. Message-IDs stand without their angle brackets.

    `auto_submitted` is RFC 3834's word, or None where a human wrote the text. `return_path` binds a
    bounce to this very delivery; it is empty where nobody shall answer, not even with a bounce.
    """

    subject: str
    text: str
    from_name: str
    from_address: str
    to_name: str
    to: str
    message_id: str
    return_path: str
    written_at: datetime
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    auto_submitted: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a delivery and its recipient, whose right was just checked.

    `address` is a mail address or a chat's key. `happened` is the event's kind. `thread` holds the
    Message-IDs of the customer's own mails, oldest first. `is_last` says that the recipient hears no
    more of the ticket until somebody acts on it.
    """

    delivery: Delivery
    name: str
    address: str
    ticket: Ticket | None = None
    entry: Entry | None = None
    happened: str = ""
    thread: Sequence[str] = ()
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class PostOffice:
    """What every letter of one desk shares."""

    profile: Profile
    signing: SigningKeys
    base_url: str


def write_letter(facts: Facts, post: PostOffice) -> Letter:
    """The letter of `facts`. ValueError where an internal entry would reach a customer."""
    if facts.ticket is None:
        return _about_no_ticket(facts, post)
    kind = DeliveryKind(facts.delivery.kind)
    if facts.delivery.recipient_kind == "agent":
        return _to_agent(facts, facts.ticket, kind, post)
    if kind is DeliveryKind.ACKNOWLEDGEMENT:
        return _acknowledgement(facts, facts.ticket, post)
    return _to_customer(facts, facts.ticket, kind, post)


def _acknowledgement(facts: Facts, ticket: Ticket, post: PostOffice) -> Letter:
    """It quotes nothing: whoever writes with a stranger's address sends him no text of his own (T20)."""
    return Letter(
        subject=wording.acknowledgement_subject(ticket.protocol),
        text=wording.acknowledgement(ticket.protocol, post.profile),
        from_name=post.profile.title,
        from_address=mailbox_of(ticket, post.profile),
        to_name="",
        to=facts.address,
        message_id=message_id_of(facts.delivery, post.signing, post.profile),
        return_path=_return_path(facts, ticket, post),
        written_at=facts.delivery.created_at,
        reply_to=_reply_to(TokenKind.CUSTOMER_REPLY, facts, ticket, post),
        in_reply_to=facts.thread[0] if facts.thread else None,
        references=tuple(facts.thread[:1]),
        auto_submitted=AUTO_REPLIED,
    )


def _to_customer(facts: Facts, ticket: Ticket, kind: DeliveryKind, post: PostOffice) -> Letter:
    """The agent's words as the desk's; no history is quoted, so no note can leak with it (O02)."""
    text = public_text(facts, kind, post)
    return Letter(
        subject=wording.subject(ticket, post.profile),
        text=wording.signed(text, ticket.protocol, post.profile),
        from_name=post.profile.title,
        from_address=mailbox_of(ticket, post.profile),
        to_name=facts.name,
        to=facts.address,
        message_id=message_id_of(facts.delivery, post.signing, post.profile),
        return_path=_return_path(facts, ticket, post),
        written_at=facts.delivery.created_at,
        reply_to=_reply_to(TokenKind.CUSTOMER_REPLY, facts, ticket, post),
        in_reply_to=facts.thread[-1] if facts.thread else None,
        references=references_of(facts.thread),
    )


def public_text(facts: Facts, kind: DeliveryKind, post: PostOffice) -> str:
    """What a customer is told of an entry, without what the profile hides; an internal one is never among it (O01)."""
    entry = facts.entry
    public = entry if entry is not None and entry.visibility == "public" else None
    said = masked(public.text, post.profile.sensitive) if public else ""
    if kind is DeliveryKind.CLOSED and facts.ticket is not None:
        return wording.closed(facts.ticket, said, facts.happened, post.profile)
    if kind is not DeliveryKind.REPLY or public is None:
        raise ValueError("nothing of this may be told to a customer")
    return said


def _to_agent(facts: Facts, ticket: Ticket, kind: DeliveryKind, post: PostOffice) -> Letter:
    entry = facts.entry
    # Whatever the kind: an answer to internal words stays internal (T09).
    is_internal = kind is DeliveryKind.NOTE_NOTICE or (entry is not None and entry.visibility == "internal")
    link = f"{post.base_url.rstrip('/')}/console/tickets/{ticket.protocol}"
    if kind is DeliveryKind.COMMAND_REFUSED:
        text = wording.command_refused(ticket, facts.delivery.detail, link, post.profile)
    elif kind is DeliveryKind.REPLY_HELD_BACK:
        text = wording.reply_held_back(ticket, facts.delivery.detail, link, post.profile)
    else:
        text = wording.notice(ticket, entry, facts.happened, link, post.profile, is_internal=is_internal)
    if facts.is_last:
        text = wording.last_notice(text, post.profile)
    token = TokenKind.AGENT_NOTE if is_internal else TokenKind.AGENT_REPLY
    return Letter(
        subject=wording.subject(ticket, post.profile),
        text=text,
        from_name=post.profile.title,
        from_address=mailbox_of(ticket, post.profile),
        to_name=facts.name,
        to=facts.address,
        message_id=message_id_of(facts.delivery, post.signing, post.profile),
        return_path=_return_path(facts, ticket, post),
        written_at=facts.delivery.created_at,
        reply_to=_reply_to(token, facts, ticket, post),
        auto_submitted=AUTO_GENERATED,
    )


def _about_no_ticket(facts: Facts, post: PostOffice) -> Letter:
    """Whether the address in an unproven form is his own, that his mail was refused, or of his account."""
    auto_submitted, kind = AUTO_GENERATED, DeliveryKind(facts.delivery.kind)
    if kind is DeliveryKind.CONFIRM_ADDRESS:
        subject, text = wording.confirm_address(confirmation_link(facts.delivery.detail, post), post.profile)
    elif kind is DeliveryKind.REFUSAL_NOTICE:
        subject, text = wording.refusal_notice(
            Reason(facts.delivery.detail), post.profile, facts.delivery.created_at
        )
        auto_submitted = AUTO_REPLIED
    elif facts.delivery.recipient_kind in ("person", "agent"):
        subject, text = people_letters.words_of(kind, post.base_url, _page_of(facts, post), post.profile)
    else:
        raise ValueError("a delivery without its ticket")
    mailbox = post.profile.support_mailbox.address
    return Letter(
        subject=subject, text=text, from_name=post.profile.title, from_address=mailbox, to_name="",
        to=facts.address, message_id=message_id_of(facts.delivery, post.signing, post.profile), return_path="",
        written_at=facts.delivery.created_at, auto_submitted=auto_submitted,
    )  # fmt: skip


def _page_of(facts: Facts, post: PostOffice) -> str:
    """The last part of the page's address: a link's secret is made of its id, anything else is an id."""
    if facts.delivery.kind in (DeliveryKind.INVITATION, DeliveryKind.PASSWORD_LINK):
        return one_time_secret(facts.delivery.detail, post.signing)
    return facts.delivery.detail


def confirmation_link(held_id: UUID | str, post: PostOffice) -> str:
    """Where a held form's sender confirms his address; the page acts only by POST (DESIGN.md §6)."""
    return f"{post.base_url.rstrip('/')}/confirm/{held_id}.{post.signing.mac(CONFIRM, str(held_id))}"


def _reply_to(kind: TokenKind, facts: Facts, ticket: Ticket, post: PostOffice) -> str:
    return reply_address(kind, facts.delivery, mailbox_of(ticket, post.profile), post.signing)


def _return_path(facts: Facts, ticket: Ticket, post: PostOffice) -> str:
    """Where a bounce goes: to whom nothing is ever answered from, so that it may be used of automatic
    mail too (RFC 3834 §3.3).
    """
    return return_path(facts.delivery, mailbox_of(ticket, post.profile), post.signing)
