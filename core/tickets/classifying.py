"""Say what kind of matter a ticket is: category, subcategory, reason, priority."""

from collections.abc import Mapping

from core.errors import InvalidFields
from core.profile import Profile
from core.tickets.filing import Author, Filing
from core.tickets.tables import Ticket

PRIORITIES = ("high", "medium", "low")
_FIELDS = ("category", "subcategory", "reason", "priority")
_MAX_TEXT = 64


def classify(filing: Filing, ticket: Ticket, author: Author, values: Mapping[str, object]) -> None:
    """Set the given ones of the four; a category unknown to the profile is refused."""
    chosen = _checked(filing.office.profile, ticket, values)

    changes = filing.change(ticket, **chosen)

    filing.record(ticket, "classified", author, changes=changes)


def _checked(profile: Profile, ticket: Ticket, values: Mapping[str, object]) -> dict[str, str | None]:
    errors: dict[str, list[str]] = {}
    chosen: dict[str, str | None] = {}
    for name, value in values.items():
        if name not in _FIELDS:
            errors[f"fields.{name}"] = ["cannot be classified"]
        elif value is not None and not isinstance(value, str):
            errors[f"fields.{name}"] = ["must be a text"]
        elif value is not None and len(value) > _MAX_TEXT:
            errors[f"fields.{name}"] = ["is too long"]
        else:
            chosen[name] = value
    if not values:
        errors["fields"] = ["name at least one"]
    if "priority" in chosen and chosen["priority"] not in PRIORITIES:
        errors["fields.priority"] = [f"must be one of {', '.join(PRIORITIES)}"]
    category = profile.category(chosen.get("category", ticket.category) or "")
    if chosen.get("category") and category is None:
        errors["fields.category"] = ["no such category"]
    subcategory = chosen.get("subcategory")
    if subcategory and not (category and category.has_subcategory(subcategory)):
        errors["fields.subcategory"] = ["no such subcategory"]
    if errors:
        raise InvalidFields(errors)
    return chosen
