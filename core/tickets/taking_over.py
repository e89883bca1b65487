"""A customer wrote to an agent's own address: the agent forwards it with `#abrir`, and it becomes his ticket (PA06).

An agent's proven mail that answers nothing is held (INTERFACES.md §5). With the command it may be
released, and that release is the confirmation: the person it was from becomes the requester.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from core.decision import Reason
from core.message import Authentication, InboundMessage, Speaker, SpeakerKind
from core.people.addresses import canonical_email
from core.people.tables import Identity, Person
from core.tickets.commands import is_opening
from core.tickets.subjects import bare_subject

_MAX_LINES = 400
_BLOCK_LINES = 12
_FROM = re.compile(r"[\s>*]{0,8}(?:de|from|von|da|van)\s?:\**\s?(.{1,400})$", re.IGNORECASE)
_FIELD = re.compile(r"[\s>*]{0,8}([^\W\d][\w -]{1,20}?)\s?:\**\s?(.{0,400})$")
_SUBJECT = ("assunto", "subject", "betreff", "asunto", "objet")
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"]{1,64}@[A-Za-z0-9.-]{1,255}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The mail inside a forwarded one: from whom, about what, and what it says."""

    email: str
    subject: str
    text: str


def forwarded_in(message: InboundMessage) -> Forwarded | None:
    """What an agent forwards for opening; None where he does not ask for it, or no sender is named."""
    if message.speaker.kind is not SpeakerKind.AGENT or message.claims or not is_opening(message.text):
        return None
    lines = (message.full_text or message.text).splitlines()[:_MAX_LINES]
    for at, line in enumerate(lines):
        named = _FROM.match(line)
        address = _ADDRESS.search(named.group(1)) if named else None
        email = canonical_email(address.group()) if address else None
        if email:
            return _below(lines, at, email, message.title)
    return None


def _below(lines: Sequence[str], at: int, email: str, title: str) -> Forwarded:
    """The rest of the header block, and the text after the empty line that ends it."""
    subject, end = bare_subject(title), at + 1
    for line in lines[at + 1 : at + _BLOCK_LINES]:
        named = _FIELD.match(line)
        if named is None and line.strip(" >"):
            break
        end += 1
        if named is None:
            break
        if named.group(1).strip().lower() in _SUBJECT:
            subject = bare_subject(named.group(2)) or subject
    text = "\n".join(line.removeprefix("> ").rstrip() for line in lines[end:]).strip()
    return Forwarded(email, subject, text)


def refusal_of(message: InboundMessage, *, agents_may_open: bool) -> Reason | None:
    """Why an agent's mail without a claim may not be released; None when it may."""
    if forwarded_in(message) is None:
        # Without a claim there is no ticket an agent's mail could be filed on.
        return Reason.NO_STANDING
    return None if agents_may_open else Reason.AGENT_MAY_NOT_OPEN


async def taken_over(messages: Sequence[InboundMessage]) -> dict[UUID, InboundMessage]:
    """Of the released mails that agents forward, each as its original sender's own, where he may speak."""
    asked = {
        each.intake_id: forwarded for each in messages
        if Reason.NO_STANDING in each.released_rules and (forwarded := forwarded_in(each))
    }  # fmt: skip
    if not asked:
        return {}
    keys = {each.email for each in asked.values()}
    rows = await Identity.filter(
        kind="email", key__in=keys, person__may_speak=True, person__blocked=False
    ).select_related("person")
    by_key = {row.key: row.person for row in rows}
    return {
        each.intake_id: _as_his_own(each, asked[each.intake_id], by_key[asked[each.intake_id].email])
        for each in messages
        if each.intake_id in asked and asked[each.intake_id].email in by_key
    }


def _as_his_own(message: InboundMessage, forwarded: Forwarded, person: Person) -> InboundMessage:
    speaker = Speaker(
        kind=SpeakerKind.PERSON, id=person.id, name=person.name, email=person.email, role=person.role,
        organization_id=person.organization_id, may_speak=True,
    )  # fmt: skip
    return message.model_copy(
        update={
            "speaker": speaker, "title": forwarded.subject, "text": forwarded.text,
            # The agent's own words stay out of what the customer reads as his; they are in the raw mail.
            "full_text": "", "html": "",
            "authentication": Authentication.AGENT, "message_id": "", "references": (), "is_automatic": False,
        }
    )  # fmt: skip
