"""The block list at the door."""

import pytest

from core.clock import now
from core.keys import Key, SealingKeys
from core.message import RefusedMessage
from core.people import blocks
from core.people.actor import SYSTEM
from tests.smtp.mails import ANA, BRUNO, SUPPORT, mail


async def block(door, value: str) -> None:
    keys = blocks.Keys(door.desk.signing, SealingKeys([Key("test", b"0" * 32)]))
    await blocks.add(blocks.NewBlock(value, "golpe"), door.desk.profile, keys, SYSTEM, now())


@pytest.mark.parametrize(
    ("value", "mail_from"),
    [(ANA, ANA), ("org-a.example", ANA), ("bounces@mailer.example", "bounces@mailer.example"), ("mailer.example", "x@a.mailer.example")],
)
async def test_IN16_S19_whoever_is_blocked_hears_what_a_stranger_hears(door, value, mail_from):
    unauthorised = await (await door.guest()).post(mail(BRUNO), BRUNO, SUPPORT)
    await block(door, value)
    door.desk.blocks._read_at = float("-inf")

    assert await (await door.guest()).post(mail(), mail_from, SUPPORT) == unauthorised
    kept = door.queue.messages[-1]
    assert isinstance(kept, RefusedMessage) and kept.reason == "blocked_sender"


async def test_IN16_others_are_served_as_ever(door):
    await block(door, "longe.example")

    assert (await (await door.guest()).post(mail(), ANA, SUPPORT)).startswith("250 ")
