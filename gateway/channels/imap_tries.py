"""Messages that could not be taken yet: how often each was tried, and when it is its turn again (L11)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

MAX_TRIES = 5
PAUSES = (30.0, 60.0, 120.0, 240.0)


@dataclass(slots=True)
class Tries:
    """The failing messages of one folder, by UID; the rest of the folder flows past them (N04)."""

    pauses: Sequence[float] = PAUSES
    # Several mails asked for at once were not handed over: one of them is to blame, and alone it shows.
    singly: bool = False
    _uid_validity: int = 0
    _counts: dict[int, int] = field(default_factory=dict)
    _due: dict[int, float] = field(default_factory=dict)

    def recall(self, uid_validity: int, uid: int, count: int) -> None:
        """What an earlier process wrote down; it may be tried at once. Under new numbers all begins anew."""
        if uid_validity != self._uid_validity:
            self._uid_validity = uid_validity
            self._counts.clear()
            self._due.clear()
        if uid and uid not in self._counts:
            self._counts[uid] = count
            self._due[uid] = 0.0

    def failed(self, uid: int) -> int:
        """Once more in vain; how often so far."""
        self._counts[uid] = count = self._counts.get(uid, 0) + 1
        pause = self.pauses[min(count, len(self.pauses)) - 1]
        self._due[uid] = asyncio.get_running_loop().time() + pause
        return count

    def over(self, uid: int) -> None:
        """It was taken, set aside, or went away."""
        self._counts.pop(uid, None)
        self._due.pop(uid, None)

    def count(self, uid: int) -> int:
        return self._counts.get(uid, 0)

    def is_due(self, uid: int) -> bool:
        return self._due.get(uid, 0.0) <= asyncio.get_running_loop().time()

    def first(self) -> tuple[int, int]:
        """The lowest failing UID and its count; zeros when all is well."""
        uid = min(self._counts, default=0)
        return uid, self._counts.get(uid, 0)

    def next_in(self, longest: float) -> float:
        """Seconds until the next of them is due, at most `longest`."""
        soonest = min(self._due.values(), default=float("inf")) - asyncio.get_running_loop().time()
        return max(0.0, min(soonest, longest))
