"""What a server in front of us found: one `Authentication-Results`, read strictly (RFC 8601)."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from gateway.ingest.authentication.domains import domain_of
from gateway.ingest.authentication.signed_mail import SignedMail

_MAX_VALUE = 8 * 1024
_MAX_RESULTS = 50
# White space, a comment, a quoted text, or plain text; comments within comments are not read.
_PIECE = re.compile(r'([ \t\r\n]++|\((?:[^()\\]++|\\.)*\))|"([^"\\]*+)"|([^\s()"]++)', re.DOTALL)
_EQUALS = re.compile(r" ?= ?")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Result:
    """One method's result, with its properties (`header.d` and the like) in lower case."""

    method: str
    result: str
    properties: dict[str, str]


def results_of(mail: SignedMail, authserv_id: str) -> list[Result]:
    """The results of the topmost header of that id; none where it cannot be read to its end."""
    for field in mail.all(b"authentication-results")[:_MAX_RESULTS]:
        name, _, rest = _plain(field.value.decode("ascii", "replace")).partition(";")
        if name.split()[:1] == [authserv_id.lower()]:
            return _results(rest)
    return []


def parse_results(text: str) -> list[Result]:
    """The results in `text`; an empty list where any part of it is not as the standard has it."""
    return _results(_plain(text))


def proves(results: list[Result], from_domain: str, aligns: Callable[[str], bool]) -> str:
    """By which method the From is proven, `dmarc` before the others; empty where by none."""
    if any(each.method == "dmarc" and each.result == "pass" and _says(each, from_domain) for each in results):
        return "dmarc"
    if any(each.method == "dmarc" and each.result == "fail" for each in results):
        return ""
    for each in results:
        if each.result == "pass" and each.method in _DOMAINS and aligns(_domain(each)):
            return each.method
    return ""


_DOMAINS = {"dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom", "smtp.helo")}


def _domain(result: Result) -> str:
    named = [result.properties[each] for each in _DOMAINS[result.method] if result.properties.get(each)]
    return domain_of(named[0]) if named else ""


def _says(result: Result, from_domain: str) -> bool:
    return domain_of(result.properties.get("header.from", "")) == from_domain


def _plain(text: str) -> str:
    """In lower case without comments, quotes and folding; empty where it cannot be told what is what."""
    if len(text) > _MAX_VALUE:
        return ""
    pieces: list[str] = []
    at = 0
    while at < len(text):
        match = _PIECE.match(text, at)
        if match is None:
            return ""
        space, quoted, plain = match.groups()
        if quoted is not None:
            # As one word, so that nothing in it is taken for a property.
            pieces.append(re.sub(r"[\s;=]", "?", quoted) or "?")
        else:
            pieces.append(" " if space else plain)
        at = match.end()
    return _EQUALS.sub("=", re.sub(" +", " ", "".join(pieces))).lower()


def _results(plain: str) -> list[Result]:
    found: list[Result] = []
    for part in plain.split(";"):
        words = part.split()
        if not words or words == ["none"]:
            continue
        result = _result(words)
        if result is None or len(found) >= _MAX_RESULTS:
            return []
        found.append(result)
    return found


def _result(words: list[str]) -> Result | None:
    """`method[/version]=result *(name=value)`."""
    pairs = [word.partition("=") for word in words]
    names = [name for name, _, _ in pairs]
    method, _, _ = names[0].partition("/")
    said = pairs[0][2]
    if not all(equals and _WORD.fullmatch(name.partition("/")[0]) for name, equals, _ in pairs):
        return None
    if not _WORD.fullmatch(said) or len(set(names)) != len(names):
        return None  # a property said twice says nothing
    return Result(method, said, {name: value for name, _, value in pairs[1:]})
