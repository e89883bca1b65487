"""One folder as a program sees it: every IMAP command that we ever say, blocking, made of our own values alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, IMAPClientReadOnlyError

from core.imap_accounts import ImapAccount
from gateway.channels.imap_folders import OwnFolders
from gateway.channels.imap_line import COMMAND_SECONDS, CONNECT_SECONDS, Line
from gateway.channels.imap_login import clean, log_in
from gateway.channels.imap_trouble import FetchFailed, ImapTrouble

_DELETED = rb"\Deleted"
_TOGETHER = 200  # numbers in one command: servers take no endless lines
_NEWS = ("EXISTS", "RECENT", "EXPUNGE", "VANISHED", "FETCH")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder's state: which numbering of messages is in force, and the number the next one gets."""

    uid_validity: int
    uid_next: int


class Box:
    """One logged-in connection. Only numbers and names of our own go into a command (SECURITY.md M16).

    Every method blocks and may raise any exception of the library; `imap_thread` turns them all
    into `ImapTrouble`.
    """

    def __init__(self, account: ImapAccount, token: str, max_literal: int, seconds: float = COMMAND_SECONDS) -> None:
        self._account = account
        self._seconds = seconds
        self._line = Line(account, max_literal, min(seconds, CONNECT_SECONDS))
        self._folders = OwnFolders(self._ready)
        try:
            log_in(self._ready(), account, token)
        except BaseException:
            self.close()
            raise

    def cut(self) -> None:
        """Break the connection off, from another thread."""
        self._line.wire.cut()

    def close(self) -> None:
        """Let go of the connection."""
        self._line.wire.shutdown()

    def select(self) -> Place:
        """Open the folder we read."""
        try:
            state = self._ready().select_folder(clean(self._account.folder))
        except IMAPClientReadOnlyError:
            raise ImapTrouble("folder") from None
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            raise ImapTrouble("folder") from None
        if b"UIDVALIDITY" not in state:
            raise ImapTrouble("folder")  # without it no number means anything (RFC 3501 §2.3.1.1)
        return Place(int(state[b"UIDVALIDITY"]), int(state.get(b"UIDNEXT", 0)))

    def uids_after(self, uid: int) -> list[int]:
        """The messages above `uid`, in order. `n:*` always names the last one, whatever n is (RFC 3501 §6.4.8)."""
        # What is announced from here on may be missing in the answer: `idle` looks for it.
        for name in _NEWS:
            self._line.wire.untagged_responses.pop(name, None)
        found = self._ready().search(["UID", f"{uid + 1}:*"])
        return sorted({int(each) for each in found if int(each) > uid})

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """RFC822.SIZE of each; one that somebody else took away is missing."""
        found = self._ready().fetch(list(uids), ["RFC822.SIZE"])
        return {uid: int(data[b"RFC822.SIZE"]) for uid, data in found.items() if b"RFC822.SIZE" in data}

    def fetch(self, uids: Sequence[int]) -> dict[int, bytes]:
        r"""The whole mails, without marking them `\Seen`; one that is gone is missing."""
        try:
            found = self._ready().fetch(list(uids), ["BODY.PEEK[]"])
        except Exception:  # noqa: BLE001 - whatever a server answers, it is these that cannot be had
            raise FetchFailed(uids) from None
        bodies = {uid: data.get(b"BODY[]") for uid, data in found.items()}
        return {uid: raw for uid, raw in bodies.items() if isinstance(raw, bytes)}

    def file_away(self, uids: Sequence[int], folder: str) -> bool:
        """Move them to a folder of our own; False when the server will not have it."""
        try:
            self._move(list(uids), self._folders.name_of(folder))
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            self._folders.forget(folder)
            return False
        return True

    def _move(self, uids: list[int], target: str) -> None:
        if self._line.has_capability("MOVE"):
            self._ready().move(uids, target)
            return
        self._ready().copy(uids, target)
        self._delete(uids)

    def _delete(self, uids: list[int]) -> None:
        """Without UIDPLUS they stay, marked deleted: a bare EXPUNGE would take others' mails along."""
        self._ready().add_flags(uids, [_DELETED], silent=True)
        if self._line.has_capability("UIDPLUS"):
            self._ready().uid_expunge(uids)

    def place_of(self, folder: str) -> Place | None:
        """The state of a folder of our own, made where it is missing; None where it cannot be."""
        try:
            name = self._folders.name_of(folder)
            state = self._ready().folder_status(name, ["UIDVALIDITY", "UIDNEXT"])
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            return None
        uid_validity, uid_next = state.get(b"UIDVALIDITY"), state.get(b"UIDNEXT")
        return Place(int(uid_validity), int(uid_next)) if uid_validity and uid_next else None

    def drop(self, folder: str, uid_validity: int, last_uid: int) -> None:
        """Delete what stands in `folder` up to `last_uid`, then come back to the folder we read."""
        state = self._ready().select_folder(self._folders.name_of(folder))
        if int(state[b"UIDVALIDITY"]) == uid_validity:
            uids = [int(each) for each in self._ready().search(["UID", f"1:{last_uid}"])]
            doomed = [uid for uid in uids if uid <= last_uid]
            for start in range(0, len(doomed), _TOGETHER):
                self._delete(doomed[start : start + _TOGETHER])
        self.select()

    @property
    def has_idle(self) -> bool:
        return bool(self._line.has_capability("IDLE"))

    def idle(self, seconds: float) -> None:
        """Wait until the server has news, at most so long, and make sure that it still answers."""
        if self._line.wire.untagged_responses.get("EXISTS"):
            return  # told already, beside another answer, and a server says it once
        self._ready().idle()
        self._line.wire.wait(seconds)
        self._ready().idle_done()

    def noop(self) -> None:
        """Let a server without IDLE tell its news."""
        self._ready().noop()

    def _ready(self) -> Line:
        self._line.wire.allow(self._seconds)
        return self._line
