"""The setting: what it may say, what is complained of, and that no complaint or shown value holds a secret."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from core import clock
from core.errors import Misconfigured
from core.imap_accounts import ImapAccount, TokenSource, parse_imap_urls
from core.settings import load_settings
from gateway.channels.imap_cursor import Progress, progress_of, save

GOOD = "imaps://eu%40x.example:se%3Agredo%20%2F@mail.example/Caixa%20de%20Entrada/Sub?mailbox=Atendimento@x.example"


def test_everything_in_an_address_is_read() -> None:
    [account] = parse_imap_urls(f"{GOOD}&authserv_id=mx.example&ca=/etc/ca.pem&expires=2027-01-31")

    assert account == ImapAccount(
        host="mail.example", port=993, is_tls=True, user="eu@x.example", password="se:gredo /",
        folder="Caixa de Entrada/Sub", mailbox="atendimento@x.example", authserv_id="mx.example",
        ca=Path("/etc/ca.pem"), expires=date(2027, 1, 31),
    )


def test_several_folders_of_one_account_stand_side_by_side() -> None:
    accounts = parse_imap_urls("imap://u:p@127.0.0.1:1/A?mailbox=a@x  imap://u:p@127.0.0.1:1?mailbox=a@x")

    assert [(each.folder, each.port, each.is_tls) for each in accounts] == [("A", 1, False), ("INBOX", 1, False)]
    assert accounts[0].key == accounts[1].key and len(accounts[0].key) == 64


def test_xoauth2_names_where_tokens_come_from() -> None:
    [account] = parse_imap_urls(
        f"{GOOD}&auth=xoauth2&token_url=https://login.example/t&client_id=c&client_secret=geheim&scope=a%20b"
    )

    assert account.tokens == TokenSource("https://login.example/t", "c", "geheim", "a b")
    assert "geheim" not in repr(account) and "gredo" not in repr(account) and "eu@" not in repr(account)


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("pop3://u:hunter2@h/?mailbox=a@x", "must be imaps://"),
        ("imaps://u:hunter2@/INBOX?mailbox=a@x", "must be imaps://"),
        ("imaps://u:hunter2@h:port/?mailbox=a@x", "cannot be read as an address"),
        ("imaps://u:hunter2@[h/?mailbox=a@x", "cannot be read as an address"),
        ("imaps://u:hunter2@h/", "needs mailbox=ADDRESS"),
        ("imaps://u@h/?mailbox=a@x", "needs user:password@"),
        ("imaps://u:hunter2@h/?mailbox=a@x&mailbox=b@x", "given twice"),
        ("imaps://u:hunter2@h/?mailbox=a@x&hunter=1", "no parameter hunter"),
        ("imaps://u:hunter2@h/?mailbox=a@x&auth=ntlm", "auth must be xoauth2"),
        ("imaps://u:hunter2@h/?mailbox=a@x&auth=xoauth2", "needs token_url and client_id"),
        ("imaps://u:hunter2@h/?mailbox=a@x&auth=xoauth2&token_url=http://t.example/&client_id=c", "https://"),
        ("imaps://u:hunter2@h/?mailbox=a@x&expires=tomorrow", "must be a day"),
        ("imaps://u:hunter2%00@h/?mailbox=a@x", "control character"),
        ("imaps://u:hunter2@h/%0D%0AX?mailbox=a@x", "control character"),
        ("imaps://u:hunter2@h/?mailbox=a@x%0D%0AX", "control character"),
        ("imaps://u:hunter2@h/INBOX.Processed?mailbox=a@x", "where Guichê puts"),
        (f"imaps://u:hunter2@h/{'f' * 300}?mailbox=a@x", "name is too long"),
        ("imaps://u:hunter2@h/?mailbox=a@x imaps://u:other@h/INBOX?mailbox=a@x", "address 2: the same folder"),
    ],
)
def test_what_is_wrong_is_named_by_its_place_and_repeats_no_secret(url: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as refused:
        load_settings({"GUICHE_DATA_DIR": str(tmp_path), "GUICHE_IMAP_URLS": url}, demo=True)

    assert complaint in str(refused.value) and "GUICHE_IMAP_URLS: address" in str(refused.value)
    assert "hunter2" not in str(refused.value) and "other" not in str(refused.value)


def test_a_process_of_this_role_alone_needs_something_to_read(tmp_path: Path) -> None:
    environ = {
        "GUICHE_DATA_DIR": str(tmp_path), "GUICHE_ROLES": "imap", "GUICHE_BLOBS_URL": f"file://{tmp_path}",
        "GUICHE_BASE_URL": "http://127.0.0.1:1",
    }
    with pytest.raises(Misconfigured, match="GUICHE_IMAP_URLS: required"):
        load_settings(environ, demo=True)


async def test_a_cursor_whose_saving_is_cancelled_at_any_moment_holds_up_nobody(database: str) -> None:
    [account] = parse_imap_urls("imap://desk:pw@127.0.0.1:143/INBOX?mailbox=atendimento@instituicoes.example")
    for moment in range(30):
        saving = asyncio.create_task(save(Progress(1, moment), account, clock.now()))
        for _ in range(moment):
            await asyncio.sleep(0)
        saving.cancel()
        await asyncio.gather(saving, return_exceptions=True)
        async with asyncio.timeout(10):
            await save(Progress(2, moment), account, clock.now())

    assert (await progress_of(account, 2)).uid == 29
