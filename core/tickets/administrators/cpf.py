"""A CPF as a change of administrator keeps and shows it."""

import re

from core.people import documents

_DASHES = re.compile(r"[\s\u2010-\u2015\u2212]")


def canonical_cpf(text: str) -> str | None:
    """The eleven digits of `text`, also with the dashes of word processors; None where they are no CPF."""
    return documents.canonical_cpf(_DASHES.sub("-", text))


def masked_cpf(digits: str) -> str:
    """All but the last two digits hidden."""
    return f"***.***.***-{digits[-2:]}" if digits else ""
