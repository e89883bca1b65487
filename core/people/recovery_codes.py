"""Codes on paper for who has lost his telephone: each opens once in place of the second factor."""

import secrets

from core.people.secret_texts import digest_of

HOW_MANY = 8
LENGTH = 12
# No 0, O, 1, I or L: somebody types it from paper. Twelve of 31 are 59 bits, beyond any guessing of 100 tries.
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def new_codes() -> list[str]:
    """Fresh codes in three groups, told only now."""
    return ["-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(LENGTH // 4))
            for _ in range(HOW_MANY)]  # fmt: skip


def digest_of_code(code: str) -> str:
    """What is kept of a code, however it is typed."""
    return digest_of("".join(each for each in code.upper() if each.isascii() and each.isalnum()))
