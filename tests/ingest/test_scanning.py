"""Files are asked about at a real ClamAV daemon before they are let in: never unscanned, never lost."""

import asyncio
import hashlib
import os
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from core.attachments import FileBlobs
from core.clock import now
from core.decision import Reason, Verdict
from core.errors import Unavailable
from core.ids import new_id
from core.keys import Key, SigningKeys
from core.message import (
    Address,
    Attachment,
    Authentication,
    Blob,
    InboundMessage,
    Intent,
    Speaker,
    SpeakerKind,
)
from core.policy import admission
from core.profile_loading import load_profile
from core.settings import Settings
from gateway.ingest import scanning
from gateway.ingest.desk import Desk
from gateway.ingest.receive import receive
from gateway.ingest.scanning import Clamd
from tests.fakes.queue import MemoryQueue
from tests.services.clamav import LIMIT, Daemon, eicar
from tests.services.ports import free_port

ANA = Speaker(kind=SpeakerKind.PERSON, id=1, organization_id=1, may_speak=True)


def blob(content: bytes) -> Blob:
    return Blob(digest=hashlib.sha256(content).hexdigest(), size=len(content), content=content)


def message(*files: bytes, raw: bytes = b"From: ana@org-a.example\r\n\r\nx", **values: object) -> InboundMessage:
    standard: dict[str, object] = {
        "intake_id": new_id(), "channel": "email", "dedupe_key": "k", "received_at": now(), "speaker": ANA,
        "author": Address(email="ana@org-a.example"), "authentication": Authentication.TRUSTED_NETWORK,
        "intent": Intent.OPEN, "raw": blob(raw),
        "attachments": tuple(Attachment(filename="f", content_type="text/plain", blob=blob(each)) for each in files),
    }  # fmt: skip
    return InboundMessage(**(standard | values))  # type: ignore[arg-type]


@pytest.fixture
def queue() -> MemoryQueue:
    return MemoryQueue()


@pytest.fixture
def desk(queue: MemoryQueue, clamd: Daemon, tmp_path: Path) -> Desk:
    signing = SigningKeys([Key("test", b"0" * 32)])
    return Desk(
        Settings(), load_profile("instituicoes"), signing, None, FileBlobs(tmp_path), queue,  # type: ignore[arg-type]
        scanner=Clamd("127.0.0.1", clamd.port),
    )  # fmt: skip


async def test_a_clean_message_passes_and_the_trail_says_so(desk: Desk, queue: MemoryQueue) -> None:
    received = await receive(message(b"words", os.urandom(200_000)), desk)

    assert received.decision.is_accepted
    assert "files_are_clean=passed" in queue.only.trail and queue.only.flags == ()


@pytest.mark.parametrize("channel", ["email", "form", "telegram"])
async def test_an_infected_file_is_held_whatever_the_channel(desk: Desk, queue: MemoryQueue, channel: str) -> None:
    proof = {"email": Authentication.TRUSTED_NETWORK, "form": Authentication.FORM_TOKEN}
    authentication = proof.get(channel, Authentication.TELEGRAM_LINK)
    sent = message(b"words", eicar(), channel=channel, authentication=authentication, raw=b"x")
    received = await receive(sent, replace(desk, profile=load_profile("representantes")))

    assert (received.decision.verdict, received.decision.reason) == (Verdict.HOLD, Reason.INFECTED)
    assert queue.only.held_for is Reason.INFECTED and queue.only.flags == ("infected",)
    assert queue.only.trail[-1] == "files_are_clean=hold"


async def test_what_only_the_scanner_finds_in_the_mail_itself_is_held_too(desk: Desk) -> None:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "ana@org-a.example", "b@c.example", "x"
    mail.set_content("olá")
    mail.add_attachment(eicar(), maintype="application", subtype="octet-stream", filename="a.com")
    raw = b"Received: from a.example by b.example; Mon, 2 Nov 2026 10:00:00 +0000\r\n" + mail.as_bytes()

    assert (await receive(message(raw=raw), desk)).decision.reason is Reason.INFECTED


