"""One message through each channel beside mail, through a whole installation of either size."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.fakes.telegram import FakeTelegram, fake_telegram
from tests.harness.installation import Installation
from tests.harness.kinds import start_big, start_embedded
from tests.harness.web import multipart
from tests.services import postgres, rabbitmq

SIZES = [pytest.param("embedded"), pytest.param("big", marks=pytest.mark.services)]
FORM = {"name": "Ana", "email": "ana@org-a.example", "title": "Boletim", "message": "O boletim não abre."}
CHAT = 4711


@pytest.fixture(scope="module")
def telegram() -> Iterator[FakeTelegram]:
    with fake_telegram() as fake:
        yield fake


@pytest.fixture(scope="module", params=SIZES)
def chat_installation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, telegram: FakeTelegram
) -> Iterator[Installation]:
    """The desk `representantes`, where Telegram is official."""
    settings = {"GUICHE_PROFILE": "representantes", "GUICHE_TELEGRAM_API_URL": telegram.url}
    folder = tmp_path_factory.mktemp(f"chat-{request.param}")
    with ExitStack() as stack:
        if request.param == "embedded":
            yield stack.enter_context(start_embedded(folder, **settings))
            return
        server, broker = request.getfixturevalue("postgres_url"), request.getfixturevalue("rabbit_url")
        database = stack.enter_context(postgres.fresh_database(server))
        prefix = stack.enter_context(rabbitmq.fresh_prefix(broker))
        yield stack.enter_context(start_big(folder, database, broker, prefix, **settings))


def open_by_form(installation: Installation) -> str:
    answer = installation.api("POST", "/webhooks/forms/contato", token=installation.form_token(), json=FORM)
    assert answer.status == 201, answer
    return str(answer.body["protocol"])


def test_a_form_is_answered_with_a_protocol_and_acknowledged_by_mail(installation: Installation):
    protocol = open_by_form(installation)

    mail = installation.wait_for_mail("ana@org-a.example", lambda mail: protocol in mail.subject)
    agent = installation.agent_token("clara@instituicoes.example")
    ticket = installation.api("GET", f"/api/v1/tickets/{protocol}", token=agent).body
    assert mail["Auto-Submitted"] == "auto-replied"
    assert (ticket["opened_via"], ticket["entries"][0]["text"]) == ("form", FORM["message"])


def test_a_large_file_of_a_form_comes_back_whole(installation: Installation):
    content = bytes(range(256)) * 1_000
    headers, body = multipart(FORM, [("attachments", "dados.bin", "application/octet-stream", content)])

    answer = installation.api(
        "POST", "/webhooks/forms/contato", token=installation.form_token(), headers=headers, body=body
    )

    agent = installation.agent_token("clara@instituicoes.example")
    ticket = installation.api("GET", f"/api/v1/tickets/{answer.body['protocol']}", token=agent).body
    file = ticket["entries"][0]["attachments"][0]
    found = installation.api("GET", f"/api/v1/attachments/{file['id']}", token=agent)
    assert (file["filename"], found.body) == ("dados.bin", content)


def test_a_form_without_proof_waits_for_the_link_in_a_mail(installation: Installation):
    token = installation.form_token("contato", "--unverified")
    post = {**FORM, "email": "carla@org-b.example"}

    answer = installation.api("POST", "/webhooks/forms/contato", token=token, json=post)

    assert answer.status == 202
    mail = installation.wait_for_mail("carla@org-b.example", lambda mail: "/confirm/" in mail.text)
    link = next(word for word in mail.text.split() if "/confirm/" in word)
    page = installation.api("GET", link.removeprefix(installation.http))
    csrf = page.body.decode().split('name="csrf_token" value="')[1].split('"')[0]
    cookie = page.headers["Set-Cookie"].split(";")[0]
    confirmed = installation.api(
        "POST", link.removeprefix(installation.http), body=f"csrf_token={csrf}".encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie},
    )
    assert confirmed.status == 200
    installation.wait_for_mail("carla@org-b.example", lambda mail: "[Protocolo " in mail.subject)
    receipt = f"/webhooks/receipts/{answer.body['receipt']}"
    assert installation.api("GET", receipt, token=token).body["state"] == "filed"


def test_a_phone_call_complements_a_ticket(installation: Installation):
    protocol = open_by_form(installation)
    call = {"caller_phone": "(11) 91234-5678", "intent": "complement", "protocol": protocol, "summary": "Ligou."}
    agent = installation.agent_token("clara@instituicoes.example")

    answer = installation.api("POST", "/webhooks/phone", token=agent, json=call)

    ticket = installation.api("GET", f"/api/v1/tickets/{protocol}", token=agent).body
    assert answer.status == 201 and ticket["entries"][-1]["id"] == answer.body["entry"]
    assert ticket["entries"][-1]["channel"] == "phone"


def test_an_unofficial_channel_is_refused(installation: Installation):
    answer = installation.api("POST", "/webhooks/whatsapp", json={"text": "Olá"})

    assert (answer.status, answer.body["code"]) == (403, "unofficial_channel")


def test_a_chat_is_linked_opens_a_ticket_and_hears_the_answer(
    chat_installation: Installation, telegram: FakeTelegram
):
    code = chat_installation.guiche("telegram", "link", "ana@org-a.example").stdout.strip()
    told = len(telegram.texts_to(CHAT))

    assert write(chat_installation, 1, f"/start {code}") == 200
    chat_installation.wait_for(lambda: len(telegram.texts_to(CHAT)) > told, "the bot's word that it is linked")
    assert write(chat_installation, 2, "Não consigo entrar.") == 200

    text = chat_installation.wait_for(
        lambda: next((text for text in telegram.texts_to(CHAT)[told:] if "Protocolo" in text), None),
        "the acknowledgement",
    )
    protocol = next(word for word in text.replace(".", " ").split() if word.isdigit() and len(word) >= 14)
    agent = chat_installation.agent_token("clara@representantes.example")
    entry = {"text": "Qual navegador?", "visibility": "public"}
    chat_installation.api("POST", f"/api/v1/tickets/{protocol}/entries", token=agent, json=entry)
    chat_installation.wait_for(
        lambda: any("Qual navegador?" in text for text in telegram.texts_to(CHAT)[told:]), "the agent's answer"
    )


def write(installation: Installation, update_id: int, text: str) -> int:
    message = {
        "message_id": update_id, "date": 0, "chat": {"id": CHAT, "type": "private"}, "text": text,
        "from": {"id": CHAT, "is_bot": False, "first_name": "Ana"},
    }  # fmt: skip
    return installation.api(
        "POST", "/webhooks/telegram/guiche", json={"update_id": update_id, "message": message},
        headers={"X-Telegram-Bot-Api-Secret-Token": "demo-telegram-secret"},
    ).status
