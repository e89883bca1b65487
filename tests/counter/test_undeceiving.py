"""Lists show strangers' words so that nobody is deceived by how they are written (P17)."""

import pytest

from tests.counter.test_door import _sign_in
from tests.harness.house import House
from webhooks.undeceiving import undeceived

TEXTS = [
    ("Fatura \u202efdp.exe\u202c", "Fatura fdp.exe"), ("\u2066a\u2069\u200bb\ufeff", "ab"),
    ("e" + "\u0301" * 40, "e" + "\u0301" * 3), ("ação à noite", "ação à noite"), ("שלום عربي 日本", "שלום عربي 日本"),
    ("a\x1b[31mb\x07", "a[31mb"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "shown"), TEXTS)
def test_P17_marks_that_deceive_are_not_shown(written: str, shown: str) -> None:
    assert undeceived(written) == shown


async def test_P17_the_list_neutralises_what_the_record_keeps(house: House) -> None:
    await house.file("Fatura \u202efdp.exe")
    answer = await house.http.get("/api/v1/tickets", headers=await house.agent("clara"))
    await _sign_in(house)
    page = await (await house.http.get("/console/")).text()

    assert (await answer.json())["items"][0]["title"] == "Fatura \u202efdp.exe"
    assert "Fatura fdp.exe" in page
    assert "\u202e" not in page
