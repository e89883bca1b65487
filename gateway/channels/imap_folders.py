"""Our own folders at somebody else's server: found, or created where the server wants such folders."""

from collections.abc import Callable

from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError

from gateway.channels.imap_line import Line
from gateway.channels.imap_login import clean

PROCESSED = "Processed"
QUARANTINE = "Quarantine"


class OwnFolders:
    """The full names of `PROCESSED` and `QUARANTINE` on one server; `ready` gives the line for a next command."""

    def __init__(self, ready: Callable[[], Line]) -> None:
        self._ready = ready
        self._names: dict[str, str] = {}

    def name_of(self, folder: str) -> str:
        """The folder's name on this server; it is created where it is missing."""
        if folder not in self._names:
            self._names[folder] = self._made(folder)
        return self._names[folder]

    def forget(self, folder: str) -> None:
        """Somebody may have removed it: look for it again next time."""
        self._names.pop(folder, None)

    def _made(self, folder: str) -> str:
        prefix, delimiter = self._personal()
        # Some servers keep everything below INBOX and do not say so.
        names = [f"{prefix}{folder}", *([] if prefix else [f"INBOX{delimiter}{folder}"])]
        for name in names:
            if self._ready().list_folders("", clean(name)):
                return name
        for name in names:
            try:
                self._ready().create_folder(name)
            except IMAPClientAbortError:
                raise
            except IMAPClientError:
                # Another connection of ours may have made it meanwhile.
                if not self._ready().list_folders("", clean(name)):
                    continue
            return name
        raise IMAPClientError("no such folder can be made")

    def _personal(self) -> tuple[str, str]:
        """Prefix and delimiter of the user's own folders (RFC 2342)."""
        try:
            personal = self._ready().namespace().personal
        except CapabilityError:
            personal = None
        if personal:
            return str(personal[0][0]), str(personal[0][1] or "/")
        listed = self._ready().list_folders("", "")
        return "", (listed[0][1] or b"/").decode("ascii") if listed else "/"
