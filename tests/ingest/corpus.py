"""The mails of tests/corpus/mail and how right we read them."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "corpus" / "mail"


@dataclass(frozen=True)
class Case:
    """A mail and the fields that are known of it."""

    group: str
    name: str

    @property
    def raw(self) -> bytes:
        return (FOLDER / self.group / f"{self.name}.eml").read_bytes()

    @cached_property
    def expected(self) -> dict[str, object]:
        return json.loads((FOLDER / self.group / f"{self.name}.json").read_text("utf-8"))

    @property
    def fields(self) -> dict[str, object]:
        return {key: value for key, value in self.expected.items() if key != "misses"}

    @property
    def misses(self) -> list[str]:
        return sorted(self.expected.get("misses", []))

    def wrong(self, read: dict[str, object]) -> dict[str, tuple[object, object]]:
        """The fields read otherwise: what was read, what should have been."""
        return {
            key: (_like(read.get(key), value), value)
            for key, value in self.fields.items()
            if _like(read.get(key), value) != value
        }


def cases() -> list[Case]:
    return [Case(path.parent.name, path.stem) for path in sorted(FOLDER.glob("*/*.eml"))]


def _like(read: object, expected: object) -> object:
    """`read` with as much of its attachments as is expected of them."""
    if not (isinstance(read, list) and isinstance(expected, list) and expected and isinstance(expected[0], dict)):
        return read
    shapes = [*expected, *[expected[-1]] * len(read)]
    return [{key: each.get(key) for key in shape} for each, shape in zip(read, shapes, strict=False)]


@dataclass
class Score:
    """How much of a group was read right."""

    fields: int = 0
    fields_right: int = 0
    mails: int = 0
    mails_right: int = 0

    def add(self, fields: int, wrong: int) -> None:
        self.fields += fields
        self.fields_right += fields - wrong
        self.mails += 1
        self.mails_right += wrong == 0

    def __str__(self) -> str:
        return (
            f"fields {self.fields_right}/{self.fields} ({_percent(self.fields_right, self.fields)}), "
            f"whole mails {self.mails_right}/{self.mails} ({_percent(self.mails_right, self.mails)})"
        )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


# How a test's report carries the score from the process that read the mail.
PROPERTY = "mail read right"
scores: dict[str, Score] = defaultdict(Score)


def lines() -> Sequence[str]:
    """The score by group and over all, for the end of the tests' run."""
    whole = Score()
    for each in scores.values():
        whole.fields += each.fields
        whole.fields_right += each.fields_right
        whole.mails += each.mails
        whole.mails_right += each.mails_right
    return [f"{name:12}{score}" for name, score in [*sorted(scores.items()), ("all", whole)]]
