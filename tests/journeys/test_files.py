"""Files from door to download on a big installation: S3 for the bytes, ClamAV at the door, and both away for a while."""

import base64
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from tests.harness.installation import Installation
from tests.harness.kinds import start_big
from tests.harness.post import message_id
from tests.services import postgres, rabbitmq, s3
from tests.services.clamav import Daemon, eicar

DESK = "atendimento@instituicoes.example"
ANA = "ana@org-a.example"
CLARA = "clara@instituicoes.example"
BUCKET = "guiche-journey"


@dataclass
class Site:
    """The installation beside the services it stands on."""

    house: Installation
    store: s3.S3Server
    clamd: Daemon

    def send(self, subject: str, content: bytes, filename: str = "dados.bin", kind: str = "application/zip") -> Any:
        """Ana mails a file; the code, and the bytes of the mail."""
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = ANA, DESK, subject
        mail["Message-ID"] = message_id("org-a.example")
        mail["Date"] = "Mon, 02 Nov 2026 10:00:00 -0300"
        mail.set_content("Segue o arquivo.")
        maintype, _, subtype = kind.partition("/")
        mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=filename)
        raw = mail.as_bytes()
        code, text = self.house.send(raw, ANA, DESK)
        return code, text, raw

    def entry(self, subject: str) -> dict[str, Any]:
        """The first entry of the ticket with this title, as Clara sees it once it is filed."""
        token = self.house.agent_token(CLARA)

        def look() -> dict[str, Any] | None:
            listed = self.house.api("GET", "/api/v1/tickets?view=all&limit=200", token=token).body["items"]
            return next((each for each in listed if each["title"] == subject), None)

        protocol = self.house.wait_for(look, subject)["protocol"]
        return dict(self.house.api("GET", f"/api/v1/tickets/{protocol}", token=token).body["entries"][0])

    def download(self, path: str) -> tuple[int, bytes]:
        answer = self.house.api("GET", path, token=self.house.agent_token(CLARA))
        return answer.status, answer.body


@pytest.fixture(scope="module")
def site(
    postgres_url: str, rabbit_url: str, clamd: Daemon, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("files")
    with ExitStack() as stack:
        store = stack.enter_context(s3.server(folder))
        store.make(BUCKET)
        database = stack.enter_context(postgres.fresh_database(postgres_url))
        prefix = stack.enter_context(rabbitmq.fresh_prefix(rabbit_url))
        house = stack.enter_context(
            start_big(
                folder, database, rabbit_url, prefix, GUICHE_BLOBS_URL=store.url(BUCKET), GUICHE_CLAMD=clamd.address,
            )
        )
        yield Site(house, store, clamd)


def test_I16_a_large_file_and_its_raw_mail_come_back_from_s3_byte_for_byte(site: Site) -> None:
    content = b"PK\x03\x04" + os.urandom(1_000_000)
    code, _, raw = site.send("Um megabyte", content)
    entry = site.entry("Um megabyte")
    [file] = entry["attachments"]

    assert code == 250 and file["size"] == len(content) and file["content_type"] == "application/zip"
    assert site.download(f"/api/v1/attachments/{file['id']}") == (200, content)
    assert entry["raw_sha256"] == hashlib.sha256(raw).hexdigest()
    assert site.download(entry["raw"]) == (200, raw)
    assert not list(site.house.front.data_dir.glob("spool/*/*"))


def test_H03_a_page_that_calls_itself_a_picture_is_kept_as_octets(site: Site) -> None:
    site.send("Retrato", b"<html><script>alert(1)</script></html>", "retrato.png", "image/png")
    [file] = site.entry("Retrato")["attachments"]

    assert (file["filename"], file["content_type"]) == ("retrato.png", "application/octet-stream")


def test_an_infected_file_waits_for_an_operator_and_his_word_lets_it_in(site: Site) -> None:
    code, text, _ = site.send("Joguinho", eicar(), "jogo.com", "application/octet-stream")
    assert code == 250, text
    token = site.house.agent_token("root@instituicoes.example")

    def look() -> dict[str, Any] | None:
        listed = site.house.api("GET", "/api/v1/held", token=token).body["items"]
        return next((each for each in listed if each["reason"] == "infected"), None)

    held = site.house.wait_for(look, "the infected mail")
    released = site.house.api("POST", f"/api/v1/held/{held['id']}/release", token=token, json={})

    assert released.status == 200, released.body
    [file] = site.entry("Joguinho")["attachments"]
    assert site.download(f"/api/v1/attachments/{file['id']}") == (200, eicar())


def test_an_infected_form_is_taken_and_held(site: Site) -> None:
    answer = _post_form(site, eicar())

    assert answer.status == 202 and "receipt" in answer.body


def _post_form(site: Site, content: bytes) -> Any:
    form = {
        "email": ANA, "title": "Formulário", "message": "Olá", "attachments": [
            {"filename": "a.com", "content_type": "", "content": base64.b64encode(content).decode()}
        ],
    }  # fmt: skip
    return site.house.api("POST", "/webhooks/forms/contato", token=site.house.form_token(), json=form)


def test_while_the_scanner_is_away_the_sender_tries_again_and_nothing_slips_through(site: Site) -> None:
    site.clamd.stop()
    try:
        code, text, raw = site.send("Sem vigia", b"words")
        form = _post_form(site, b"words")
    finally:
        site.clamd.start()

    assert (code, text[:5]) == (451, "4.3.0"), text
    assert (form.status, form.body["code"]) == (503, "temporarily_unavailable")
    assert site.house.send(raw, ANA, DESK)[0] == 250
    assert len(site.entry("Sem vigia")["attachments"]) == 1


def test_while_s3_is_away_mail_is_taken_filed_read_and_survives_a_kill(site: Site) -> None:
    content = b"PK\x03\x04" + os.urandom(300_000)
    site.store.stop()
    code, text, raw = site.send("Sem armazém", content)
    entry = site.entry("Sem armazém")
    path = f"/api/v1/attachments/{entry['attachments'][0]['id']}"

    assert code == 250, text
    assert site.download(path) == (200, content), "from the spool"
    site.house.kill(9, "front")
    site.house.start()
    assert site.download(path) == (200, content), "from the spool that stood the kill"

    site.house.wait_for(lambda: _spooled(site) == 2.0, "the gauge of what is spooled")

    site.store.start(BUCKET)
    spool = site.house.front.data_dir / "spool"
    site.house.wait_for(lambda: not [each for each in spool.rglob("*") if each.is_file()], "the empty spool")
    assert site.download(path) == (200, content)
    assert site.download(entry["raw"]) == (200, raw)
    site.house.wait_for(lambda: _spooled(site) == 0.0, "the gauge back at nothing")


def _spooled(site: Site) -> float | None:
    told = site.house.api("GET", "/metrics").body.decode()
    found = re.search(r"^guiche_blobs_spooled ([0-9.]+)$", told, re.MULTILINE)
    return float(found[1]) if found else None


def test_a_password_of_the_store_stands_in_no_log(site: Site) -> None:
    told = "".join(each.log for each in site.house.processes.values())

    assert "blob_store_away" in told
    assert not re.search(f"{re.escape(s3.SECRET)}|{re.escape(s3.KEY)}", told)
