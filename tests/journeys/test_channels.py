"""One message through each other channel, on both sizes: form, telephone, chat, and the unofficial ones."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fakes.telegram import FakeTelegram, fake_telegram
from tests.harness import web
from tests.harness.installation import Installation
from tests.harness.kinds import start_big, start_embedded
from tests.services import postgres, rabbitmq

ANA = "ana@org-a.example"
CLARA = "clara@instituicoes.example"
PHONE = "+55 11 91234-5678"


def ticket_of(house: Installation, protocol: str, agent: str = CLARA) -> dict[str, Any]:
    answer = house.api("GET", f"/api/v1/tickets/{protocol}", token=house.agent_token(agent))
    assert answer.status == 200, answer.body
    return dict(answer.body)


def post_form(house: Installation, fields: dict[str, str], *files: tuple[str, str, str, bytes]) -> web.Answer:
    headers, body = web.multipart(fields, list(files))
    return house.api("POST", "/webhooks/forms/contato", token=house.form_token(), body=body, headers=headers)


def test_a_form_with_a_file_becomes_a_ticket_and_a_second_one_complements_it(installation: Installation) -> None:
    fields = {"email": ANA, "name": "Ana", "title": "Do formulário", "message": "segue a planilha"}
    content = b"a;b\r\n" * 20_000
    opened = post_form(installation, fields, ("attachments", "notas.csv", "text/csv", content))
    assert opened.status == 201, opened.body

    more = post_form(installation, {"email": ANA, "message": "mais um dado", "protocol": opened.body["protocol"]})

    assert (more.status, more.body["protocol"]) == (201, opened.body["protocol"])
    ticket = ticket_of(installation, opened.body["protocol"])
    assert (ticket["opened_via"], ticket["number"]) == ("form", opened.body["number"])
    first, second = ticket["entries"]
    assert (first["authentication"], second["threaded_by"]) == ("form_token", "form")
    assert (first["attachments"][0]["filename"], first["attachments"][0]["size"]) == ("notas.csv", len(content))
    installation.wait_for_mail(ANA, lambda sent: opened.body["protocol"] in sent.subject)
    receipt = installation.api(
        "GET", f"/webhooks/receipts/{opened.body['receipt']}", token=installation.form_token()
    )
    assert receipt.body["state"] == "filed"


def test_a_form_of_somebody_without_the_right_is_refused_and_a_foreign_protocol_does_not_exist(
    installation: Installation,
) -> None:
    refused = post_form(installation, {"email": "bruno@org-a.example", "message": "oi"})
    assert (refused.status, refused.body["code"]) == (403, "not_authorized")

    own = post_form(installation, {"email": ANA, "message": "meu"}).body["protocol"]
    foreign = post_form(installation, {"email": "carla@org-b.example", "message": "x", "protocol": own})
    unknown = post_form(installation, {"email": "carla@org-b.example", "message": "x", "protocol": "209901010000019"})
    assert foreign.status == unknown.status == 404
    assert foreign.body == unknown.body


def test_a_form_without_proof_waits_for_the_link_in_a_mail(installation: Installation) -> None:
    token, carla = installation.form_token("contato", "--unverified"), "carla@org-b.example"
    answer = installation.api(
        "POST", "/webhooks/forms/contato", token=token, json={"email": carla, "title": "Nota", "message": "Olá"}
    )
    assert answer.status == 202
    sent = installation.wait_for_mail(carla, lambda each: "/confirm/" in each.text)
    path = next(word for word in sent.text.split() if "/confirm/" in word).removeprefix(installation.http)
    page = installation.api("GET", path)
    csrf = page.body.decode().split('name="csrf_token" value="')[1].split('"')[0]

    confirmed = installation.api(
        "POST", path, body=f"csrf_token={csrf}".encode(),
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": page.headers["Set-Cookie"].split(";")[0],
        },
    )  # fmt: skip

    assert confirmed.status == 200
    installation.wait_for_mail(carla, lambda each: "[Protocolo " in each.subject)
    receipt = f"/webhooks/receipts/{answer.body['receipt']}"
    assert installation.api("GET", receipt, token=token).body["state"] == "filed"


def test_a_phone_call_may_complement_but_never_open(installation: Installation) -> None:
    token = installation.agent_token(CLARA)
    protocol = post_form(installation, {"email": ANA, "message": "aguardo retorno"}).body["protocol"]
    call = {"caller_phone": PHONE, "summary": "Disse que é urgente"}

    opening = installation.api("POST", "/webhooks/phone", token=token, json={**call, "intent": "open", "protocol": None})
    adding = installation.api(
        "POST", "/webhooks/phone", token=token, json={**call, "intent": "complement", "protocol": protocol}
    )

    assert (opening.status, opening.body["code"]) == (403, "phone_may_not_open")
    assert (adding.status, adding.body["protocol"]) == (201, protocol)
    entry = ticket_of(installation, protocol)["entries"][1]
    assert (entry["channel"], entry["text"]) == ("phone", "Disse que é urgente")


@pytest.mark.parametrize("channel", ["whatsapp", "instagram"])
def test_an_unofficial_channel_is_refused_with_a_pointer_to_the_official_ones(
    installation: Installation, channel: str
) -> None:
    answer = installation.api("POST", f"/webhooks/{channel}", json={"text": "oi"})

    assert (answer.status, answer.body["code"]) == (403, "unofficial_channel")
    assert any("atendimento@instituicoes.example" in each for each in answer.body["official_channels"])
    assert installation.api("POST", "/webhooks/pombo", json={}).status == 404


@dataclass
class ChatHouse:
    """A house whose profile makes Telegram official, and the Telegram it talks to."""

    house: Installation
    telegram: FakeTelegram
    numbers: Iterator[int]

    def say(self, chat: int, text: str, update_id: int | None = None, secret: str = "demo-telegram-secret") -> int:
        update = {
            "update_id": update_id or next(self.numbers),
            "message": {
                "message_id": 1, "date": 1_790_000_000, "text": text,
                "chat": {"id": chat, "type": "private"}, "from": {"id": chat, "first_name": "Ana"},
            },
        }  # fmt: skip
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
        return self.house.api("POST", "/webhooks/telegram/guiche", json=update, headers=headers).status

    def wait_for_text(self, chat: int, part: str) -> str:
        return self.house.wait_for(
            lambda: next((text for text in self.telegram.texts_to(chat) if part in text), None), f"a text with {part}"
        )

    def tickets(self) -> list[dict[str, Any]]:
        token = self.house.agent_token("root@representantes.example")
        return list(self.house.api("GET", "/api/v1/tickets", token=token).body["items"])


@pytest.fixture(scope="module", params=[pytest.param("embedded"), pytest.param("big", marks=pytest.mark.services)])
def chat_house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatHouse]:
    folder = tmp_path_factory.mktemp(f"chat-{request.param}")
    with ExitStack() as stack:
        telegram = stack.enter_context(fake_telegram())
        settings = {"GUICHE_PROFILE": "representantes", "GUICHE_TELEGRAM_API_URL": telegram.url}
        if request.param == "embedded":
            house = stack.enter_context(start_embedded(folder, **settings))
        else:
            broker = request.getfixturevalue("rabbit_url")
            database = stack.enter_context(postgres.fresh_database(request.getfixturevalue("postgres_url")))
            prefix = stack.enter_context(rabbitmq.fresh_prefix(broker))
            house = stack.enter_context(
                start_big(
                    folder, database, broker, prefix,
                    GUICHE_TELEGRAM_BOTS="guiche=1:demo:demo-telegram-secret", **settings,
                )  # fmt: skip
            )
        yield ChatHouse(house, telegram, itertools.count(100))


def test_a_linked_chat_becomes_a_ticket_and_hears_the_answer(chat_house: ChatHouse) -> None:
    house = chat_house.house
    code = house.guiche("telegram", "link", ANA).stdout.strip()
    assert chat_house.say(77, f"/start {code}") == 200
    chat_house.wait_for_text(77, "")

    update = next(chat_house.numbers)
    assert [chat_house.say(77, "Cliente sem acesso", update) for _ in range(3)] == [200] * 3
    acknowledged = chat_house.wait_for_text(77, chat_house.house.wait_for(lambda: chat_house.tickets())[0]["protocol"])
    assert "Cliente sem acesso" not in acknowledged
    assert chat_house.say(77, "Já reiniciei") == 200

    def both() -> dict[str, Any] | None:
        ticket = ticket_of(house, chat_house.tickets()[0]["protocol"], "clara@representantes.example")
        return ticket if len(ticket["entries"]) == 2 else None

    ticket = house.wait_for(both, "the second entry")
    assert [entry["threaded_by"] for entry in ticket["entries"]] == ["new", "chat"]
    assert ticket["entries"][0]["authentication"] == "telegram_link"
    house.api(
        "POST", f"/api/v1/tickets/{ticket['protocol']}/entries", json={"text": "Acesso liberado"},
        token=house.agent_token("clara@representantes.example"),
    )  # fmt: skip
    chat_house.wait_for_text(77, "Acesso liberado")
    assert len(chat_house.tickets()) == 1


def test_an_unlinked_chat_is_told_once_and_a_wrong_secret_is_not_heard(chat_house: ChatHouse) -> None:
    assert chat_house.say(99, "me ajuda", secret="errado") == 401
    assert [chat_house.say(99, text) for text in ("me ajuda", "alô?")] == [200, 200]

    chat_house.wait_for_text(99, "")

    assert len(chat_house.telegram.texts_to(99)) == 1
    assert all(ticket["requester"]["email"] == ANA for ticket in chat_house.tickets())
