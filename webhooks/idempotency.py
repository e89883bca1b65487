"""The same request twice is one request: `Idempotency-Key`, for 24 hours, within one token's scope."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from aiohttp import web
from tortoise.exceptions import IntegrityError

from core import clock
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.idempotency import IdempotencyKey
from core.ids import new_id

KEPT = timedelta(hours=24)
LEASE = timedelta(seconds=30)
_PAUSE = 0.03
_MAX_KEY = 255


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer that can be given again."""

    status: int
    body: Mapping[str, object]
    location: str = ""

    def response(self) -> web.Response:
        headers = {"Location": self.location} if self.location else {}
        text = json.dumps(self.body, ensure_ascii=False)
        return web.Response(status=self.status, text=text, content_type="application/json", headers=headers)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a request. The same key gives the same ids, so running twice files once."""

    intake_id: UUID
    dedupe_key: str


Run = Callable[[Attempt], Awaitable[Answer]]


async def once(request: web.Request, scope: str, body_digest: str, run: Run) -> Answer:
    """Run, or give the answer of an earlier request with the same key; without a key just run.

    `scope` names the channel and the token. Another body under the same key is refused; one in
    flight is waited for, and taken over when its process died. Only successes are kept.
    """
    key = _key(request)
    if key is None:
        intake_id = new_id()
        return await run(Attempt(intake_id, f"{scope}:{intake_id.hex}"))
    digest = hashlib.sha256(f"{scope}\x00{key}".encode("utf-8", "surrogateescape")).hexdigest()
    row = await _take(digest, body_digest)
    if row.status is not None:
        return _stored(row)
    return await _run_and_keep(row, scope, run)


def _key(request: web.Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= _MAX_KEY:
        raise InvalidFields({"Idempotency-Key": ["must have at most 255 characters"]})
    return key


async def _take(digest: str, body_digest: str) -> IdempotencyKey:
    """The key's row: ours to run, or answered by now."""
    while True:
        now = clock.now()
        row = await IdempotencyKey.get_or_none(key=digest)
        if row is None:
            row = await _insert(digest, body_digest, now)
            if row is not None:
                return row
        elif row.expires_at <= now:
            await IdempotencyKey.filter(key=digest, expires_at=row.expires_at).delete()
        elif row.body_digest != body_digest:
            raise Refused(Reason.IDEMPOTENCY_CONFLICT)
        elif row.status is not None or await _took_over(row, now):
            return row
        else:
            await asyncio.sleep(_PAUSE)


async def _insert(digest: str, body_digest: str, now: datetime) -> IdempotencyKey | None:
    try:
        return await IdempotencyKey.create(
            key=digest, body_digest=body_digest, answer=_lease(now), created_at=now, expires_at=now + KEPT
        )
    except IntegrityError:
        return None  # Another request was faster.


def _lease(now: datetime) -> str:
    """Until there is an answer, its place holds how long whoever runs may take."""
    return (now + LEASE).isoformat()


async def _took_over(row: IdempotencyKey, now: datetime) -> bool:
    if row.answer and datetime.fromisoformat(row.answer) > now:
        return False
    unanswered = IdempotencyKey.filter(key=row.key, status=None, answer=row.answer)
    return bool(await unanswered.update(answer=_lease(now)))


async def _run_and_keep(row: IdempotencyKey, scope: str, run: Run) -> Answer:
    # The row's birth is part of it: after a day the same key is another request.
    seed = hashlib.sha256(f"{row.key}\x00{row.created_at.timestamp()}".encode()).digest()
    try:
        answer = await run(Attempt(UUID(bytes=seed[:16], version=5), f"{scope}:{seed.hex()}"))
    except Refused:
        # Nothing was done, so the key is free for the corrected request.
        await IdempotencyKey.filter(key=row.key, status=None).delete()
        raise
    except Exception:
        # It may have been stored all the same: whoever asks again takes over at once.
        await IdempotencyKey.filter(key=row.key, status=None).update(answer="")
        raise
    kept = json.dumps({"body": answer.body, "location": answer.location})
    await IdempotencyKey.filter(key=row.key).update(status=answer.status, answer=kept)
    return answer


def _stored(row: IdempotencyKey) -> Answer:
    kept = json.loads(row.answer or "{}")
    return Answer(row.status or 200, kept["body"], kept["location"])
