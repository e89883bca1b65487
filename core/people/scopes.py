"""What a person may ask of the desk, as the row keeps it: words of `Scope`, by spaces."""

from collections.abc import Iterable

from core.profile import Scope

# Whoever speaks for an organization may ask for everything, until something is taken from him (S4-03).
TOTAL = tuple(Scope)


def spelled(scopes: Iterable[Scope]) -> str:
    """The scopes as the row keeps them, each once and in the order of `Scope`."""
    wanted = set(scopes)
    return " ".join(each.value for each in Scope if each in wanted)


def scopes_of(text: str) -> tuple[str, ...]:
    """The scopes a row keeps."""
    return tuple(text.split())
