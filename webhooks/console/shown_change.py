"""A change of administrator as the card on its ticket's page shows it."""

from collections.abc import Mapping
from typing import Any

from webhooks.console.labels import change_state_label
from webhooks.undeceiving import undeceived

# Why one failed is told in the thread; what people typed is shown as it stands.
_TYPED = ("rejected", "contested")


def shown_change(change: Mapping[str, Any], href: str, language: str) -> Mapping[str, Any]:
    """The change's JSON with labels, and with names that deceive nobody; `href` is its ticket's page."""
    return {
        **change, "state_label": change_state_label(language, change["state"]),
        "name": undeceived(change["name"] or ""), "replaces": undeceived(change["replaces"] or ""),
        "reason": undeceived(change["reason"] or "") if change["state"] in _TYPED else "",
        "is_masked": "*" in (change["cpf"] or ""), "href": f"{href}/administrator-change",
    }  # fmt: skip
