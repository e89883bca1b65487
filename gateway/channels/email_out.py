"""Mail out: a letter becomes bytes and goes to the relay, or to the outbox where there is none."""

import asyncio
from collections.abc import Sequence

from core.attachments import BlobStore, fetch
from core.settings import Settings
from core.tickets.addressing import files_of
from core.tickets.letters import Facts, Letter, PostOffice, write_letter
from core.tickets.tables import EntryAttachment
from gateway.channels.dkim_keyring import load_keyring
from gateway.channels.dkim_signing import signed
from gateway.channels.failure import SendFailed
from gateway.channels.mail_bytes import File, mail_bytes
from gateway.channels.outbox import Outbox
from gateway.channels.relay import WHOLE_SECONDS, Relay

LONG_TEXT = 50_000


class EmailOut:
    """The desk's way out by mail; one mail for each recipient, so nobody learns of another (O05)."""

    def __init__(self, settings: Settings, post: PostOffice, blobs: BlobStore) -> None:
        self._post = post
        self._blobs = blobs
        self._relay = Relay(settings.relay_url, post.profile.mail_domain) if settings.relay_url else None
        self._outbox = Outbox(settings.data_dir / "outbox")
        self._keys = load_keyring(settings.dkim_key)

    async def send(self, facts: Facts) -> None:
        """Return once the letter is handed over; raises `SendFailed`, before another dispatcher may take it."""
        try:
            async with asyncio.timeout(WHOLE_SECONDS):
                await self._hand_over(facts)
        except TimeoutError:
            raise SendFailed("the message could not be handed over in time") from None

    async def close(self) -> None:
        """Let go of what is kept open."""
        if self._relay is not None:
            await self._relay.close()

    async def _hand_over(self, facts: Facts) -> None:
        # What is hidden in a long text is looked for beside the event loop, a short one is not worth the way.
        is_long = facts.entry is not None and len(facts.entry.text) > LONG_TEXT
        about = (facts, self._post)
        letter = await asyncio.to_thread(write_letter, *about) if is_long else write_letter(*about)
        files = await self._files(await files_of(facts))
        # Large files are encoded beside the event loop, a bare text is not worth the way.
        mail = await asyncio.to_thread(self._mail, letter, files) if files else self._mail(letter, files)
        if self._relay is not None:
            await self._relay.send(letter.return_path, letter.to, mail)
            return
        delivery = facts.delivery
        name = f"{int(delivery.created_at.timestamp())}.{delivery.id.hex}.guiche"
        await self._outbox.send(letter.return_path, letter.to, mail, name)

    def _mail(self, letter: Letter, files: Sequence[File]) -> bytes:
        return signed(mail_bytes(letter, files), self._keys, letter.written_at)

    async def _files(self, rows: Sequence[EntryAttachment]) -> list[File]:
        files = []
        for row in rows:
            content = await fetch(self._blobs, row.digest)
            if content is None:
                raise SendFailed("an attachment is missing from the store")
            files.append(File(row.filename, row.content_type, content))
        return files
