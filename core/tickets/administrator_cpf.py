"""A CPF as an administrator change keeps it: eleven digits whose check digits are right, or nothing."""

import re

from validate_docbr import CPF

_SEPARATORS = re.compile(r"[\s.\-/\u2010-\u2015\u2212]")
_checker = CPF()


def canonical_cpf(text: str) -> str | None:
    """The eleven digits of `text`; None where they are none, or their check digits are wrong."""
    digits = _SEPARATORS.sub("", text)
    is_possible = len(digits) == 11 and digits.isascii() and digits.isdigit()
    return digits if is_possible and _checker.validate(digits) else None


def masked_cpf(digits: str) -> str:
    """All but the last two digits hidden."""
    return f"***.***.***-{digits[-2:]}" if digits else ""
