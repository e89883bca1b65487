"""Brazilian documents, CPF and CNPJ: one canonical form of each, or none where the check digits are wrong."""

import re

from validate_docbr import CNPJ, CPF

_SEPARATORS = str.maketrans("", "", " .-/")
_CPF = re.compile(r"[0-9]{11}", re.ASCII)
# Letters stand in the first twelve places since 2026; the check digits stay digits (IN RFB 2.229/2024).
_CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}", re.ASCII)


def canonical_document(text: str) -> str | None:
    """The CPF or CNPJ without punctuation, letters upper-case; None where it is neither."""
    return canonical_cpf(text) or canonical_cnpj(text)


def canonical_cpf(text: str) -> str | None:
    """Eleven digits, or None; one digit eleven times is nobody's though its sums are right."""
    digits = _bare(text)
    # The library fills short ones up with zeros and takes them, so the form is asked first.
    return digits if _CPF.fullmatch(digits) and CPF().validate(digits) else None


def canonical_cnpj(text: str) -> str | None:
    """Fourteen digits, or letters and digits in the form of 2026; None where it is none."""
    key = _bare(text)
    return key if _CNPJ.fullmatch(key) and CNPJ().validate(key) else None


def _bare(text: str) -> str:
    # What lies outside ASCII may turn into a letter when it is made upper-case.
    return text.strip(" \t").translate(_SEPARATORS).upper() if text.isascii() else ""
