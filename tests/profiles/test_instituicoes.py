"""The rows S4 of the requirements that are policy and people, each through a public interface of a running desk."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.fakes.dns import FakeDns, fake_dns
from tests.harness import web
from tests.harness.installation import Installation
from tests.harness.kinds import start_embedded
from tests.harness.post import mail, message_id
from tests.harness.signing import SigningKey, dkim_signed

DESK, ADMINISTRATORS = "atendimento@instituicoes.example", "administradores@instituicoes.example"
ANA, ADM, BRUNO, CARLA = "ana@org-a.example", "adm@org-a.example", "bruno@org-a.example", "carla@org-b.example"
BOARD = "diretoria@org-a.example"
CLARA, DORA, ROOT = (f"{name}@instituicoes.example" for name in ("clara", "dora", "root"))
PHONE = "+55 11 91234-5678"
CPF = "529.982.247-25"
KEY = SigningKey.rsa(1_024)


@pytest.fixture(scope="module")
def dns() -> Iterator[FakeDns]:
    with fake_dns() as server:
        server.texts |= {
            "s1._domainkey.org-a.example": [KEY.record], "_dmarc.org-a.example": ["v=DMARC1; p=reject"],
        }
        yield server


@pytest.fixture(scope="module")
def desk(dns: FakeDns, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("instituicoes")
    with start_embedded(folder, GUICHE_DNS_SERVER=dns.setting) as installation:
        yield installation


def write(desk: Installation, sender: str, subject: str, text: str = "texto", to: str = DESK) -> tuple[int, str]:
    return desk.send(mail(sender, to, subject, text, message_id=message_id()), sender, to)


def form(desk: Installation, email: str, **fields: str) -> web.Answer:
    body = {"email": email, "title": "Assunto", "message": "texto", **fields}
    return desk.api("POST", "/webhooks/forms/contato", token=desk.form_token(), json=body)


def call(desk: Installation, intent: str, **fields: object) -> web.Answer:
    body = {"caller_phone": PHONE, "summary": "Ligou", "intent": intent, **fields}
    return desk.api("POST", "/webhooks/phone", token=desk.agent_token(CLARA), json=body)


def own_organization(desk: Installation, email: str = ADM) -> dict[str, Any]:
    [row] = desk.api("GET", "/api/v1/organizations", token=desk.user_token(email)).body["items"]
    return dict(row)


def users_path(desk: Installation, name: str = "Org A") -> str:
    rows = desk.api("GET", "/api/v1/organizations", token=desk.agent_token(ROOT)).body["items"]
    return f"/api/v1/organizations/{next(row['id'] for row in rows if row['name'] == name)}/users"


def user(desk: Installation, email: str, name: str = "Org A") -> dict[str, Any]:
    rows = desk.api("GET", users_path(desk, name), token=desk.agent_token(ROOT)).body["items"]
    return dict(next(row for row in rows if row["email"] == email))


def change(desk: Installation, email: str, by: str = ADM, **values: object) -> web.Answer:
    token = desk.agent_token(by) if by.endswith("@instituicoes.example") else desk.user_token(by)
    return desk.api("PATCH", f"{users_path(desk)}/{user(desk, email)['id']}", token=token, json=values)


def patiently(look: Callable[[], bool]) -> bool:
    """Whether `look` holds in the end; asked twice a second, for what asks more often is limited."""
    for _ in range(40):
        if look():
            return True
        time.sleep(0.5)
    return False


def is_told(desk: Installation, email: str, code: int) -> bool:
    """Whether SMTP answers `code` to a mail of `email`, as it does once every cache has let go."""
    return patiently(lambda: write(desk, email, "Posso falar?")[0] == code)


def policy(desk: Installation) -> dict[str, Any]:
    answer = desk.api("GET", "/policy", headers={"Accept": "application/json"})
    assert answer.status == 200
    return dict(answer.body)


def test_S4_02_a_customer_manages_the_users_of_its_own_area_and_of_no_other(desk: Installation) -> None:
    adm = desk.user_token(ADM)
    own = own_organization(desk)
    assert own["name"] == "Org A"
    path = f"/api/v1/organizations/{own['id']}/users"

    added = desk.api("POST", path, token=adm, json={"email": "s402@org-a.example", "name": "Sílvia", "role": "reader"})

    assert (added.status, added.body["role"], added.body["may_speak"]) == (201, "reader", False)
    assert form(desk, "s402@org-a.example").body["code"] == "not_authorized"
    foreign = users_path(desk, "Org B")
    assert desk.api("GET", foreign, token=adm).status == 404
    assert desk.api("POST", foreign, token=adm, json={"email": "x@org-b.example"}).status == 404
    assert desk.api("GET", path, token=desk.user_token(ANA)).status == 403
    assert desk.api("GET", path, token=desk.agent_token(CLARA)).body["code"] == "not_authorized"


def test_S4_03_an_authorised_user_may_ask_for_everything_until_a_scope_is_taken_and_both_are_audited(
    desk: Installation,
) -> None:
    assert set(user(desk, ANA)["scopes"]) == {"request_services", "approve_quotes", "high_impact"}
    assert form(desk, ANA, category="requisicao-de-servico").status == 201

    assert change(desk, ANA, scopes=["approve_quotes"]).status == 200

    assert patiently(lambda: form(desk, ANA, category="requisicao-de-servico").body.get("code") == "scope_missing")
    assert form(desk, ANA, category="duvida-tecnica").status == 201
    rows = desk.api("GET", f"/api/v1/audit?object=person:{user(desk, ANA)['id']}", token=desk.agent_token(ROOT)).body["items"]
    assert any("request_services" in row["before"] and "request_services" not in row["after"] for row in rows)
    assert all(ANA not in str(row) for row in rows)
    assert change(desk, ANA, scopes=["request_services", "approve_quotes", "high_impact"]).status == 200


def test_S4_04_the_channels_and_what_are_no_channels_are_published_from_the_rules_themselves(desk: Installation) -> None:
    published = policy(desk)

    official = {each["channel"]: each["may"] for each in published["official_channels"]}
    assert official["email"] == ["open", "complement", "inquire"] and official["phone"] == ["complement", "inquire"]
    assert {each["channel"] for each in published["not_channels"]} == {"telegram", "instagram", "whatsapp"}
    page = desk.api("GET", "/policy", headers={"Accept": "text/html", "Accept-Language": "pt-BR"}).body.decode()
    assert "WhatsApp" in page and DESK in page
    for each in published["not_channels"]:
        if each["channel"] != "telegram":
            assert desk.api("POST", f"/webhooks/{each['channel']}", json={"text": "oi"}).body["code"] == "unofficial_channel"


def test_S4_05_nothing_of_a_ticket_is_shared_with_others_or_by_another_channel(desk: Installation) -> None:
    opened = form(desk, ANA, message="segredo-s405")
    protocol = opened.body["protocol"]

    foreign = desk.api("GET", f"/api/v1/tickets/{protocol}", token=desk.user_token(CARLA))
    unknown = desk.api("GET", "/api/v1/tickets/209901010000019", token=desk.user_token(CARLA))
    assert (foreign.status, foreign.body) == (unknown.status, unknown.body) == (404, unknown.body)
    assert form(desk, CARLA, protocol=protocol).status == 404
    assert write(desk, "eva@longe.example", f"Re: [Protocolo {protocol}]")[0] == 550
    asked = desk.api("POST", "/webhooks/whatsapp", json={"text": f"protocolo {protocol}?"})
    assert asked.status == 403 and "segredo-s405" not in str(asked.body)
    assert not desk.outbox("eva@longe.example")


def test_S4_14_the_areas_and_who_answers_for_them_are_published(desk: Installation) -> None:
    sectors = {each["sector"]: each for each in policy(desk)["sectors"]}

    assert list(sectors) == ["n1", "n2", "produto", "servicos", "comercial", "administrativo"]
    for slug in ("n1", "n2", "servicos"):
        assert sectors[slug]["responsible"] and sectors[slug]["contact"], slug


@pytest.mark.parametrize("channel", ["whatsapp", "instagram", "telegram", "sms"])
def test_S4_15_support_takes_place_in_the_customer_area_alone(desk: Installation, channel: str) -> None:
    before = len(desk.api("GET", "/api/v1/tickets?view=all&limit=200", token=desk.agent_token(ROOT)).body["items"])
    update = {"update_id": 15, "message": {"message_id": 1, "date": 1, "text": "ajuda",
              "chat": {"id": 15, "type": "private"}, "from": {"id": 15}}}  # fmt: skip

    if channel == "telegram":
        headers = {"X-Telegram-Bot-Api-Secret-Token": "demo-telegram-secret"}
        assert desk.api("POST", "/webhooks/telegram/guiche", json=update, headers=headers).status == 200
    else:
        assert desk.api("POST", f"/webhooks/{channel}", json={"text": "ajuda"}).status in (403, 404)

    asked = {"requester": ANA, "title": "x", "text": "y"}
    by_agent = desk.api("POST", "/api/v1/tickets", token=desk.agent_token(CLARA), json=asked)
    assert (by_agent.status, by_agent.body["code"]) == (403, "agent_may_not_open")
    after = desk.api("GET", "/api/v1/tickets?view=all&limit=200", token=desk.agent_token(ROOT)).body["items"]
    assert len(after) == before


def test_S4_16_an_administrator_gives_and_takes_the_right_and_the_last_one_stays(desk: Installation) -> None:
    assert change(desk, BRUNO, may_speak=True).body["may_speak"] is True
    assert is_told(desk, BRUNO, 250)
    assert change(desk, BRUNO, may_speak=False).body["may_speak"] is False
    assert is_told(desk, BRUNO, 550)

    for loss in ({"role": "reader"}, {"blocked": True}):
        for who in (ADM, ROOT):
            answer = change(desk, ADM, by=who, **loss)
            assert (answer.status, answer.body["code"]) == (409, "last_administrator")


@pytest.mark.parametrize("sender", [BRUNO, ADM, "eva@longe.example"], ids=["reader", "administrator", "stranger"])
def test_S4_17_only_who_has_the_permission_talks_to_the_team_by_ticket_or_telephone(desk: Installation, sender: str) -> None:
    protocol = form(desk, ANA).body["protocol"]

    code, text = write(desk, sender, "Ajuda")
    assert code == 550 and "not_authorized" in text and "e-mail atendimento@instituicoes.example" in text
    assert form(desk, sender).body["code"] == "not_authorized"
    spoken = call(desk, "complement", caller_phone="", caller_email=sender, protocol=protocol)
    assert (spoken.status, spoken.body["code"]) == (403, "not_authorized")
    assert call(desk, "complement", protocol=protocol).status == 201


def sign_in(desk: Installation, email: str, password: str, browser: str) -> tuple[int, str]:
    """Status and session cookie of a sign-in from one browser."""
    page = desk.api("GET", "/login", headers={"User-Agent": browser})
    csrf = page.body.decode().split('name="csrf_token" value="')[1].split('"')[0]
    headers = {
        "Content-Type": "application/x-www-form-urlencoded", "User-Agent": browser,
        "Cookie": page.headers["Set-Cookie"].split(";")[0],
    }  # fmt: skip
    body = f"csrf_token={csrf}&email={email.replace('@', '%40')}&password={password}".encode()
    answer = desk.api("POST", "/login", body=body, headers=headers)
    cookies = [each.split(";")[0] for each in answer.headers.get_all("Set-Cookie", []) if each.startswith("guiche=")]
    return answer.status, cookies[0] if cookies else ""


def test_S4_18_signs_of_a_shared_password_alarm_the_administrator_who_blocks_the_account(desk: Installation) -> None:
    browsers = ("Mozilla/5.0 Firefox/140.0", "Mozilla/5.0 Chrome/150.0 Safari/537.36", "Mozilla/5.0 Version/18.0 Safari/605.1")
    cookies = [sign_in(desk, CARLA, "demo-carla", each)[1] for each in browsers]
    assert all(cookies)
    # Org B has no administrator yet, so the desk's own hears of it at his page.
    _, root = sign_in(desk, ROOT, "demo-root", browsers[0])
    page = desk.wait_for(
        lambda: (shown := desk.api("GET", "/alerts", headers={"Cookie": root}).body.decode()) and "Carla Costa" in shown and shown,
        "the alert",
    )  # fmt: skip
    csrf = re.search(r'name="csrf_token" value="([^"]+)"', page)
    action = re.search(r'action="(/alerts/[^"]+/block)"', page)
    assert csrf and action

    blocked = desk.api(
        "POST", action[1], body=f"csrf_token={csrf[1]}".encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Cookie": root},
    )  # fmt: skip

    assert blocked.status == 303
    assert user(desk, CARLA, "Org B")["blocked"] is True
    assert is_told(desk, CARLA, 550)
    assert b"carla@org-b.example" not in desk.api("GET", "/", headers={"Cookie": cookies[0]}).body
    assert sign_in(desk, CARLA, "demo-carla", browsers[0])[0] == 401
    desk.guiche("user", "unblock", CARLA)
    assert is_told(desk, CARLA, 250)


def test_S4_20_two_key_users_by_contract_unless_the_contract_says_otherwise(desk: Installation) -> None:
    path, adm = users_path(desk), desk.user_token(ADM)
    second = desk.api("POST", path, token=adm, json={"email": "s420@org-a.example", "role": "key_user"})
    third = desk.api("POST", path, token=adm, json={"email": "s420b@org-a.example", "role": "key_user"})

    assert second.status == 201
    assert (third.status, third.body["code"]) == (409, "key_user_quota")
    assert change(desk, BRUNO, may_speak=True).body["code"] == "key_user_quota"
    assert desk.guiche("user", "authorize", BRUNO, check=False).returncode == 1
    desk.guiche("user", "revoke", "s420@org-a.example")
    desk.guiche("organization", "add", "Org C", "--domain", "org-c.example", "--key-users", "1")
    desk.guiche("user", "add", "um@org-c.example", "--organization", "Org C", "--role", "key_user")
    full = desk.guiche("user", "add", "dois@org-c.example", "--organization", "Org C", "--role", "key_user", check=False)
    assert full.returncode == 1


def test_S4_21_the_first_administrators_are_set_when_the_contract_is_made(desk: Installation) -> None:
    desk.guiche("organization", "add", "Org D", "--domain", "org-d.example", "--document", "12.ABC.345/01DE-35")
    for name in ("representante", "implantacao"):
        desk.guiche("user", "add", f"{name}@org-d.example", "--organization", "Org D", "--role", "admin")

    own = own_organization(desk, "representante@org-d.example")
    assert own["name"] == "Org D"
    path = f"/api/v1/organizations/{own['id']}/users"
    token = desk.user_token("implantacao@org-d.example")
    added = desk.api("POST", path, token=token, json={"email": "chave@org-d.example", "role": "key_user"})
    assert added.status == 201
    assert desk.guiche("organization", "add", "Org E", "--document", "12.345.678/0001-00", check=False).returncode == 1


ASKED = f"Prezados,\n\nNome: Nina Novais\nCPF: {CPF}\nE-mail: nina@org-a.example\n\nA Diretoria"


def board_writes(desk: Installation, subject: str, *, is_signed: bool = True, text: str = ASKED) -> int:
    raw = mail(BOARD, ADMINISTRATORS, subject, text, message_id=message_id("org-a.example"))
    return desk.send(dkim_signed(raw, KEY, "org-a.example") if is_signed else raw, BOARD, ADMINISTRATORS)[0]


def changes(desk: Installation) -> list[dict[str, Any]]:
    return list(desk.api("GET", "/api/v1/administrator-changes", token=desk.agent_token(ROOT)).body["items"])


def test_S4_22_a_change_of_administrator_needs_the_boards_proven_mail_two_people_and_time_to_contest(
    desk: Installation,
) -> None:
    assert board_writes(desk, "Forjada", is_signed=False) == 250
    assert changes(desk) == [], "a trusted network proves no board"
    assert write(desk, BOARD, "Troca", ASKED)[0] == 550, "to the support mailbox a board is like anybody"

    assert board_writes(desk, "Nova administradora") == 250

    [asked] = desk.wait_for(lambda: changes(desk), "the request")
    assert asked["state"] == "requested"
    path = f"/api/v1/administrator-changes/{asked['id']}"
    for agent, status in ((ROOT, 200), (ROOT, 422), (DORA, 200)):
        assert desk.api("POST", f"{path}/approve", token=desk.agent_token(agent), json={}).status == status
    shown = desk.api("GET", path, token=desk.agent_token(ROOT)).body
    assert shown["state"] == "announced" and shown["contest_until"]
    ticket = desk.api("GET", f"/api/v1/tickets/{shown['ticket']}", token=desk.user_token(ANA))
    assert ticket.status == 404, "a key user does not read what the board asked for"
    listed = desk.api("GET", "/api/v1/tickets?view=all&limit=200", token=desk.user_token(ANA)).body["items"]
    assert shown["ticket"] not in [each["protocol"] for each in listed]
    told = desk.wait_for_mail(ADM, lambda sent: f"/portal/administrator-changes/{asked['id']}" in sent.text)
    assert CPF not in told.text and "Nina" not in told.text
    with pytest.raises(StopIteration):
        user(desk, "nina@org-a.example")

    contested = desk.api("POST", f"{path}/contest", token=desk.user_token(ADM), json={"reason": "Não fomos ouvidos"})
    assert contested.status == 200
    assert desk.api("GET", path, token=desk.agent_token(ROOT)).body["state"] == "contested"
    audit = desk.api("GET", f"/api/v1/audit?object=administrator_change:{asked['id']}", token=desk.agent_token(ROOT)).body["items"]
    assert len(audit) >= 4 and all(secret not in str(audit) for secret in (CPF, "Nina", "nina@"))


def test_S4_23_the_telephone_adds_to_what_is_open_and_opens_nothing(desk: Installation) -> None:
    protocol = form(desk, ANA).body["protocol"]

    opening = call(desk, "open")
    assert (opening.status, opening.body["code"]) == (403, "phone_may_not_open")
    asked = call(desk, "inquire", summary="Quando fica pronto?")
    assert (asked.status, asked.body["protocol"]) == (201, None)
    added = call(desk, "complement", protocol=protocol)
    assert (added.status, added.body["protocol"]) == (201, protocol)
    assert call(desk, "complement").status == 422
    assert call(desk, "complement", caller_phone="+55 11 99999-0000", protocol=protocol).body["code"] == "not_authorized"


OFFER = {"sender": "+55 21 99876-5432", "sender_name": "Paula Prado", "sector": "comercial", "purpose": "negotiation",
         "text": "Quanto custa o módulo de boletins?"}  # fmt: skip


def test_S4_27_whatsapp_negotiates_with_the_commercial_team_without_sensitive_data(desk: Installation) -> None:
    taken = desk.api("POST", "/webhooks/whatsapp", token=desk.form_token("whatsapp"), json=OFFER)

    assert taken.status == 201, taken.body
    ticket = desk.api("GET", f"/api/v1/tickets/{taken.body['protocol']}", token=desk.agent_token(ROOT)).body
    assert (ticket["opened_via"], ticket["sector"], ticket["organization"]) == ("whatsapp", "comercial", None)
    assert ticket["requester"] == {"name": "Paula Prado", "email": None}
    assert ticket["entries"][0]["text"] == OFFER["text"]


@pytest.mark.parametrize(
    "other",
    [
        {"sector": "n1"}, {"purpose": "support"}, {"text": f"O CPF do aluno é {CPF}"},
        {"text": "cartão 4111 1111 1111 1111"}, {"sector": "n2", "purpose": "support"},
    ],
    ids=["support-team", "support-purpose", "cpf", "card", "both"],
)  # fmt: skip
def test_S4_27_whatsapp_is_vetoed_for_everything_else_and_keeps_nothing_of_it(
    desk: Installation, other: dict[str, str]
) -> None:
    before = len(desk.guiche_json("held", "list"))

    answer = desk.api("POST", "/webhooks/whatsapp", token=desk.form_token("whatsapp"), json={**OFFER, **other})

    assert (answer.status, answer.body["code"]) == (403, "unofficial_channel")
    assert answer.body["official_channels"]
    assert len(desk.guiche_json("held", "list")) == before
