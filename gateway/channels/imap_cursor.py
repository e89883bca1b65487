"""How far each folder was read: loaded at every connection, saved after what was read is durable."""

from dataclasses import dataclass
from datetime import datetime

from core.cursors import MailboxCursor
from core.database import query, telling_away
from core.imap_accounts import ImapAccount

# One statement: Tortoise's own ways begin a transaction that a cancellation at the wrong moment leaves open.
_SAVE = (
    'INSERT INTO "mailbox_cursor"'
    ' ("account", "folder", "uid_validity", "uid", "failing_uid", "failures", "updated_at")'
    ' VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT ("account", "folder") DO UPDATE SET'
    ' "uid_validity" = excluded."uid_validity", "uid" = excluded."uid", "failing_uid" = excluded."failing_uid",'
    ' "failures" = excluded."failures", "updated_at" = excluded."updated_at"'
)


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything up to `uid` needs no reading; `failing_uid` was tried `failures` times in vain (0: none)."""

    uid_validity: int
    uid: int = 0
    failing_uid: int = 0
    failures: int = 0


async def progress_of(account: ImapAccount, uid_validity: int) -> Progress:
    """Where reading goes on. Another UIDVALIDITY means other numbers: from the start, and the content's
    own key sees to it that nothing is filed twice (N02). Raises `Unavailable`.
    """
    async with telling_away():
        row = await MailboxCursor.get_or_none(account=account.key, folder=account.folder)
    if row is None or row.uid_validity != uid_validity:
        return Progress(uid_validity)
    return Progress(uid_validity, row.uid, row.failing_uid or 0, row.failures)


async def save(progress: Progress, account: ImapAccount, now: datetime) -> None:
    """Remember `progress`. Raises `Unavailable`."""
    values = [
        account.key, account.folder, progress.uid_validity, progress.uid, progress.failing_uid or None,
        progress.failures, now,
    ]  # fmt: skip
    async with telling_away():
        await query(_SAVE, values)
