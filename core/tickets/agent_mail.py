"""An agent answers a notification from his own mail program: a reply, a note, or commands."""

from collections.abc import Mapping
from dataclasses import replace

from core.decision import Reason
from core.deliveries import DeliveryKind
from core.errors import InvalidFields, Refused
from core.message import Claim, ClaimKind, InboundMessage
from core.people.actor import Actor, ActorKind
from core.tickets import assigning, classifying, closing, forwarding, pausing, replying
from core.tickets.auto_replying import note_auto_reply
from core.tickets.commands import Command, Commanded, parse
from core.tickets.filing import Author, EntryText, Filing, Mark, Recipient
from core.tickets.opening import said_in
from core.tickets.rights import may_act
from core.tickets.tables import Ticket
from core.tickets.threading import Candidates, Match


def file(filing: Filing, match: Match | None, message: InboundMessage, candidates: Candidates) -> Reason | None:
    """File an agent's proven mail bound by a token of his own; the reason when it may not be filed.

    The customer sees the desk's address, never the agent's. What answers an internal note, and
    what a machine answered, stays internal (T09). With anything missing nothing is done, and one
    mail tells the agent what (AG03).
    """
    if match is None or not may_act(_actor(message), match.ticket):
        return Reason.NO_STANDING
    is_bound = match.claim.for_agent and match.claim.recipient_id == message.speaker.id
    if message.is_automatic and (is_bound or _came_to_a_return_path(match.claim)):
        author = Author("agent", message.speaker.id, message.speaker.name)
        note_auto_reply(filing, match.ticket, author, said_in(message, match.claim.kind.value))
        return None
    if not is_bound and Reason.NO_STANDING not in message.released_rules:
        return Reason.NO_STANDING

    mail = _AgentMail(filing, match, message, frozenset(candidates.participants.get(match.ticket.id, ())))
    # What an operator released without a token of the agent's own never leaves the house.
    return mail.file(is_internal=match.claim.internal or message.is_automatic or not is_bound)


def _came_to_a_return_path(claim: Claim) -> bool:
    return claim.kind is ClaimKind.MESSAGE_ID and claim.internal


def _actor(message: InboundMessage) -> Actor:
    speaker = message.speaker
    return Actor(
        ActorKind.AGENT, speaker.id, speaker.email, speaker.name, speaker.role, speaker.sector
    )


class _AgentMail:
    """One mail at work: first everything is checked, then everything is done."""

    def __init__(
        self, filing: Filing, match: Match, message: InboundMessage, participants: frozenset[int]
    ) -> None:
        self._filing = filing
        self._ticket = match.ticket
        self._threaded_by = match.claim.kind.value
        self._message = message
        self._participants = participants
        self._author = Author("agent", message.speaker.id, message.speaker.name)

    def file(self, *, is_internal: bool) -> Reason | None:
        commanded = parse(self._message.text) if not self._message.is_automatic else Commanded((), self._message.text)
        before = _snapshot(self._ticket)
        mark = self._filing.mark()
        try:
            self._guard(commanded)
            self._do(commanded, is_internal=is_internal or commanded.get("note") is not None)
        except InvalidFields as error:
            return self._undo(before, mark, error.errors)
        except Refused as error:
            return self._undo(before, mark, {"command": [error.reason.value]})
        return None

    def _guard(self, commanded: Commanded) -> None:
        if commanded.unknown:
            raise InvalidFields({name: ["no such command"] for name in commanded.unknown})
        is_said = commanded.text or self._message.attachments
        if not is_said and all(each.name == "note" for each in commanded.commands):
            raise InvalidFields({"text": ["must not be empty"]})

    def _do(self, commanded: Commanded, *, is_internal: bool) -> None:
        closing_now = commanded.get("close")
        for command in commanded.commands:
            if command.name != "pending":
                self._obey(command)
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

    def _obey(self, command: Command) -> None:
        filing, ticket, author = self._filing, self._ticket, self._author
        if command.name == "forward":
            forwarding.forward(
                filing, ticket, author, sector=command.argument or None, agent=None, handed=_flags(command.fields)
            )
        elif command.name == "priority":
            classifying.classify(filing, ticket, author, {"priority": command.argument})
        elif command.name == "take":
            agent = next(each for each in filing.staff if each.id == author.id)
            assigning.assign(filing, ticket, author, agent)

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


def _flags(handed: Mapping[str, object]) -> dict[str, object]:
    """`sim`, `yes` and the like are what a mail can say for true (INTERFACES.md §7)."""
    words: dict[str, object] = {"sim": True, "yes": True, "true": True, "não": False, "nao": False, "no": False}
    return {
        name: words.get(str(value).lower(), value) if name.endswith("_informed") else value
        for name, value in handed.items()
    }
