"""What a form says of an organization, and what stands in the form again."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from core.errors import InvalidFields
from core.message import Intent, Override
from core.people.organizations import NewOrganization

FACTS = ("name", "domains", "document", "key_user_quota", "board_mailbox")
_OUT_OF_RANGE = -1


def said_of(fields: Mapping[str, str]) -> NewOrganization:
    """The organization as it was typed; domains stand apart by spaces, commas or lines, what is empty is unsaid."""
    texts = {name: fields.get(name, "").strip() for name in FACTS}
    return NewOrganization(
        texts["name"], texts["domains"].replace(",", " ").split(), texts["document"] or None,
        _number(texts["key_user_quota"]), texts["board_mailbox"] or None,
    )  # fmt: skip


def _number(text: str) -> int | None:
    """None for nothing; what is no number is one that is complained about with everything else."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else _OUT_OF_RANGE


def typed_of(row: Mapping[str, Any], own_quota: int | None) -> dict[str, str]:
    """The fields as a form shows them for `row` of `core.people.organization_rows`."""
    return {
        "name": row["name"], "domains": "\n".join(row["domains"]), "document": row["document"] or "",
        "key_user_quota": "" if own_quota is None else str(own_quota), "board_mailbox": row["board_mailbox"] or "",
    }  # fmt: skip


def override_of(fields: Mapping[str, str]) -> Override:
    """The rule for a channel that was typed; `InvalidFields` for what is no day."""
    errors: dict[str, list[str]] = {}
    since, until = (_day(name, fields.get(name, ""), errors) for name in ("since", "until"))
    if errors:
        raise InvalidFields(errors)
    may = tuple(each for each in Intent if f"may_{each.value}" in fields)
    return Override(channel=fields.get("channel", ""), may=may, since=since, until=until)


def _day(name: str, text: str, errors: dict[str, list[str]]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        errors[name] = ["is not a day like 2026-12-31"]
        return None


def without(overrides: Sequence[Override], spelled: str) -> tuple[Override, ...]:
    """The rules but the one that is spelled so: by what it says, since places move."""
    return tuple(each for each in overrides if each.model_dump_json() != spelled)
