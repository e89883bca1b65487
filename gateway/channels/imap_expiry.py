"""What lies in the quarantine of a mailbox is deleted after a week there, counted by marks of our own.

A moved mail keeps the INTERNALDATE of its arrival, few servers know SAVEDATE (RFC 8514), and many
allow no keywords. But every server numbers what comes into a folder upwards: whoever notes the next
number today may delete everything below it in a week, on any server and whoever put it there.
"""

from datetime import datetime, timedelta

from core.cursors import MailboxCursor
from core.database import telling_away, transaction
from core.imap_accounts import ImapAccount
from gateway.channels.imap_folders import QUARANTINE
from gateway.channels.imap_thread import RemoteBox

KEPT = timedelta(days=7)
MARK_EVERY = timedelta(hours=6)

# Marks stand among the cursors of the same account; no folder of ours is called so.
_MARK = f"{QUARANTINE} until "


async def sweep(box: RemoteBox, account: ImapAccount, now: datetime) -> None:
    """Delete what has been in quarantine for a week, and note what is there now.

    Raises `ImapTrouble` and `Unavailable`; doing it twice does no harm.
    """
    place = await box.place_of(QUARANTINE)
    if place is None:
        return
    async with telling_away():
        marks = await MailboxCursor.filter(account=account.key, folder__startswith=_MARK).order_by("updated_at")
    due = [mark for mark in marks if mark.updated_at <= now - KEPT or mark.uid_validity != place.uid_validity]
    # A mark of an older numbering says nothing about today's messages.
    last = max((mark.uid for mark in due if mark.uid_validity == place.uid_validity), default=0)
    if last:
        await box.drop(QUARANTINE, place.uid_validity, last)
    async with telling_away():
        await MailboxCursor.filter(id__in=[mark.id for mark in due]).delete()
        if not marks or marks[-1] in due or marks[-1].updated_at <= now - MARK_EVERY:
            mark = _mark(account, place.uid_validity, place.uid_next, now)
            # Within a transaction of ours, which no cancellation leaves open.
            async with transaction():
                await MailboxCursor.bulk_create([mark], ignore_conflicts=True)


def _mark(account: ImapAccount, uid_validity: int, uid_next: int, now: datetime) -> MailboxCursor:
    return MailboxCursor(
        account=account.key, folder=f"{_MARK}{(now + KEPT).isoformat(timespec='seconds')}", uid_validity=uid_validity,
        uid=uid_next - 1, updated_at=now,
    )  # fmt: skip
