"""Who is to become administrator, read from the labelled lines of a board's mail; pure (S4-22)."""

import re
import unicodedata
from collections.abc import Iterator

from core.people.addresses import canonical_email
from core.tickets.administrators.asked import Asked
from core.tickets.administrators.cpf import canonical_cpf

# What stands further down is for the eyes of agents; so are lines that nobody types.
_MAX_TEXT = 20_000
_MAX_NAME, _MAX_REPLACED = 200, 320
_SPACES = {ord(each): " " for each in "\u00a0\u2007\u2009\u202f\u3000"}
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
_MARKS = "*_ \t"

_WHOSE = (
    r"(?: d[oae](?:\(a\))? nov[oa](?:\(a\))? administrador(?:a|\(a\))?| of the new administrator)?"
)
_LABELS = (
    rf"(?P<name>(?:nome(?: completo)?|(?:full )?name){_WHOSE})"
    rf"|(?P<cpf>(?:n[ºo°.] do )?cpf(?: n[ºo°.]\.?)?{_WHOSE})"
    rf"|(?P<email>(?:endere[çc]o (?:de )?)?e-?mail(?: address)?{_WHOSE}|endere[çc]o eletr[ôo]nico{_WHOSE})"
    r"|(?P<replaces>substitui(?: [oa])?|replaces|(?:em )?substitui[çc][ãa]o (?:[aàoe]|ao|d[aoe]))"
)
_BULLET = r"[\s*_#+•·●▪◦‣–—-]{0,20}(?:\(?[0-9a-z]{1,2}[.)][\s*_]{0,5})?"
_LABEL = re.compile(
    rf"(?:^{_BULLET}|[,;|/\t][\s*_]{{0,20}}| {{2,20}}[*_]{{0,3}})(?:{_LABELS})[*_ ]{{0,5}}[:：]", re.IGNORECASE
)
_CPF = re.compile(r"(?<![0-9])(?:[0-9][\s.\-/\u2010-\u2015\u2212]{0,2}){11}(?![0-9])")
_ADDRESS = re.compile(r"""[^\s<>()\[\],;:"'|]{1,100}@[^\s<>()\[\],;:"'|@]{1,255}""")


def read_asked(text: str) -> Asked:
    """What the labelled lines of `text` say; what they say twice, differently, counts as not said.

    Lines quoted from other mails are nobody's request and are left out.
    """
    said: dict[str, list[str]] = {"name": [], "cpf": [], "email": [], "replaces": []}
    plain = unicodedata.normalize("NFC", text[:_MAX_TEXT]).translate(_SPACES | _INVISIBLE)
    for field, value in _labelled(plain):
        said[field].append(value)
    return Asked(
        name=_only({name_of(each) for each in said["name"]}),
        cpf=_only({found for each in said["cpf"] for found in _cpfs(each)}),
        email=_only({found for each in said["email"] for found in _addresses(each)}),
        # Two of them are nobody's name: whoever approves is made to say which.
        replaces=" / ".join(sorted({replaced_of(each) for each in said["replaces"]} - {""}))[:_MAX_REPLACED],
    )


def _labelled(text: str) -> Iterator[tuple[str, str]]:
    """Each label with what follows it, on its line or, where nothing does, on the next."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(">")]
    for number, line in enumerate(lines):
        labels = list(_LABEL.finditer(line))
        for at, label in enumerate(labels):
            end = labels[at + 1].start() if at + 1 < len(labels) else len(line)
            value = line[label.end() : end].strip(_MARKS)
            following = lines[number + 1] if number + 1 < len(lines) else ""
            if not value and end == len(line) and not _LABEL.search(following):
                value = following.strip(_MARKS)
            if value:
                yield str(label.lastgroup), value


def _only(found: set[str]) -> str:
    return found.pop() if len(found) == 1 else ""


def name_of(value: str) -> str:
    """A name as it is kept, or nothing where it is none."""
    name = " ".join(value.split()).strip("*_ .,;|\"'<>")
    is_a_name = name.isprintable() and sum(each.isalpha() for each in name) >= 2 and "@" not in name
    return name if is_a_name and len(name) <= _MAX_NAME else ""


def _cpfs(value: str) -> Iterator[str]:
    for found in _CPF.findall(value) or [value]:
        yield canonical_cpf(found) or ""


def _addresses(value: str) -> Iterator[str]:
    for found in _ADDRESS.findall(value) or [value]:
        # As `_maria@escola.example_` stands for italics, where an underscore in front may be the address's own.
        bare = found.strip("*").rstrip(".")
        bare = bare[1:-1] if bare.startswith("_") and bare.endswith("_") else bare
        yield canonical_email(bare) or ""


def replaced_of(value: str) -> str:
    """The address in `value`, or the name it is, or nothing."""
    if "@" in value:
        return " / ".join(sorted(set(_addresses(value)) - {""}))
    return name_of(value)
