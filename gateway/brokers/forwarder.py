"""Carries what waits to the broker, in order, once the broker is there again."""

import asyncio
from collections.abc import Sequence

import structlog

from core.errors import Unavailable
from core.queues import INBOUND, Queue
from gateway.brokers.backlog import Backlog
from gateway.brokers.backlog_file import Waiting
from gateway.brokers.patience import persist
from gateway.brokers.rabbit_session import Declined

_TOGETHER = 100
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 3.0

_log = structlog.get_logger(__name__)


class Forwarder:
    """Knows whether the broker is away, and passes through the backlog until nothing waits.

    A row leaves the file only when the broker has confirmed it: a crash sends it twice, never not at all.
    """

    def __init__(self, backlog: Backlog, broker: Queue) -> None:
        self.is_away = False
        self._backlog = backlog
        self._broker = broker
        self._news = asyncio.Event()
        self._pause = _FIRST_PAUSE

    def tell(self) -> None:
        """Something waits."""
        self._news.set()

    def went_away(self, trouble: Unavailable) -> None:
        """From now on nobody waits for the broker, until something went through again."""
        if not self.is_away:
            _log.warning("broker_away", cause=str(trouble))
        self.is_away = True
        self._news.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self._step()
            except Unavailable as trouble:
                _log.warning("backlog_unavailable", cause=str(trouble))
                await self._rest()
            except Exception as error:  # noqa: BLE001 - what waits must not wait for the next start
                _log.error("forwarding_failed", cause=type(error).__name__)
                await self._rest()

    async def _step(self) -> None:
        if len(self._backlog):
            await self._pass()
        elif self.is_away:
            await self._ask()
        else:
            self._news.clear()
            await self._news.wait()

    async def _ask(self) -> None:
        """Nothing waits that would tell, as where nothing could be stored: ask the broker itself."""
        try:
            await self._broker.publish(INBOUND, [])
        except Unavailable:
            await self._rest()
        else:
            self._came_back()

    async def _pass(self) -> None:
        """Once through the backlog, oldest first: one message at a time until one goes through.

        What does not go through keeps its key waiting until the next pass and nothing else, so that
        one message that the broker never takes stops no other.
        """
        after, limit = 0, 1
        stuck: set[tuple[str, str]] = set()
        while rows := await self._backlog.oldest(after, limit):
            after = rows[-1].id
            done, troubles = await self._carry([each for each in rows if _name(each) not in stuck])
            stuck |= {_name(each) for each in rows} - {_name(each) for each in done} | set(troubles)
            if done:
                self._came_back()
            broken = [each for each in troubles.values() if not isinstance(each, Declined)]
            if broken and not done:
                self.went_away(broken[0])
                await self._rest()
            limit = 1 if broken or self.is_away else _TOGETHER
        if stuck:
            await self._rest()

    async def _carry(
        self, rows: Sequence[Waiting]
    ) -> tuple[list[Waiting], dict[tuple[str, str], Unavailable]]:
        """Which of `rows` the broker has now, and what stopped the others of a key."""
        by_key: dict[tuple[str, str], list[Waiting]] = {}
        for row in rows:
            by_key.setdefault(_name(row), []).append(row)
        outcomes = await asyncio.gather(*(self._carry_key(each) for each in by_key.values()))
        done = [row for carried, _ in outcomes for row in carried]
        if done:
            await persist(lambda: self._backlog.remove(done), "backlog_unavailable")
        return done, {name: trouble for name, (_, trouble) in zip(by_key, outcomes, strict=True) if trouble}

    async def _carry_key(self, rows: Sequence[Waiting]) -> tuple[Sequence[Waiting], Unavailable | None]:
        # One after the other: a broker that takes the second and not the first would swap them.
        for number, row in enumerate(rows):
            try:
                await self._broker.publish(row.queue, [row.publication])
            except Unavailable as trouble:
                return rows[:number], trouble
        return rows, None

    def _came_back(self) -> None:
        if self.is_away:
            _log.warning("broker_back", waiting=len(self._backlog))
        self.is_away = False
        self._pause = _FIRST_PAUSE

    async def _rest(self) -> None:
        await asyncio.sleep(self._pause)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)


def _name(row: Waiting) -> tuple[str, str]:
    return row.queue, row.publication.key
