"""How often the same one may come: token buckets, each over several spans of time, in bounded memory."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.decision import Reason
from core.errors import Refused

MAX_KEYS = 50_000


@dataclass(frozen=True, slots=True)
class Span:
    """At most `most` at once, and as many again in `seconds`."""

    most: int
    seconds: float


class LimitReached(Refused):
    """`rate_limited`; `retry_after` are the seconds after which one more would be taken."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(Reason.RATE_LIMITED)
        self.retry_after = retry_after


@dataclass(slots=True)
class _Bucket:
    """What is left for each span, as of `at`."""

    left: list[float]
    at: float


class Rates:
    """Buckets by key; keys are pseudonyms or names of ours. Each process counts for itself.

    `clock` counts seconds and never goes back. Beyond `MAX_KEYS` the bucket asked for longest ago
    is forgotten: by then it has mostly filled up again.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, wanted: Mapping[str, Sequence[Span]]) -> None:
        """Take one of every key, or, where one has none left, of no key at all: raises `LimitReached`."""
        now = self._clock()
        buckets = [(self._filled(key, spans, now), spans) for key, spans in wanted.items()]
        waits = [
            (1 - left) * span.seconds / span.most
            for bucket, spans in buckets
            for left, span in zip(bucket.left, spans, strict=True)
            if left < 1
        ]
        if waits:
            raise LimitReached(max(1, math.ceil(max(waits))))
        for bucket, _ in buckets:
            bucket.left = [left - 1 for left in bucket.left]

    def _filled(self, key: str, spans: Sequence[Span], now: float) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket([float(span.most) for span in spans], now)
            while len(self._buckets) > MAX_KEYS:
                self._buckets.popitem(last=False)
            return bucket
        passed = now - bucket.at
        bucket.left = [
            min(float(span.most), left + passed * span.most / span.seconds)
            for left, span in zip(bucket.left, spans, strict=True)
        ]
        bucket.at = now
        self._buckets.move_to_end(key)
        return bucket
