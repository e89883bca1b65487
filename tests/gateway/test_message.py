"""What travels through the queues comes out as it went in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from core.decision import Reason
from core.ids import new_id
from core.message import (
    Address,
    Attachment,
    Authentication,
    Blob,
    Bounce,
    InboundMessage,
    Intent,
    RefusedMessage,
    Speaker,
    decode,
    encode,
)  # fmt: skip

TEXT = st.text(st.characters(exclude_categories=("Cs",)))


def message(**more: object) -> InboundMessage:
    values: dict[str, object] = {
        "intake_id": new_id(), "channel": "email", "dedupe_key": "k", "received_at": clock.now(),
        "speaker": Speaker(), "author": Address(email="a@b.example"), "authentication": Authentication.NONE,
        "intent": Intent.OPEN,
    }  # fmt: skip
    return InboundMessage(**(values | more))  # type: ignore[arg-type]


@given(TEXT, st.binary(), st.binary())
def test_a_message_comes_out_as_it_went_in(text: str, raw: bytes, file: bytes) -> None:
    sent = message(
        text=text, raw=Blob(digest="d", size=len(raw), content=raw),
        attachments=(Attachment(filename=text, content_type="a/b", blob=Blob(digest="f", size=0, content=file)),),
    )  # fmt: skip
    assert decode(encode(sent)) == sent


def test_bytes_that_stayed_behind_stay_behind() -> None:
    for raw in (None, Blob(digest="d", size=9)):
        sent = message(raw=raw)
        assert decode(encode(sent)) == sent


def test_refusals_and_bounces_travel_too() -> None:
    at = clock.now()
    for sent in (
        RefusedMessage(intake_id=new_id(), channel="form", reason=Reason.NOT_AUTHORIZED, received_at=at),
        Bounce(intake_id=new_id(), channel="email", received_at=at, dedupe_key="k"),
    ):
        assert decode(encode(sent)) == sent


@pytest.mark.parametrize("body", [b"", b"{}", b"\x01\x00\x00\x00\x02{}", b"\xff" * 40, encode(message())[:-1]])
def test_what_is_none_of_ours_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        decode(body)