@pytest.mark.parametrize("values", [{}, {"flags": ("unreadable",)}])
async def test_of_a_mail_that_is_large_and_could_not_be_read_all_is_scanned(desk: Desk, values: dict[str, object]) -> None:
    raw = b"Content-Type: application/octet-stream\r\n\r\n" + eicar() + b" " * 1_200_000
    files = [b"words"] if values else []
    inbound = message(*files, raw=raw, **values)

    # As the daemon reads a mail: what counts is that it was asked.
    with pytest.MonkeyPatch.context() as patch:
        asked: list[int] = []
        verdict = Clamd.verdict

        async def counted(self: Clamd, content: bytes) -> str:
            asked.append(len(content))
            return await verdict(self, content)

        patch.setattr(Clamd, "verdict", counted)
        await receive(inbound, desk)

    assert len(raw) in asked


async def test_what_is_held_for_another_reason_is_scanned_as_well(desk: Desk, queue: MemoryQueue) -> None:
    received = await receive(message(eicar(), authentication=Authentication.NONE), desk)

    assert received.decision.reason is Reason.SENDER_NOT_PROVEN
    assert queue.only.flags == ("infected",)
    # Releasing it from that does not let the virus in.
    released = queue.only.model_copy(update={"released_rules": (Reason.SENDER_NOT_PROVEN,)})
    assert admission.judge(released, desk.profile).reason is Reason.INFECTED


async def test_a_release_overrides_this_rule_and_no_other(desk: Desk, queue: MemoryQueue) -> None:
    await receive(message(eicar()), desk)
    released = queue.only.model_copy(update={"released_rules": (Reason.INFECTED,)})
    blocked = released.model_copy(update={"speaker": ANA.model_copy(update={"blocked": True})})

    assert admission.judge(released, desk.profile).is_accepted
    assert admission.judge(blocked, desk.profile).reason is Reason.NOT_AUTHORIZED


@pytest.mark.parametrize("size", [LIMIT + 1, 4 * LIMIT])
async def test_a_file_beyond_the_daemons_limit_is_held_and_not_let_in_unscanned(
    desk: Desk, queue: MemoryQueue, size: int
) -> None:
    received = await receive(message(b"\x00" * size), desk)

    assert received.decision.reason is Reason.INFECTED
    assert queue.only.flags == ("not_scanned",)


async def test_many_files_at_once_are_all_asked_about(desk: Desk, count: Callable[[int], int]) -> None:
    files = [message(os.urandom(5_000), eicar() if number % 3 else b"clean") for number in range(count(2_000))]
    received = await asyncio.gather(*(receive(each, desk) for each in files))

    assert [each.decision.is_accepted for each in received] == [number % 3 == 0 for number in range(len(files))]


async def test_a_refused_message_costs_the_daemon_nothing(desk: Desk) -> None:
    nowhere = replace(desk, scanner=Clamd("127.0.0.1", free_port()))
    stranger = message(eicar(), speaker=Speaker())

    assert (await receive(stranger, nowhere)).decision.reason is Reason.NOT_AUTHORIZED


async def test_while_the_daemon_is_away_nothing_is_let_in_and_nothing_is_claimed(desk: Desk, queue: MemoryQueue) -> None:
    nowhere = replace(desk, scanner=Clamd("127.0.0.1", free_port()))

    with pytest.raises(Unavailable):
        await receive(message(b"words"), nowhere)
    assert queue.publications == []


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _drain(reader: asyncio.StreamReader) -> None:
    await reader.readuntil(b"\0")
    while size := struct.unpack("!L", await reader.readexactly(4))[0]:
        await reader.readexactly(size)


async def _says(text: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _drain(reader)
    writer.write(text)


async def _is_mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(65536):
        continue


async def _hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


@asynccontextmanager
async def _served(talk: Talk) -> AsyncIterator[int]:
    ended: list[asyncio.Event] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(end := asyncio.Event())
        with suppress(OSError, EOFError):
            await talk(reader, writer)
        writer.close()
        end.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        for each in ended:
            await each.wait()


SPOILED: dict[str, Talk] = {
    "mute": _is_mute, "hangs up at once": _hangs_up,
    "says nothing": lambda r, w: _says(b"", r, w),
    "says half": lambda r, w: _says(b"stream: OK", r, w),
    "cannot": lambda r, w: _says(b"stream: Can't allocate memory ERROR\0", r, w),
    "is another server": lambda r, w: _says(b"220 mail.example ESMTP\r\n\0", r, w),
    "never ends": lambda r, w: _says(b"x" * 100_000 + b"\0", r, w),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILED)
async def test_only_a_whole_ok_is_clean(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "_PATIENCE", timedelta(seconds=0.3))
    async with _served(SPOILED[name]) as port:
        with pytest.raises(Unavailable):
            await Clamd("127.0.0.1", port).verdict(b"words" * 100_000)
