"""Links that nobody can click by accident, in the words of somebody who did not prove who he is (SECURITY.md L14)."""

import re

_SCHEME = re.compile(r"\b(h)tt(ps?://)", re.IGNORECASE)
_WWW = re.compile(r"\b(www)\.", re.IGNORECASE)


def defanged(text: str) -> str:
    """`https://` as `hxxps://` and `www.` as `www[.]`: still to be read, and no mail program makes a link of it."""
    return _WWW.sub(r"\1[.]", _SCHEME.sub(r"\1xx\2", text))
