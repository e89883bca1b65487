"""The outbox of a demo: every mail that left, as text; not there once mail really leaves."""

import shutil
from pathlib import Path

import pytest

from core.tickets.office import Office
from tests.harness.house import House, open_house

MAIL = (
    b"Return-Path: <bounce@instituicoes.example>\r\nDelivered-To: ana@org-a.example\r\n"
    b"From: Central <atendimento@instituicoes.example>\r\nTo: ana@org-a.example\r\n"
    b"Subject: =?utf-8?q?=5BProtocolo_1=5D_=3Cscript=3Ealert(1)=3C/script=3E?=\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nRecebemos <b>seu</b> chamado.\r\n"
)


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One database is enough: pages do not differ by it."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


def _put(house: House, name: str) -> None:
    folder = house.counter.settings.data_dir / "outbox" / "new"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(MAIL)


async def test_a_mail_is_listed_and_opened_without_signing_in(house: House) -> None:
    _put(house, "1.a.host")
    listed = await (await house.http.get("/dev/outbox")).text()
    opened = await (await house.http.get("/dev/outbox/1.a.host")).text()

    assert "ana@org-a.example" in listed and "[Protocolo 1]" in listed
    assert "Recebemos &lt;b&gt;seu&lt;/b&gt; chamado." in opened
    assert "<script>" not in listed + opened


async def test_the_page_of_a_mail_leads_out_of_no_folder(house: House) -> None:
    _put(house, "1.a.host")
    (house.counter.settings.data_dir / "secret").write_text("x")
    for name in ("..%2F..%2Fsecret", "2.b.host", "%00"):
        assert (await house.http.get(f"/dev/outbox/{name}")).status == 404


async def test_with_a_relay_there_is_no_outbox(office: Office, tmp_path: Path) -> None:
    async with open_house(office, tmp_path, GUICHE_RELAY_URL="smtp://127.0.0.1:2525") as house:
        assert (await house.http.get("/dev/outbox")).status == 404
        assert "/dev/outbox" not in await (await house.http.get("/")).text()
