"""What nobody may learn from our logs, metrics, errors, queues and broker: the people, and what they wrote (I14)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.harness import web
from tests.harness.installation import Installation
from tests.harness.kinds import start_big
from tests.harness.post import mail, message_id
from tests.harness.spy import Spy, listening
from tests.services import postgres

DESK = "atendimento@instituicoes.example"
ANA, BRUNO, CARLA = "ana@org-a.example", "bruno@org-a.example", "carla@org-b.example"
CLARA, ROOT, ADM = "clara@instituicoes.example", "root@instituicoes.example", "adm@org-a.example"
EVA = "eva.canario@longe.example"
PHONE = "+55 11 91234-5678"
CPF = "529.982.247-25"
WORDS = ("canario-do-assunto", "canario-do-texto", "canario-da-nota", "canario-do-anexo", "canario-do-whatsapp")
PEOPLE = (ANA, BRUNO, CARLA, CLARA, ROOT, ADM, EVA, "diego@instituicoes.example", "lia@instituicoes.example")
NAMES = ("Ana Alves", "Bruno Brito", "Carla Costa", "Clara Campos", "Adão Mendes", "Eva Canária")
SECRETS = ("demo-clara", "senha-canario-errada")


@dataclass
class Watched:
    """An installation with a spy on its broker, and every body of an error it answered."""

    house: Installation
    spy: Spy
    errors: list[str] = field(default_factory=list)

    def api(self, method: str, path: str, **more: Any) -> web.Answer:
        answer = self.house.api(method, path, **more)
        if answer.status >= 400:
            self.errors.append(f"{answer.body} {answer.headers.as_string()}")
        return answer

    def send(self, raw: bytes, mail_from: str, *to: str) -> int:
        code, text = self.house.send(raw, mail_from, *to)
        if code >= 400:
            self.errors.append(text)
        return code


@pytest.fixture(scope="module", params=["console", "json"])
def watched(
    request: pytest.FixtureRequest, postgres_url: str, rabbit_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watched]:
    from tests.services import rabbitmq

    folder = tmp_path_factory.mktemp("silence")
    with (
        postgres.fresh_database(postgres_url) as database,
        rabbitmq.fresh_prefix(rabbit_url) as prefix,
        listening(rabbit_url, prefix) as spy,
        start_big(folder, database, rabbit_url, prefix, GUICHE_LOG_FORMAT=request.param) as house,
    ):
        yield Watched(house, spy)


def forms_of(text: str) -> list[str]:
    """How something could stand in a log: as it is, without its separators, and as an encoded word or path has it."""
    digits = re.sub(r"\D", "", text)
    found = [text, text.lower(), text.replace("@", "%40"), text.replace(" ", "+")]
    return found + ([digits] if len(digits) >= 10 else [])


FORBIDDEN = [form for each in (*PEOPLE, *NAMES, PHONE, CPF, *WORDS, *SECRETS) for form in forms_of(each)]


def assert_silent(text: str, where: str) -> None:
    found = [each for each in FORBIDDEN if each in text]
    assert not found, f"{where} tells {found}: …{text[max(text.find(found[0]) - 300, 0):][:700]}…"


def test_I14_nothing_of_the_cast_stands_in_logs_metrics_errors_queues_or_broker_messages(watched: Watched) -> None:
    protocol = journey(watched)

    for name, process in watched.house.processes.items():
        assert len(process.log) > 200
        assert_silent(without_welcome(process.log), f"the log of {name}")
    metrics = watched.house.api("GET", "/metrics").body.decode()
    assert 'channel="email"' in metrics
    assert_silent(metrics, "/metrics")
    assert len(watched.errors) > 15
    for error in watched.errors:
        assert_silent(error, "an error")
    for name in watched.spy.names:
        assert_silent(name, "a queue's name")
    published = watched.spy.seen()
    assert len(published) > 8 and any(len(each.body) > 1_000 for each in published)
    for each in published:
        assert_silent(each.routing_key + each.properties, "a message's properties")
        assert_silent(each.body.decode("utf-8", "replace"), "a message's body")
        assert_silent(each.body.decode("utf-16-le", "replace"), "a message's body")
        assert protocol.encode() not in each.body or each.routing_key.rpartition(".")[2] not in "0123"


def without_welcome(log: str) -> str:
    """The log without the lines in which a demo tells the logins of its cast: they are invented, and its purpose."""
    told = ("  agents  ", "  customers  ", "  passwords  ", "python3 -c ")
    return "\n".join(line for line in log.splitlines() if not line.startswith(told))


def journey(watched: Watched) -> str:
    """Everything that may go well or wrong, once, by every door."""
    house = watched.house
    clara, ana, adm = house.agent_token(CLARA), house.user_token(ANA), house.user_token(ADM)
    first = message_id("org-a.example")
    text = f"canario-do-texto CPF {CPF} telefone {PHONE}"
    assert watched.send(mail(f"Ana Alves <{ANA}>", DESK, "canario-do-assunto", text, message_id=first), ANA, DESK) == 250
    sent = house.wait_for_mail(ANA, lambda each: each["In-Reply-To"] == first)
    protocol = sent.subject.partition("[Protocolo ")[2].partition("]")[0]
    path = f"/api/v1/tickets/{protocol}"
    by_mail(watched, sent.reply_to)
    by_web(watched, protocol)
    assert watched.api("POST", f"{path}/entries", token=clara, json={"text": f"canario-do-texto {CPF}"}).status == 201
    note = {"text": "canario-da-nota", "visibility": "internal"}
    assert watched.api("POST", f"{path}/entries", token=clara, json=note).status == 201
    assert watched.api("POST", f"{path}/close", token=clara, json={"fields": {}}).status == 422
    assert watched.api("POST", f"{path}/assign", token=clara, json={"agent": EVA}).status == 422
    assert watched.api("GET", path, token=house.user_token(CARLA)).status == 404
    assert watched.api("GET", f"/api/v1/tickets?q={CPF}", token=ana).status in (200, 422)
    assert watched.api("GET", f"/api/v1/intake?q={ANA}", token=clara).status == 200
    by_people(watched, adm)
    house.wait_for(lambda: len(house.outbox(CLARA)) >= 3, "the notices to Clara")
    return protocol


def by_mail(watched: Watched, reply_to: str) -> None:
    assert watched.send(mail(f"Ana Alves <{ANA}>", reply_to, "Re: canario-do-assunto", "canario-do-texto"), ANA, reply_to) == 250
    for who in (BRUNO, EVA):
        assert watched.send(mail(f"Eva Canária <{who}>", DESK, "canario-do-assunto", "canario-do-texto"), who, DESK) == 550
    assert watched.send(mail(EVA, reply_to, "canario-do-assunto", "canario-do-texto"), EVA, reply_to) == 250
    assert watched.send(mail(CLARA, DESK, "canario-do-assunto", "canario-do-texto"), CLARA, DESK) == 250
    assert watched.send(mail(ANA, f"{EVA}", "x", "y"), ANA, EVA) == 550
    assert watched.send(mail(f'"{EVA}" <{ANA}', DESK, "canario-do-assunto", "canario-do-texto"), EVA, DESK) in (250, 550)
    assert watched.send(mail(EVA, DESK, "Undelivered", f"canario-do-texto {ANA}"), "", DESK) == 250


def by_web(watched: Watched, protocol: str) -> None:
    house = watched.house
    form, clara = house.form_token(), house.agent_token(CLARA)
    good = {"email": ANA, "name": "Ana Alves", "phone": PHONE, "title": "canario-do-assunto", "message": f"canario-do-texto {CPF}"}
    headers, body = web.multipart(good, [("attachments", "canario-do-anexo.txt", "text/plain", b"canario-do-anexo" * 9_000)])
    assert watched.api("POST", "/webhooks/forms/contato", token=form, body=body, headers=headers).status == 201
    for wrong in ({"email": BRUNO}, {"email": EVA}, {"email": f"{ANA} x"}, {"no_such_field": "canario-do-texto"}):
        assert watched.api("POST", "/webhooks/forms/contato", token=form, json={**good, **wrong}).status >= 400
    assert watched.api("POST", "/webhooks/forms/contato", token="senha-canario-errada", json=good).status == 401
    call = {"caller_phone": PHONE, "caller_name": "Ana Alves", "summary": "canario-do-texto"}
    phone = {"token": clara}
    assert watched.api("POST", "/webhooks/phone", json={**call, "intent": "complement", "protocol": protocol}, **phone).status == 201
    assert watched.api("POST", "/webhooks/phone", json={**call, "intent": "open"}, **phone).status == 403
    assert watched.api("POST", "/webhooks/phone", json={**call, "intent": CPF}, **phone).status == 422
    update: dict[str, Any] = {"update_id": 7, "message": {"message_id": 1, "date": 1, "text": "canario-do-texto",
              "chat": {"id": 5511912345678, "type": "private"}, "from": {"id": 1, "first_name": "Ana Alves"}}}  # fmt: skip
    secret = {"X-Telegram-Bot-Api-Secret-Token": "demo-telegram-secret"}
    assert watched.api("POST", "/webhooks/telegram/guiche", json=update, headers=secret).status == 200
    offer = {"sender": PHONE, "sender_name": "Eva Canária", "sector": "comercial", "purpose": "negotiation", "text": "canario-do-whatsapp"}
    whatsapp = house.form_token("whatsapp")
    assert watched.api("POST", "/webhooks/whatsapp", token=whatsapp, json=offer).status == 201
    assert watched.api("POST", "/webhooks/whatsapp", token=whatsapp, json={**offer, "text": f"CPF {CPF}"}).status == 403
    assert watched.api("POST", "/webhooks/instagram", json=offer).status == 403
    assert watched.api("POST", f"/webhooks/{ANA}", json=offer).status == 404


def by_people(watched: Watched, adm: str) -> None:
    own = watched.api("GET", "/api/v1/organizations", token=adm).body["items"][0]["id"]
    users = f"/api/v1/organizations/{own}/users"
    assert watched.api("POST", users, token=adm, json={"email": ANA, "name": "Eva Canária"}).status == 422
    assert watched.api("POST", users, token=adm, json={"email": EVA, "name": "Eva Canária", "phone": PHONE}).status == 422
    assert watched.api("POST", users, token=adm, json={"email": EVA, "name": "Eva Canária", "role": "reader"}).status == 201
    assert watched.api("POST", users, token=watched.house.user_token(ANA), json={"email": EVA}).status == 403
    for email, password in ((ANA, "senha-canario-errada"), (EVA, "demo-clara")):
        sign_in_with(watched, email, password)
    assert watched.house.guiche("user", "authorize", "nobody@longe.example", check=False).returncode == 1


def sign_in_with(watched: Watched, email: str, password: str) -> None:
    page = watched.house.api("GET", "/login")
    csrf = page.body.decode().split('name="csrf_token" value="')[1].split('"')[0]
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": page.headers["Set-Cookie"].split(";")[0]}
    body = f"csrf_token={csrf}&email={email.replace('@', '%40')}&password={password}".encode()
    assert watched.house.api("POST", "/login", body=body, headers=headers).status == 401
