"""A person of the directory as the portal shows him: words for codes, and what one may do about him."""

from collections.abc import Mapping
from typing import Any

from core.profile import Scope
from webhooks.console.labels import identity_label, person_role_label, scope_label
from webhooks.portal.managed import Managed


def shown_person(row: Mapping[str, Any], language: str, managed: Managed) -> dict[str, Any]:
    """`row` of `core.people.person_rows` with what the templates say of it."""
    scopes = [(each.value, scope_label(language, each.value), each.value in row["scopes"]) for each in Scope]
    return {
        **row,
        "href": f"{managed.path}/{row['id']}",
        "is_oneself": row["id"] == managed.own_id,
        "role_label": person_role_label(language, row["role"]),
        "scope_labels": [label for _, label, holds in scopes if holds],
        "scope_choices": scopes,
        "identities": [
            {"label": identity_label(language, each["kind"]), "value": _value(each)} for each in row["identities"]
        ],
    }


def _value(identity: Mapping[str, Any]) -> str:
    """A linked chat's number says nothing to anybody: only the bot's name is shown."""
    value = str(identity["value"])
    return value.partition(":")[0] if identity["kind"] == "telegram" else value
