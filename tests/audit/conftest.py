"""Rows of audit, and the keys that seal them."""

import pytest

from core import clock
from core.audit import AuditHead, AuditRow, record
from core.keys import Key, SigningKeys
from core.sealing_audit import seal


@pytest.fixture
def signing() -> SigningKeys:
    return SigningKeys([Key("test", b"0" * 32)])


@pytest.fixture
def acts():
    """`await acts(3)`: three more rows, unsealed."""

    async def more(count: int) -> None:
        for number in range(count):
            await record(
                "agent:1", "user_changed", f"person:{number}", clock.now(), "pedido ✓", before="role=reader",
                after="role=key_user",
            )  # fmt: skip

    return more


@pytest.fixture
async def chain(database, signing, acts):
    """Six sealed rows in the open database, and its address."""
    await acts(6)
    await seal(signing, clock.now(), at_once=4)
    await seal(signing, clock.now(), at_once=4)
    return database


@pytest.fixture
async def tampered(database):
    """For a test that breaks the chain: its traces are gone before the invariants are asked."""
    yield
    await AuditHead.all().delete()
    await AuditRow.all().delete()
