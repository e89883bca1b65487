"""A board's mail asks for another administrator: what it says is kept sealed beside its ticket (S4-22)."""

from core.message import InboundMessage
from core.texts import tr
from core.tickets.administrators.asked import sealed
from core.tickets.administrators.reading import read_asked
from core.tickets.administrators.tables import AdministratorChange, ChangeState
from core.tickets.filing import SYSTEM_AUTHOR, EntryText, Filing
from core.tickets.tables import Ticket

_TEXT = "The change of administrator cannot be approved yet. Missing or unclear: {missing}."
_MISSING = {
    "name": "the name of the new administrator", "cpf": "a valid CPF of the new administrator",
    "email": "the e-mail address of the new administrator",
}  # fmt: skip


def ask(filing: Filing, ticket: Ticket, message: InboundMessage) -> None:
    """Add the request of a proven board that `message` carries; what it lacks is told to agents.

    Only the board's own words are read, not what they quote.
    """
    asked = read_asked(message.text)
    state = ChangeState.INCOMPLETE if asked.missing else ChangeState.REQUESTED

    entry = None
    if asked.missing:
        text = missing_text(filing.office.profile.language, asked.missing)
        said = EntryText(text, message.channel, threaded_by="new", authentication="none")
        entry = filing.add_entry(ticket, "system", "internal", SYSTEM_AUTHOR, said)
    filing.asked_changes.append(
        AdministratorChange(
            ticket_id=ticket.id, organization_id=message.speaker.organization_id, state=state.value,
            asked_sealed=sealed(asked, ticket.id, filing.office.sealing), created_at=filing.now,
        )  # fmt: skip
    )

    filing.record(
        ticket, "administrator_asked", SYSTEM_AUTHOR, entry=entry,
        changes={"administrator_change": [None, state.value]},
    )  # fmt: skip


def missing_text(language: str, missing: tuple[str, ...]) -> str:
    """What an agent has to find out and fill in."""
    listed = ", ".join(tr(language, _MISSING[each]) for each in missing)
    return tr(language, _TEXT, missing=listed)
