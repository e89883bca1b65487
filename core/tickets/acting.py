"""The named actions of API and console on one ticket, each a verb of its own file."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people.actor import Actor, ActorKind
from core.people.addresses import canonical_email
from core.people.tables import Agent
from core.tickets import assigning, classifying, closing, forwarding, pausing
from core.tickets.changed import Changed, changing, participants_of
from core.tickets.filing import Author, EntryText, Filing
from core.tickets.office import Office
from core.tickets.rights import may_act, own_ticket
from core.tickets.tables import Ticket


@dataclass(frozen=True, slots=True)
class ActionBody:
    """What an action is told (INTERFACES.md §4); without `version` nothing is compared."""

    version: int | None = None
    sector: str | None = None
    agent: str | None = None
    reason: str = ""
    text: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Task:
    filing: Filing
    ticket: Ticket
    author: Author
    body: ActionBody


async def act(protocol: str, action: str, body: ActionBody, actor: Actor, office: Office) -> Changed:
    """Do `action` on the ticket of `protocol`.

    Raises `Refused` with not_found (no right, or no such ticket), stale_version or
    invalid_transition, and `InvalidFields`.
    """
    verb = _VERBS.get(action)
    if verb is None:
        raise Refused(Reason.INVALID_TRANSITION)
    if actor.kind is not ActorKind.AGENT:
        raise Refused(Reason.NOT_AUTHORIZED)
    ticket_id = (await own_ticket(protocol, actor, office.profile)).id

    async with changing(office) as change:
        ticket = await change.lock(ticket_id)
        if ticket is None or not may_act(actor, ticket):
            raise Refused(Reason.NOT_FOUND)
        if body.version is not None and body.version != ticket.version:
            raise Refused(Reason.STALE_VERSION)
        await verb(_Task(change.filing, ticket, Author("agent", actor.id, actor.name), body))
        return change.done(ticket)


async def _forward(task: _Task) -> None:
    agent = _agent(task) if task.body.agent else None
    forwarding.forward(
        task.filing, task.ticket, task.author, sector=task.body.sector, agent=agent,
        handed=task.body.fields, text=task.body.text,
    )  # fmt: skip


async def _assign(task: _Task) -> None:
    assigning.assign(task.filing, task.ticket, task.author, _agent(task))


async def _start(task: _Task) -> None:
    assigning.start(task.filing, task.ticket, task.author)


async def _release(task: _Task) -> None:
    assigning.release(task.filing, task.ticket, task.author)


async def _pend(task: _Task) -> None:
    pausing.pend(task.filing, task.ticket, task.author, task.body.reason)


async def _resume(task: _Task) -> None:
    pausing.resume(task.filing, task.ticket, task.author)


async def _classify(task: _Task) -> None:
    classifying.classify(task.filing, task.ticket, task.author, task.body.fields)


async def _close(task: _Task) -> None:
    resolution = task.body.fields.get("resolution")
    said = EntryText(resolution if isinstance(resolution, str) else "", "api")
    closing.close(task.filing, task.ticket, task.author, said, await participants_of(task.ticket))


async def _cancel(task: _Task) -> None:
    closing.cancel(task.filing, task.ticket, task.author, task.body.reason, await participants_of(task.ticket))


async def _reopen(task: _Task) -> None:
    closing.reopen(task.filing, task.ticket, task.author)


def _agent(task: _Task) -> Agent:
    """The agent the body names by address, out of those who are not blocked."""
    key = canonical_email(task.body.agent or "")
    agent = next((each for each in task.filing.staff if each.email == key), None)
    if agent is None:
        raise InvalidFields({"agent": ["no such agent"]})
    return agent


_VERBS: dict[str, Callable[[_Task], Awaitable[None]]] = {
    "forward": _forward, "assign": _assign, "start": _start, "release": _release, "pending": _pend,
    "resume": _resume, "classify": _classify, "close": _close, "cancel": _cancel, "reopen": _reopen,
}  # fmt: skip
