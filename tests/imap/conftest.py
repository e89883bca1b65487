"""The IMAP door at work inside the test: a real server, the demo cast, a queue in memory."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from core import clock
from core.attachments import FileBlobs
from core.cursors import MailboxCursor
from core.database import open_database
from core.keys import Key, SealingKeys, SigningKeys
from core.message import Bounce, InboundMessage, RefusedMessage
from core.name_servers import NameServer
from core.people.directory import Directory
from core.profile_loading import load_profile
from core.settings import load_settings
from core.tickets.intake import file_batch
from core.tickets.office import Office
from gateway.channels.email_imap import Pace, fetch_mail
from gateway.ingest.authentication.prover import Prover
from gateway.ingest.desk import Desk
from tests.fakes.queue import MemoryQueue
from tests.harness.post import mail
from tests.services.dovecot import Dovecot
from tests.services.ports import free_port
from tests.smtp.conftest import cast

__all__ = ["cast"]

DESK = "atendimento@instituicoes.example"
ANA = "ana@org-a.example"
BRUNO = "bruno@org-a.example"
PROVIDER = "mx.provedor.example"
PATIENCE = 30.0
# Nothing here waits for a clock: what would take minutes takes tenths of a second.
QUICK = Pace(idle=20.0, poll=0.05, command=5.0, first_pause=0.02, longest_pause=0.05, login_pause=0.05, tries=(0.01,))


def letter(subject: str = "Assunto", text: str = "olá", *, who: str = ANA, proven: bool = True, **headers: str) -> bytes:
    """A mail as a provider delivers it: with its word on whether the sender is who he says."""
    domain = who.rpartition("@")[2]
    said = {"return_path": f"<{who}>"}
    if proven:
        said["authentication_results"] = f"{PROVIDER}; dkim=pass header.d={domain}"
    return mail(who, headers.pop("to", DESK), subject, text, **(said | headers))


@dataclass
class Reader:
    """The door over one desk; `pace` and the settings may be changed before it opens."""

    desk: Desk
    queue: MemoryQueue
    office: Office
    pace: Pace = field(default_factory=lambda: QUICK)

    def desk_with(self, *urls: str, **settings: str) -> Desk:
        """The desk with these folders to read."""
        environ = {"GUICHE_DATA_DIR": str(self.desk.settings.data_dir), "GUICHE_IMAP_URLS": " ".join(urls), **settings}
        loaded = load_settings(environ, demo=True)
        # Where a test brings no name server, asking one gets no answer.
        prover = Prover(loaded.dns_server or NameServer("127.0.0.1", free_port()), limit=0.2)
        return replace(self.desk, settings=loaded, prover=prover)

    @asynccontextmanager
    async def reading(self, *urls: str, **settings: str) -> AsyncIterator["Reader"]:
        """Read the folders until the block ends."""
        task = asyncio.create_task(fetch_mail(self.desk_with(*urls, **settings), self.pace))
        try:
            yield self
            assert not task.done(), task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    @property
    def messages(self) -> list[InboundMessage | RefusedMessage | Bounce]:
        return self.queue.messages

    @property
    def titles(self) -> list[str]:
        """The titles of the messages that came in, in order."""
        return [each.title for each in self.messages if isinstance(each, InboundMessage)]

    async def filed(self) -> int:
        """File all that came in, as the worker does; how many tickets there are then."""
        from core.tickets.tables import Ticket

        await file_batch(self.messages, self.office, clock.now())
        return await Ticket.all().count()


async def until(claim: Callable[[], object], what: str = "it") -> None:
    """Wait for `claim` to hold; blocking looks at the server happen beside the event loop."""
    deadline = time.monotonic() + PATIENCE
    while not await asyncio.to_thread(claim):
        assert time.monotonic() < deadline, f"{what} did not come"
        await asyncio.sleep(0.02)


async def cursor(folder: str = "INBOX") -> MailboxCursor:
    """The only cursor of a folder."""
    return await MailboxCursor.get(folder=folder)


@pytest.fixture
async def reader(cast: Path, tmp_path: Path) -> AsyncIterator[Reader]:
    """A door that is still closed, over a copy of the cast's database."""
    profile, keys = load_profile("instituicoes"), [Key("test", b"0" * 32)]
    signing, blobs, queue = SigningKeys(keys), FileBlobs(tmp_path / "blobs"), MemoryQueue()
    settings = load_settings({"GUICHE_DATA_DIR": str(tmp_path / "data")}, demo=True)
    path = shutil.copy(cast, tmp_path / "guiche.sqlite3")
    async with open_database(f"sqlite://{path}"):
        desk = Desk(settings, profile, signing, Directory(profile), blobs, queue)  # type: ignore[arg-type]
        yield Reader(desk, queue, Office(profile, signing, SealingKeys(keys), blobs))


@pytest.fixture
def user(dovecot: Dovecot) -> str:
    """A user of the IMAP server, with an empty INBOX."""
    return dovecot.new_user()
