"""Blobs in a bucket of S3 or of anything that speaks like it; the only module that knows obstore."""

from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from core.attachments.bucket import Bucket, wrong
from core.errors import Unavailable

if TYPE_CHECKING:
    from obstore.store import ClientConfig

T = TypeVar("T")

# Whoever sends us a mail waits for this: better into the spool than minutes of hope.
_CONNECT = timedelta(seconds=3)
_WHOLE = timedelta(seconds=60)
_RETRIES, _RETRY_FOR = 2, timedelta(seconds=5)
_PAUSE, _LONGEST_PAUSE = timedelta(milliseconds=100), timedelta(seconds=1)
_ASIDE = "aside/"
_CHUNK = 1000


class S3Blobs:
    """A bucket with one object for each digest, under the names that files have, too."""

    def __init__(self, bucket: Bucket) -> None:
        options: dict[str, str] = {}
        if bucket.key:
            options |= {"access_key_id": bucket.key, "secret_access_key": bucket.secret}
        if bucket.region:
            options["region"] = bucket.region
        if bucket.endpoint:
            options["endpoint"] = bucket.endpoint
        client: ClientConfig = {
            "connect_timeout": _CONNECT, "timeout": _WHOLE, "allow_http": bucket.endpoint.startswith("http://"),
        }  # fmt: skip
        try:
            self._store = S3Store(
                bucket.name, prefix=bucket.prefix or None, config=options,  # type: ignore[arg-type]
                # An endpoint of one's own has no name for each bucket.
                virtual_hosted_style_request=not bucket.endpoint, client_options=client,
                retry_config={
                    "max_retries": _RETRIES, "retry_timeout": _RETRY_FOR,
                    "backoff": {"init_backoff": _PAUSE, "max_backoff": _LONGEST_PAUSE, "base": 2},
                },
            )  # fmt: skip
        except (BaseError, ValueError) as error:
            # Its text may repeat what it was given.
            raise wrong("the library for S3 does not accept it") from error

    async def put(self, digest: str, content: bytes) -> None:
        with suppress(AlreadyExistsError):
            await _answered(obstore.put_async(self._store, _key(digest), content, mode="create"))

    async def get(self, digest: str) -> bytes | None:
        # Again at the end, for it may have been restored between the first two.
        for key in (_key(digest), _ASIDE + digest, _key(digest)):
            with suppress(FileNotFoundError):
                return await _answered(self._read(key))
        return None

    async def listed(self, before: datetime, *, aside: bool = False) -> AsyncIterator[Sequence[str]]:
        chunks = obstore.list(self._store, _ASIDE if aside else None, chunk_size=_CHUNK).__aiter__()
        with suppress(StopAsyncIteration):
            while True:
                chunk = await _answered(anext(chunks))
                found = [each["path"] for each in chunk if each["last_modified"] < before]
                yield [path.rpartition("/")[2] for path in found if path.startswith(_ASIDE) == aside]

    async def set_aside(self, digest: str) -> None:
        await self._move(_key(digest), _ASIDE + digest)

    async def restore(self, digest: str) -> None:
        await self._move(_ASIDE + digest, _key(digest))

    async def drop(self, digest: str) -> None:
        await self._delete(_ASIDE + digest)

    async def _read(self, key: str) -> bytes:
        found = await obstore.get_async(self._store, key)
        return bytes(await found.bytes_async())

    async def _move(self, source: str, target: str) -> None:
        with suppress(FileNotFoundError):
            await _answered(obstore.copy_async(self._store, source, target))
        await self._delete(source)

    async def _delete(self, key: str) -> None:
        with suppress(FileNotFoundError):
            await _answered(obstore.delete_async(self._store, key))


def _key(digest: str) -> str:
    return f"{digest[:2]}/{digest}"


async def _answered(asked: Awaitable[T]) -> T:
    """The answer; that something is missing, or there already, is one, too."""
    try:
        return await asked
    except (AlreadyExistsError, StopAsyncIteration):
        raise
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise Unavailable("the bucket of the blobs is missing") from error
        raise
    except (BaseError, OSError, ValueError) as error:
        raise Unavailable("the store of the blobs does not answer as it should") from error
