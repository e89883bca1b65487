import json

import pytest

from core.attachments import FileBlobs
from core.clock import now
from core.decision import Reason
from core.errors import Unavailable
from core.ids import new_id
from core.keys import Key, SigningKeys
from core.message import (
    INLINE_LIMIT,
    Address,
    Attachment,
    Authentication,
    Blob,
    Bounce,
    Claim,
    ClaimKind,
    InboundMessage,
    Intent,
    RefusedMessage,
    Speaker,
    SpeakerKind,
)
from core.profile_loading import load_profile
from core.settings import Settings
from gateway.ingest.desk import Desk
from gateway.ingest.receive import conversation_key, receive
from tests.fakes.queue import MemoryQueue

ANA = Speaker(kind=SpeakerKind.PERSON, id=1, organization_id=1, may_speak=True)


def message(**values: object) -> InboundMessage:
    standard: dict[str, object] = {
        "intake_id": new_id(), "channel": "email", "dedupe_key": "k", "received_at": now(), "speaker": ANA,
        "author": Address(email="ana@org-a.example"), "authentication": Authentication.TRUSTED_NETWORK,
        "intent": Intent.OPEN, "title": "segredo", "text": "segredo", "size": 7, "sender_hash": "s",
        "message_id_hash": "m", "message_id": "own@x",
    }  # fmt: skip
    return InboundMessage(**(standard | values))  # type: ignore[arg-type]


async def test_an_accepted_message_is_published_as_it_came(desk, queue):
    sent = message()
    received = await receive(sent, desk)

    assert received.decision.is_accepted
    assert received.intake_id == str(sent.intake_id) == queue.publications[0].message_id
    assert queue.only.model_copy(update={"trail": ()}) == sent
    assert queue.only.trail == received.decision.spelled
    assert "sender_is_proven=passed" in queue.only.trail


async def test_a_held_message_says_for_what(desk, queue):
    received = await receive(message(authentication=Authentication.NONE), desk)

    assert received.decision.reason is Reason.SENDER_NOT_PROVEN
    assert queue.only.held_for is Reason.SENDER_NOT_PROVEN


async def test_of_a_refused_message_nothing_is_kept_but_that_it_was_there(desk, queue, blobs_folder):
    large = Blob(digest="d", size=70_000, content=b"segredo" * 10_000)
    received = await receive(message(speaker=Speaker(), raw=large), desk)

    assert received.decision.reason is Reason.NOT_AUTHORIZED
    [kept] = queue.messages
    assert isinstance(kept, RefusedMessage)
    assert (kept.reason, kept.size, kept.sender_hash, kept.message_id_hash) == (Reason.NOT_AUTHORIZED, 7, "s", "m")
    assert kept.trail[-1] == "sender_may_write=refuse"
    assert b"segredo" not in queue.publications[0].body
    assert b"org-a" not in queue.publications[0].body
    assert not blobs_folder.exists()


async def test_a_bounce_passes_unjudged(desk, queue):
    bounce = Bounce(intake_id=new_id(), channel="email", received_at=now(), dedupe_key="k")
    received = await receive(bounce, desk)

    assert received.decision.is_accepted
    assert queue.messages == [bounce.model_copy(update={"trail": ("is_a_bounce=accept",)})]


async def test_m21_large_bytes_are_durable_before_they_are_published_as_references(desk, queue, blobs_folder):
    content = b"x" * (INLINE_LIMIT + 1)
    large = Blob(digest="ab" * 32, size=len(content), content=content)
    small = Blob(digest="cd" * 32, size=1, content=b"x")
    files = tuple(Attachment(filename="f", content_type="image/png", blob=blob) for blob in (large, small))
    await receive(message(raw=large, attachments=files), desk)

    assert queue.only.raw == large.model_copy(update={"content": None})
    assert [each.blob.content for each in queue.only.attachments] == [None, b"x"]
    assert (blobs_folder / "ab" / ("ab" * 32)).read_bytes() == content


async def test_what_cannot_be_published_is_our_own_trouble(desk, queue):
    queue.trouble = Unavailable("the broker is away")

    with pytest.raises(Unavailable):
        await receive(message(), desk)


TOKEN = Claim(kind=ClaimKind.REPLY_TOKEN, ticket_id=9, recipient_id=1)
SIGNED = Claim(kind=ClaimKind.MESSAGE_ID, ticket_id=9)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"claims": (TOKEN,)}, {"claims": (SIGNED,), "references": ("a@b",)}, id="the-signed-ticket"),
        pytest.param({"message_id": "first@x"}, {"references": ("second@x", "first@x")},
         id="original-and-second-reply"),
        pytest.param({"message_id": "first@x"}, {"references": ("first@x",)}, id="original-and-reply"),
        pytest.param({"chat": "bot:1"}, {"chat": "bot:1", "message_id": "", "dedupe_key": "l"}, id="one-chat"),
    ],
)
def test_messages_of_one_conversation_share_a_key(one, other):
    assert conversation_key(message(**one)) == conversation_key(message(**other))


def test_messages_of_different_conversations_share_none_and_the_key_tells_nothing():
    keys = {conversation_key(message(message_id=f"{each}@org-a.example")) for each in range(10)}

    assert len(keys) == 10
    assert "org-a" not in json.dumps(sorted(keys))


@pytest.fixture
def queue():
    return MemoryQueue()


@pytest.fixture
def blobs_folder(tmp_path):
    return tmp_path / "blobs"


@pytest.fixture
def desk(queue, blobs_folder):
    signing = SigningKeys([Key("test", b"0" * 32)])
    # Nobody is looked up here: the speaker stands in the message.
    return Desk(Settings(), load_profile("instituicoes"), signing, None, FileBlobs(blobs_folder), queue)
