"""An entry's words as they may be shown: what the profile hides is hidden wherever they stand (LGPD art. 6 III)."""

import re
from dataclasses import dataclass
from html import unescape

from core.policy.sensitive import is_found, masked
from core.profile import Sensitive
from core.tickets.tables import Entry

# No `<` inside: on a row of nothing else every one of them is looked at once.
_TAG = re.compile(r"<[^<>]*>")
NOTHING_HIDDEN = Sensitive()


@dataclass(frozen=True, slots=True)
class Words:
    """What is shown of an entry; `html` is None where it would show what is hidden elsewhere."""

    subject: str
    text: str
    full_text: str
    html: str | None
    is_masked: bool


def words_of(entry: Entry, rules: Sensitive, *, is_agent: bool) -> Words:
    """The words of `entry` for an agent, or for a customer.

    An agent's mail quotes what we wrote to him, and names him: none of it is a customer's (O07).
    """
    sees_whole = is_agent or entry.author_role != "agent"
    said = (entry.subject, entry.text, entry.full_text if sees_whole else entry.text)
    html = (entry.html or None) if sees_whole else None
    if not rules.mask:
        return Words(*said, html, is_masked=False)
    subject, text = masked(said[0], rules), masked(said[1], rules)
    shown = (subject, text, text if said[2] == said[1] else masked(said[2], rules))
    is_masked = shown != said or (html is not None and _is_in(html, rules))
    return Words(*shown, None if is_masked else html, is_masked)


def hides_html(entry: Entry, rules: Sensitive) -> bool:
    """Whether the HTML of `entry` is not to be shown."""
    return words_of(entry, rules, is_agent=True).is_masked


def _is_in(html: str, rules: Sensitive) -> bool:
    return is_found(unescape(_TAG.sub("", html)), rules.mask, rules.health_words)
