"""Mail domains side by side: the organizational domain, and alignment with the From (RFC 7489 §3.1)."""

import re
from functools import cache

from publicsuffixlist import PublicSuffixList

_DOMAIN = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)+")
_MAX_DOMAIN = 253


def domain_of(address: str) -> str:
    """The domain of an address, or the text itself where it is one; empty for what is none."""
    domain = address.rpartition("@")[2].lower().removesuffix(".")
    return domain if len(domain) <= _MAX_DOMAIN and _DOMAIN.fullmatch(domain) else ""


def is_aligned(domain: str, with_from: str, *, strict: bool) -> bool:
    """Whether what proved `domain` proves the From's domain too."""
    if not domain or not with_from:
        return False
    return domain == with_from or (not strict and organizational(domain) == organizational(with_from))


def organizational(domain: str) -> str:
    """The domain somebody registered: one label more than a public suffix; the suffix itself stands alone."""
    return str(_public_suffixes().privatesuffix(domain) or domain)


@cache
def _public_suffixes() -> PublicSuffixList:
    """The list that ships with the package; read once, when the first mail needs it."""
    return PublicSuffixList()
