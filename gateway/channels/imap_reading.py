"""Reading a folder up to its end: batch by batch, each durable, then moved away, then behind the cursor."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from core import clock
from core.errors import Unavailable
from core.imap_accounts import ImapAccount
from gateway.channels.imap_cursor import Progress, progress_of, save
from gateway.channels.imap_folders import PROCESSED, QUARANTINE
from gateway.channels.imap_taking import GONE, Letterbox, take
from gateway.channels.imap_thread import RemoteBox
from gateway.channels.imap_tries import Tries
from gateway.channels.imap_trouble import FetchFailed
from gateway.ingest.desk import Desk
from gateway.metrics import count_mailbox_alert

BATCH = 20
_AHEAD_BYTES = 1024 * 1024
_SMALL_BYTES = 128 * 1024

_log = structlog.get_logger(__name__)


class FolderReader:
    """One selected folder of a connection. What a crash leaves undone is read again, and filed once (N03)."""

    def __init__(self, letterbox: Letterbox, progress: Progress) -> None:
        self._letterbox = letterbox
        self._progress = progress
        # Done, yet still there: above a failing message, or where the server will not move anything.
        self._done: set[int] = set()
        self._limit = letterbox.desk.settings.max_message_bytes

    async def catch_up(self) -> None:
        """Take everything that is there and due. Raises `ImapTrouble` and `Unavailable`."""
        while True:
            uids = [uid for uid in await self._letterbox.box.uids_after(self._progress.uid) if self._is_wanted(uid)]
            if not uids:
                return
            for start in range(0, len(uids), BATCH):
                # Half the time belongs to the other doors, however much an outage has piled up.
                await asyncio.sleep(await self._take(uids[start : start + BATCH]))
            self._letterbox.tries.singly = False

    def _is_wanted(self, uid: int) -> bool:
        return uid not in self._done and self._letterbox.tries.is_due(uid)

    async def _take(self, uids: Sequence[int]) -> float:
        """Take a batch; how many seconds it cost to judge and store it."""
        sizes = await self._letterbox.box.sizes(list(uids))
        targets: dict[int, str] = {}
        try:
            ahead = await self._fetched_ahead(uids, sizes)
            began = asyncio.get_running_loop().time()
            for uid in uids:
                folder = await take(uid, sizes[uid], ahead.pop(uid, None), self._letterbox) if uid in sizes else GONE
                if folder is not None:
                    targets[uid] = folder
        except FetchFailed as failed:
            await self._note_failed(failed.uids)
            raise
        except Unavailable:
            await self._file_away(targets)
            raise
        cost = asyncio.get_running_loop().time() - began
        await self._file_away(targets)
        return cost

    async def _fetched_ahead(self, uids: Sequence[int], sizes: Mapping[int, int]) -> dict[int, bytes]:
        """The small ones in one go: to a server far away each command costs a journey."""
        wanted: list[int] = []
        left = _AHEAD_BYTES
        for uid in uids:
            size = sizes.get(uid, _AHEAD_BYTES)
            if size <= min(left, _SMALL_BYTES, self._limit) and not self._letterbox.tries.count(uid):
                wanted.append(uid)
                left -= size
        if len(wanted) < 2 or self._letterbox.tries.singly:
            return {}
        return await self._letterbox.box.fetch(wanted)

    async def _note_failed(self, uids: Sequence[int]) -> None:
        """The line is gone and nothing can be moved: what was taken is found to be a copy next time."""
        if len(uids) > 1:
            self._letterbox.tries.singly = True
            return
        count = self._letterbox.tries.failed(uids[0])
        _log.warning("fetch_failed", uid=uids[0], tries=count)
        await self._save(self._progress.uid)

    async def _file_away(self, targets: dict[int, str]) -> None:
        """Moved first, then noted: a crash in between finds the folder empty rather than the mail forgotten."""
        for folder in (PROCESSED, QUARANTINE):
            uids = [uid for uid, target in targets.items() if target == folder]
            if uids and not await self._letterbox.box.file_away(uids, folder):
                _log.error("mail_not_moved", folder=folder, number=len(uids))
                count_mailbox_alert("not_moved")
        for uid in targets:
            self._letterbox.tries.over(uid)
        self._done |= targets.keys()
        await self._save(max(targets, default=0))

    async def _save(self, taken: int) -> None:
        """Everything up to `taken` is done, but for what is still failing."""
        failing, failures = self._letterbox.tries.first()
        uid = max(self._progress.uid, min(taken, failing - 1) if failing else taken)
        if not failing:
            uid = max(uid, max(self._done, default=0))
        self._progress = Progress(self._progress.uid_validity, uid, failing, failures)
        self._done = {each for each in self._done if each > uid}
        await save(self._progress, self._letterbox.account, clock.now())


async def open_folder(box: RemoteBox, account: ImapAccount, desk: Desk, tries: Tries) -> FolderReader:
    """Select the account's folder and find the place in it. Raises `ImapTrouble` and `Unavailable`."""
    place = await box.select()
    progress = await progress_of(account, place.uid_validity)
    tries.recall(place.uid_validity, progress.failing_uid, progress.failures)
    return FolderReader(Letterbox(box, account, desk, tries, place.uid_validity), progress)
