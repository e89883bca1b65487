"""HTML is made safe before it is stored, and only of messages that are kept (SECURITY.md M11, H01)."""

import pytest

from core.attachments import FileBlobs
from core.keys import Key, SigningKeys
from core.message import Authentication, InboundMessage, RefusedMessage, Speaker
from core.profile_loading import load_profile
from core.settings import Settings
from gateway.channels.email import MailArrival, normalise
from gateway.ingest import receive as front_door
from gateway.ingest.desk import Desk
from gateway.ingest.html_shown import INLINE_HTML
from gateway.ingest.receive import receive
from tests.fakes.queue import MemoryQueue
from tests.ingest.mails import plain
from tests.ingest.test_receive import message

HOSTILE = "<p onclick=pwn()>Bom dia</p><script>pwn()</script><img src=https://tracker.example/a.png>"
SAFE = '<p>Bom dia</p><img data-remote-src="https://tracker.example/a.png">'


@pytest.fixture
def queue():
    return MemoryQueue()


@pytest.fixture
def desk(queue, tmp_path):
    signing = SigningKeys([Key("test", b"0" * 32)])
    return Desk(Settings(), load_profile("instituicoes"), signing, None, FileBlobs(tmp_path), queue)


@pytest.mark.parametrize(
    "authentication", [Authentication.TRUSTED_NETWORK, Authentication.NONE], ids=["accepted", "held"]
)
@pytest.mark.parametrize("padding", [0, INLINE_HTML], ids=["short", "long"])
async def test_what_is_kept_is_safe_before_it_is_published(desk, queue, authentication, padding):
    await receive(message(html=HOSTILE + " " * padding, authentication=authentication), desk)

    assert isinstance(queue.only, InboundMessage)
    assert queue.only.html == SAFE


async def test_nothing_is_cleaned_of_what_is_refused(desk, queue, monkeypatch):
    monkeypatch.setattr(front_door, "shown_in_time", lambda _: pytest.fail("cleaned"))
    await receive(message(html=HOSTILE, speaker=Speaker()), desk)

    [kept] = queue.messages
    assert isinstance(kept, RefusedMessage)
    assert b"Bom dia" not in queue.publications[0].body


@pytest.mark.parametrize(
    ("raw", "html"),
    [
        (plain(HOSTILE.encode(), b"Content-Type: text/html"), HOSTILE),
        (plain(b"Bom dia"), ""),
        (plain(b"<p>x</p>" * 40_000, b"Content-Type: text/html"), ""),
    ],
    ids=["html", "text-alone", "too-large"],
)
async def test_a_mail_carries_its_html_to_the_front_door(desk, raw, html, monkeypatch):
    async def nobody(*_: object) -> tuple[Speaker, bool]:
        return Speaker(), False

    monkeypatch.setattr("gateway.channels.email._identify", nobody)
    recipients = ("atendimento@instituicoes.example",)
    arrival = MailArrival(
        raw, message().received_at, peer_is_trusted=True, mail_from="a@b.example", recipients=recipients
    )
    read = await normalise(arrival, desk)

    assert isinstance(read, InboundMessage)
    assert read.html.strip() == html
