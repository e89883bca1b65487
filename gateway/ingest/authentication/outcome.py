"""What a check of one method comes to."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The words of RFC 8601 §2.7 that we use; `SKIPPED` and `UNALIGNED` say that nothing was asked."""

    PASS = "pass"
    FAIL = "fail"
    NONE = "none"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"
    POLICY = "policy"
    SKIPPED = "skipped"
    UNALIGNED = "unaligned"


@dataclass(frozen=True, slots=True)
class Checked:
    """An outcome, and the domain it is about where one helps the reader."""

    outcome: Outcome
    domain: str = ""

    def __str__(self) -> str:
        return f"{self.outcome}({self.domain})" if self.domain else str(self.outcome)
