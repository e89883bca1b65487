"""What a `#` command of an agent's mail does to the ticket."""

from collections.abc import Mapping

from core.profile import Profile
from core.tickets import assigning, classifying, forwarding
from core.tickets.commands import Command, folded
from core.tickets.filing import Author, Filing
from core.tickets.tables import Ticket

_FLAGS = {"sim": True, "yes": True, "true": True, "nao": False, "no": False, "false": False}


def obey(filing: Filing, ticket: Ticket, author: Author, command: Command) -> None:
    """Hand on, rank or take the ticket; the commands that say something are their mail's affair."""
    if command.name == "forward":
        sector = _sector(command.argument, filing.office.profile)
        forwarding.forward(filing, ticket, author, sector=sector, agent=None, handed=_handed(command.fields))
    elif command.name == "priority":
        classifying.classify(filing, ticket, author, {"priority": command.argument})
    elif command.name == "take":
        agent = next(each for each in filing.staff if each.id == author.id)
        assigning.assign(filing, ticket, author, agent)


def hand_over_fields(profile: Profile) -> frozenset[str]:
    """Every field that some hand-over of the profile demands."""
    return frozenset(name for move in profile.moves for name in move.required)


def _sector(named: str, profile: Profile) -> str | None:
    """The slug of the sector somebody named by slug or title, however he writes it; else his own words."""
    wanted = folded(named)
    found = (each.slug for each in profile.sectors if wanted in (folded(each.slug), folded(each.title)))
    return next(found, named or None)


def _handed(fields: Mapping[str, object]) -> dict[str, object]:
    """`sim`, `yes` and the like are what a mail can say for true (INTERFACES.md §7)."""
    return {
        name: _FLAGS.get(folded(str(value)), value) if name.endswith("_informed") else value
        for name, value in fields.items()
    }
