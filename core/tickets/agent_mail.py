"""An agent answers a notification from his own mail program: a reply, a note, or commands."""

from collections.abc import Mapping
from dataclasses import replace

from core.decision import Reason
from core.deliveries import DeliveryKind
from core.errors import InvalidFields, Refused
from core.message import Claim, ClaimKind, InboundMessage
from core.people.actor import Actor, ActorKind
from core.tickets import closing, pausing, replying
from core.tickets.auto_replying import note_auto_reply
from core.tickets.commands import Commanded, parse
from core.tickets.filing import Author, EntryText, Filing, Mark, Recipient
from core.tickets.obeying import hand_over_fields, obey
from core.tickets.opening import said_in
from core.tickets.rights import may_act, may_note
from core.tickets.tables import Ticket
from core.tickets.threading import Candidates, Match


def stop_of(match: Match | None, message: InboundMessage) -> Reason | None:
    """Why an agent's proven mail may not be filed on the ticket of `match`; None when it may."""
    if match is None or not may_note(_actor(message), match.ticket):
        return Reason.NO_STANDING
    if _is_bound(match, message) or Reason.NO_STANDING in message.released_rules:
        return None
    is_responder = message.is_automatic and _came_to_a_return_path(match.claim)
    return None if is_responder else Reason.NO_STANDING


def file(filing: Filing, match: Match, message: InboundMessage, candidates: Candidates) -> Reason | None:
    """File an agent's mail that `stop_of` lets pass; the reason when it could not be filed.

    The customer sees the desk's address, never the agent's. What answers an internal note, and
    what a machine answered, stays internal (T09). With anything missing nothing is done, and one
    mail tells the agent what (AG03).
    """
    is_bound = _is_bound(match, message)
    if message.is_automatic and (is_bound or _came_to_a_return_path(match.claim)):
        author = Author("agent", message.speaker.id, message.speaker.name)
        note_auto_reply(filing, match.ticket, author, said_in(message, match.claim.kind.value))
        return None

    mail = _AgentMail(filing, match, message, candidates)
    # What an operator released without a token of the agent's own never leaves the house.
    return mail.file(is_internal=match.claim.internal or message.is_automatic or not is_bound)


def _is_bound(match: Match, message: InboundMessage) -> bool:
    """Whether a token of the agent's own names the ticket."""
    return match.claim.for_agent and match.claim.recipient_id == message.speaker.id


def _came_to_a_return_path(claim: Claim) -> bool:
    return claim.kind is ClaimKind.MESSAGE_ID and claim.internal


def _actor(message: InboundMessage) -> Actor:
    speaker = message.speaker
    return Actor(
        ActorKind.AGENT, speaker.id, speaker.email, speaker.name, speaker.role, speaker.sector, also=speaker.also
    )


class _AgentMail:
    """One mail at work: first everything is checked, then everything is done."""

    def __init__(
        self, filing: Filing, match: Match, message: InboundMessage, candidates: Candidates
    ) -> None:
        self._filing = filing
        self._ticket = match.ticket
        self._threaded_by = match.claim.kind.value
        self._message = message
        self._participants = frozenset(candidates.participants.get(match.ticket.id, ()))
        self._overtaken = candidates.overtaken.get(message.intake_id)
        self._author = Author("agent", message.speaker.id, message.speaker.name)

    def file(self, *, is_internal: bool) -> Reason | None:
        commanded = self._commanded()
        is_internal = is_internal or commanded.get("note") is not None
        before = _snapshot(self._ticket)
        mark = self._filing.mark()
        try:
            self._guard(commanded, is_internal=is_internal)
            if not is_internal and (name := self._answered_by(commanded)):
                self._keep_back(name)
            else:
                self._do(commanded, is_internal=is_internal)
        except InvalidFields as error:
            return self._undo(before, mark, error.errors)
        except Refused as error:
            return self._undo(before, mark, {"command": [error.reason.value]})
        return None

    def _commanded(self) -> Commanded:
        if self._message.is_automatic:
            return Commanded((), self._message.text)
        return parse(self._message.text, hand_over_fields(self._filing.office.profile))

    def _guard(self, commanded: Commanded, *, is_internal: bool) -> None:
        is_note = is_internal and all(each.name == "note" for each in commanded.commands)
        if not is_note and not may_act(_actor(self._message), self._ticket):
            raise Refused(Reason.NOT_AUTHORIZED)
        if commanded.unknown:
            raise InvalidFields({name: ["no such command"] for name in commanded.unknown})
        is_said = commanded.text or self._message.attachments
        if not is_said and all(each.name in ("note", "reply") for each in commanded.commands):
            raise InvalidFields({"text": ["must not be empty"]})

    def _do(self, commanded: Commanded, *, is_internal: bool) -> None:
        closing_now = commanded.get("close")
        for command in commanded.commands:
            obey(self._filing, self._ticket, self._author, command)
        said = replace(said_in(self._message, self._threaded_by), text=commanded.text)
        if closing_now:
            closing.guard_close(self._ticket, commanded.text, field="text")
            closing.close(
                self._filing, self._ticket, self._author, said, self._participants, internally=is_internal
            )
        elif commanded.text or said.attachments:
            self._say(said, is_internal=is_internal)
        # After the reply, which by itself would leave the ticket awaiting the customer.
        if pending := commanded.get("pending"):
            reason = pending.argument or commanded.text
            pausing.pend(self._filing, self._ticket, self._author, reason, is_said=not pending.argument)

    def _say(self, said: EntryText, *, is_internal: bool) -> None:
        if is_internal:
            replying.note(self._filing, self._ticket, self._author, said)
        else:
            replying.reply(self._filing, self._ticket, self._author, said, self._participants)

    def _answered_by(self, commanded: Commanded) -> str | None:
        """Who answered the customer since the notice this mail answers, unless its writer insists (AG06)."""
        if commanded.get("reply") or not (commanded.text or self._message.attachments):
            return None
        # Of the same batch, and so in no table yet.
        for entry in self._filing.entries:
            is_answer = (entry.ticket_id, entry.author_role, entry.visibility) == (self._ticket.id, "agent", "public")
            if is_answer and entry.author_id != self._author.id:
                return entry.author_name
        is_this = self._overtaken is not None and self._overtaken.ticket_id == self._ticket.id
        return self._overtaken.name if self._overtaken and is_this else None

    def _keep_back(self, name: str) -> None:
        """Nothing leaves and no command is obeyed: the whole text is a note, and its writer hears why."""
        replying.note(self._filing, self._ticket, self._author, said_in(self._message, self._threaded_by))
        event = self._filing.record(self._ticket, "reply_held_back", self._author)
        self._filing.send(
            event, DeliveryKind.REPLY_HELD_BACK, "email", Recipient("agent", self._author.id or 0), name
        )

    def _undo(self, before: Mapping[str, object], mark: Mark, errors: Mapping[str, list[str]]) -> Reason:
        """Take back what was gathered, and tell the agent what was missing."""
        for name, value in before.items():
            setattr(self._ticket, name, value)
        self._filing.rewind(mark)
        event = self._filing.record(self._ticket, "command_refused", self._author)
        complaints = "\n".join(f"{path}: {'; '.join(texts)}" for path, texts in errors.items())
        self._filing.send(
            event, DeliveryKind.COMMAND_REFUSED, "email", Recipient("agent", self._author.id or 0), complaints
        )
        return Reason.INVALID_FIELDS


def _snapshot(ticket: Ticket) -> dict[str, object]:
    names = ("status", "sector", "agent_id", "priority", "started_at", "closed_at", "entry_count", "version")
    return {name: getattr(ticket, name) for name in names}
