"""Which keys sign our mail: `GUICHE_DKIM_KEY` read into names, the files themselves being read where mail is sent."""

import re
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")


@dataclass(frozen=True, slots=True)
class DkimKey:
    """One key: the selector and the domain it is published under (RFC 6376 §3.1), and its file."""

    selector: str
    domain: str
    path: Path

    @property
    def record(self) -> str:
        """The name of the TXT record that publishes it."""
        return f"{self.selector}._domainkey.{self.domain}"


def parse_dkim_keys(text: str) -> tuple[DkimKey, ...]:
    """`selector:domain:path`, several separated by spaces; ValueError where it is none."""
    keys = [_key(part) for part in text.split()]
    if len({key.record for key in keys}) < len(keys):
        raise ValueError("names a selector of a domain twice")
    return tuple(keys)


def _key(text: str) -> DkimKey:
    selector, _, rest = text.partition(":")
    domain, _, path = rest.partition(":")
    if not (_NAME.fullmatch(selector.lower()) and _NAME.fullmatch(domain.lower()) and path):
        raise ValueError("must be selector:domain:path")
    return DkimKey(selector.lower(), domain.lower(), Path(path))
