"""The whole mail journey through real SMTP, on both sizes: from a first mail to a reopened ticket."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from tests.harness.installation import Installation
from tests.harness.outbox import SentMail
from tests.harness.post import mail, message_id

DESK = "atendimento@instituicoes.example"
ANA = "ana@org-a.example"
CARLA = "carla@org-b.example"
CLARA = "clara@instituicoes.example"
LIA = "lia@instituicoes.example"


@dataclass
class Opened:
    """A ticket Ana has just opened by mail."""

    house: Installation
    subject: str
    message_id: str
    protocol: str
    acknowledgement: SentMail

    def ticket(self) -> dict[str, Any]:
        answer = self.house.api("GET", f"/api/v1/tickets/{self.protocol}", token=self.house.agent_token(CLARA))
        assert answer.status == 200, answer.body
        return dict(answer.body)

    def wait_for_entries(self, count: int) -> list[dict[str, Any]]:
        def look() -> list[dict[str, Any]] | None:
            entries = self.ticket()["entries"]
            return entries if len(entries) >= count else None

        return self.house.wait_for(look, f"entry {count} of {self.protocol}")

    def notice(self, agent: str, kind: str) -> SentMail:
        """The notification of this ticket to `agent` that contains `kind`."""
        return self.house.wait_for_mail(
            agent, lambda sent: self.protocol in sent.subject and kind in sent.text
        )


@pytest.fixture
def opened(installation: Installation, request: pytest.FixtureRequest) -> Opened:
    """Ana writes, and is given a protocol."""
    return open_ticket(installation, f"Boletim não abre {request.node.name[:40]}")


def open_ticket(house: Installation, subject: str, text: str = "O boletim do 3º ano não abre.") -> Opened:
    first = message_id("org-a.example")
    code, answer = house.send(mail(f"Ana Alves <{ANA}>", DESK, subject, text, message_id=first), ANA, DESK)
    assert code == 250, answer
    acknowledgement = house.wait_for_mail(ANA, lambda sent: sent["In-Reply-To"] == first)
    protocol = acknowledgement.subject.partition("[Protocolo ")[2].partition("]")[0]
    return Opened(house, subject, first, protocol, acknowledgement)


def test_a_new_mail_is_acknowledged_with_its_protocol_and_nothing_of_what_it_said(opened: Opened) -> None:
    sent = opened.acknowledgement

    assert sent["Auto-Submitted"] == "auto-replied"
    assert opened.subject not in sent.message.as_string()
    assert "boletim" not in sent.text.lower()
    local, _, domain = sent.reply_to.partition("@")
    assert domain == "instituicoes.example" and len(local) <= 64
    assert sent.message_id.endswith("@instituicoes.example>")
    ticket = opened.ticket()
    assert (ticket["title"], ticket["status"], ticket["sector"]) == (opened.subject, "open", "n1")
    assert ticket["requester"] == {"name": "Ana Alves", "email": ANA}
    assert (ticket["organization"], ticket["opened_via"], ticket["opened_by"]) == ("Org A", "email", ANA)
    entry = ticket["entries"][0]
    assert (entry["threaded_by"], entry["authentication"]) == ("new", "trusted_network")
    assert "O boletim do 3º ano não abre." in entry["text"]


def test_replies_join_by_address_by_reference_and_by_subject(opened: Opened) -> None:
    house = opened.house
    replies = {
        "reply_token": mail(ANA, opened.acknowledgement.reply_to.upper(), "Outro assunto", "por endereço"),
        "message_id": mail(
            ANA, DESK, "Outro assunto", "pela nossa mensagem", in_reply_to=opened.acknowledgement.message_id
        ),
        "references": mail(ANA, DESK, "Outro assunto", "pela primeira", references=opened.message_id),
        "subject": mail(ANA, DESK, f"Re: [Protocolo {opened.protocol}]", "pelo número"),
    }
    for raw in replies.values():
        to = opened.acknowledgement.reply_to if b"ENDERE" in raw.upper() else DESK
        assert house.send(raw, ANA, to)[0] == 250

    entries = opened.wait_for_entries(5)

    assert sorted(each["threaded_by"] for each in entries[1:]) == sorted(replies)
    assert len([m for m in house.outbox(ANA) if opened.protocol in m.subject]) == 1


def test_a_refusal_is_spoken_in_the_session_and_names_the_official_channels(installation: Installation) -> None:
    answers = {
        installation.send(mail(who, DESK, "Oi", "Posso falar?"), who, DESK)
        for who in ("bruno@org-a.example", "adm@org-a.example", "estranho@nada.example")
    }

    assert len(answers) == 1, "the text must be the same for every cause"
    code, text = answers.pop()
    assert code == 550 and text.startswith("5.7.1") and "not_authorized" in text
    assert DESK in text
    token = installation.agent_token("root@instituicoes.example")
    row = installation.wait_for(
        lambda: installation.api("GET", "/api/v1/refusals", token=token).body["items"] or None, "a refusal"
    )[0]
    assert set(row) == {"at", "channel", "reason", "size"}


def test_unknown_mailboxes_fail_at_rcpt_and_nothing_is_relayed(installation: Installation) -> None:
    raw = mail(ANA, DESK, "x", "y")

    assert installation.send(raw, ANA, "ninguem@instituicoes.example")[1].startswith("5.1.1")
    assert installation.send(raw, ANA, "alguem@outro.example")[1].startswith("5.7.1")


def test_a_foreign_protocol_is_held_released_and_filed(opened: Opened) -> None:
    house, root = opened.house, opened.house.agent_token("root@instituicoes.example")
    before = len(house.outbox(CARLA))
    raw = mail(CARLA, DESK, f"sobre o {opened.protocol}", "quero ver isso")
    assert house.send(raw, CARLA, DESK)[0] == 250

    def held() -> dict[str, Any] | None:
        rows = house.api("GET", "/api/v1/held", token=root).body["items"]
        return next((row for row in rows if row["sender"] == CARLA), None)

    row = house.wait_for(held, "the held mail")
    assert (row["reason"], row["channel"]) == ("no_standing", "email")
    assert len(opened.ticket()["entries"]) == 1
    assert len(house.outbox(CARLA)) == before

    assert house.api("POST", f"/api/v1/held/{row['id']}/release", token=root).status == 200

    assert "quero ver isso" in opened.wait_for_entries(2)[1]["text"]


def test_an_agents_answer_reaches_the_customer_from_the_desk_alone(opened: Opened) -> None:
    house = opened.house
    notice = opened.notice(CLARA, "O boletim")
    raw = mail(f"Clara <{CLARA}>", notice.reply_to, f"Re: {notice.subject}", "Limpe o cache, por favor.")
    assert house.send(raw, CLARA, notice.reply_to)[0] == 250

    sent = house.wait_for_mail(ANA, lambda each: "Limpe o cache" in each.text)

    assert DESK in sent["From"] and "clara" not in sent.message.as_string().lower()
    assert f"[Protocolo {opened.protocol}]" in sent.subject
    assert opened.message_id in sent["References"]
    assert opened.ticket()["status"] == "awaiting_customer"
    entry = opened.ticket()["entries"][1]
    assert (entry["kind"], entry["visibility"], entry["author"]["role"]) == ("reply", "public", "agent")


def test_T09_an_answer_to_an_internal_note_never_leaves_the_house(opened: Opened) -> None:
    house = opened.house
    note = {"text": "cliente difícil: segredo-um", "visibility": "internal"}
    path = f"/api/v1/tickets/{opened.protocol}/entries"
    assert house.api("POST", path, token=house.agent_token(CLARA), json=note).status == 201
    notice = opened.notice(LIA, "segredo-um")

    assert house.send(mail(LIA, notice.reply_to, "Re:", "segredo-dois"), LIA, notice.reply_to)[0] == 250

    assert opened.wait_for_entries(3)[2]["visibility"] == "internal"
    opened.notice(CLARA, "segredo-dois")
    assert not any("segredo" in sent.message.as_string() for sent in house.outbox(ANA))


def test_T08_a_forged_agent_reply_goes_nowhere(opened: Opened) -> None:
    house = opened.house
    clara = opened.notice(CLARA, "O boletim")

    assert house.send(mail(LIA, clara.reply_to, "Re:", "sou a Lia"), LIA, clara.reply_to)[0] == 250
    assert house.send(mail(CLARA, DESK, f"Re: {opened.protocol}", "sem endereço"), CLARA, DESK)[0] == 250

    root = house.agent_token("root@instituicoes.example")
    house.wait_for(
        lambda: {CLARA, LIA} <= {row["sender"] for row in house.api("GET", "/api/v1/held", token=root).body["items"]},
        "both held",
    )
    assert len(opened.ticket()["entries"]) == 1


def test_nota_and_encerrar_by_mail_then_the_customer_reopens(opened: Opened) -> None:
    house = opened.house
    notice = opened.notice(CLARA, "O boletim")
    for text in ("#nota\nverificar servidor", "#encerrar\nCorrigido no servidor."):
        assert house.send(mail(CLARA, notice.reply_to, "Re:", text), CLARA, notice.reply_to)[0] == 250

    sent = house.wait_for_mail(ANA, lambda each: "Corrigido no servidor." in each.text)
    assert opened.ticket()["status"] == "closed"
    assert "verificar servidor" not in sent.message.as_string()

    assert house.send(mail(ANA, sent.reply_to, "Re:", "voltou a falhar"), ANA, sent.reply_to)[0] == 250
    house.wait_for(lambda: opened.ticket()["status"] == "open" or None, "the reopening")


def test_a_command_with_nothing_below_does_nothing_and_tells_the_agent(opened: Opened) -> None:
    house = opened.house
    notice = opened.notice(CLARA, "O boletim")
    before = len(house.outbox(CLARA))
    assert house.send(mail(CLARA, notice.reply_to, "Re:", "#encerrar"), CLARA, notice.reply_to)[0] == 250

    house.wait_for(lambda: len(house.outbox(CLARA)) > before or None, "the complaint")
    assert opened.ticket()["status"] == "open"


def test_S08_the_same_mail_in_parallel_is_one_entry(installation: Installation) -> None:
    raw = mail(ANA, DESK, "Em paralelo", "uma só vez", message_id=message_id())
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: installation.send(raw, ANA, DESK)[0], range(8)))

    assert codes == [250] * 8
    token = installation.agent_token(CLARA)
    found = installation.wait_for(
        lambda: installation.api("GET", "/api/v1/tickets?q=Em%20paralelo", token=token).body["items"] or None
    )
    assert len(found) == 1
    installation.guiche("check")


def test_files_and_the_raw_mail_are_kept_whole(installation: Installation) -> None:
    content = bytes(range(256)) * 1024  # 256 KiB: larger than what travels inline
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = ANA, DESK, "Com anexo grande"
    message["Message-ID"] = message_id()
    message.set_content("segue o anexo")
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename="../relatório.bin")
    assert installation.send(message.as_bytes(), ANA, DESK)[0] == 250

    token = installation.agent_token(CLARA)
    ticket = installation.wait_for(
        lambda: installation.api("GET", "/api/v1/tickets?q=Com%20anexo%20grande", token=token).body["items"] or None
    )[0]
    shown = installation.api("GET", f"/api/v1/tickets/{ticket['protocol']}", token=token).body
    file = shown["entries"][0]["attachments"][0]
    assert (file["filename"], file["size"]) == ("relatório.bin", len(content))
    answer = installation.api("GET", f"/api/v1/attachments/{file['id']}", token=token)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert hashlib.sha256(answer.body).digest() == hashlib.sha256(content).digest()
    foreign = installation.api(
        "GET", f"/api/v1/attachments/{file['id']}", token=installation.agent_token("diego@instituicoes.example")
    )
    unknown = installation.api("GET", "/api/v1/attachments/01a203ce-0000-7000-8000-000000000000", token=token)
    assert foreign.status == unknown.status == 404
    assert foreign.body == unknown.body
