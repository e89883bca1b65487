"""A change of administrator from the board's mail to the new administrator, at a whole Guichê."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.dns import FakeDns, fake_dns
from tests.harness.installation import Installation
from tests.harness.kinds import start_embedded
from tests.harness.signing import SigningKey, dkim_signed
from tests.smtp.mails import ADMINISTRATORS, BOARD, SUPPORT, mail

KEY, STRANGE = SigningKey.rsa(1_024), SigningKey.rsa(1_024)
ADM = "adm@org-a.example"
ROOT, DORA = "root@instituicoes.example", "dora@instituicoes.example"
PATH = "/api/v1/administrator-changes"
CPF = "529.982.247-25"
LETTER = "/portal/administrator-changes/"


@pytest.fixture(scope="module")
def dns() -> Iterator[FakeDns]:
    with fake_dns() as server:
        server.texts |= {
            "s1._domainkey.org-a.example": [KEY.record], "_dmarc.org-a.example": ["v=DMARC1; p=reject"],
        }
        yield server


@pytest.fixture(params=["nobody-is-trusted", "all-of-this-machine-is"])
def house(request: pytest.FixtureRequest, dns: FakeDns, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    trusted = "" if request.param == "nobody-is-trusted" else "127.0.0.0/8,::1/128"
    settings = {"GUICHE_TRUSTED_NETWORKS": trusted, "GUICHE_DNS_SERVER": dns.setting}
    with start_embedded(tmp_path_factory.mktemp("change"), **settings) as installation:
        yield installation


def asks(house: Installation, name: str, email: str, key: SigningKey | None = KEY, more: str = "") -> None:
    """The board writes, signed with `key` or not at all."""
    text = f"Prezados,\r\n\r\n*Nome:*\u00a0{name}\r\n- CPF: {CPF}\r\n- E-mail: {email}\r\n{more}\r\nA Diretoria"
    raw = mail(
        BOARD, ADMINISTRATORS, "Troca de administrador", text, message_id=f"<{email}>", mime_version="1.0",
        content_type="text/plain; charset=utf-8",
    )  # fmt: skip
    assert house.send(dkim_signed(raw, key, "org-a.example") if key else raw, BOARD, ADMINISTRATORS)[0] == 250


def changes(house: Installation) -> list[dict[str, Any]]:
    return list(house.api("GET", PATH, token=house.agent_token(ROOT)).body["items"])


def state(house: Installation, change_id: int) -> str:
    return str(house.api("GET", f"{PATH}/{change_id}", token=house.agent_token(ROOT)).body["state"])


def approve_twice(house: Installation, change_id: int) -> None:
    for agent in (ROOT, DORA):
        answer = house.api("POST", f"{PATH}/{change_id}/approve", token=house.agent_token(agent))
        assert answer.status == 200, answer.body


def let_time_pass(house: Installation, change_id: int) -> None:
    """Move the end of the time to contest, as its clock would, under the running scheduler."""
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat(" ")
    with sqlite3.connect(house.back.data_dir / "guiche.sqlite3", timeout=10) as database:
        database.execute("UPDATE administrator_change SET contest_until = ? WHERE id = ?", (past, change_id))
    database.close()


def users(house: Installation) -> dict[str, dict[str, Any]]:
    return {each["email"]: each for each in house.guiche_json("user", "list")}


def test_S4_22_from_the_boards_mail_to_the_new_administrator(house: Installation) -> None:
    asks(house, "Forjada", "forjada@org-a.example", key=None)
    asks(house, "Falsa", "falsa@org-a.example", key=STRANGE)
    held = house.wait_for(lambda: (rows := house.guiche_json("held", "list")) and len(rows) == 2 and rows, "the holds")
    assert {(each["reason"], each["sender"]) for each in held} == {("sender_not_proven", BOARD)}
    for each in held:
        assert house.guiche("held", "release", each["id"], check=False).returncode == 1
    assert changes(house) == [] and house.outbox() == []

    asks(house, "Nina Novais", "nina@org-a.example", more=f"Substitui: {ADM}\r\n")
    [asked] = house.wait_for(lambda: changes(house), "the request")
    assert (asked["state"], asked["name"], asked["replaces"]) == ("requested", "Nina Novais", ADM)
    receipt = house.wait_for_mail(BOARD)
    assert asked["ticket"] in receipt.subject and "Nina" not in receipt.text

    approve_twice(house, asked["id"])
    house.kill()
    house.start()
    told = house.wait_for_mail(ADM, lambda sent: LETTER in sent.text)
    assert f"{LETTER}{asked['id']}" in told.text and "48 horas" in told.text
    assert not any(secret in told.text for secret in ("Nina", "nina@", CPF, "529"))
    assert state(house, asked["id"]) == "announced" and "nina@org-a.example" not in users(house)

    let_time_pass(house, asked["id"])
    house.wait_for(lambda: state(house, asked["id"]) == "done", "the end")
    found = users(house)
    assert found["nina@org-a.example"]["role"] == "admin" and not found["nina@org-a.example"]["may_speak"]
    assert found[ADM]["role"] == "reader"
    assert "/begin/" in house.wait_for_mail("nina@org-a.example").text
    log = house.api("GET", f"/api/v1/tickets/{asked['ticket']}/log", token=house.agent_token(ROOT)).body["items"]
    assert [each["action"] for each in log if each["action"].startswith("administrator_")] == [
        "administrator_asked", "administrator_approved", "administrator_approved", "administrator_concluded",
    ]
    letters = [each.to for each in house.outbox() if LETTER in each.text]
    assert set(letters) == {ADM}
    assert house.guiche("check").returncode == 0
    told_by_logs = "".join(each.log for each in house.processes.values())
    assert not any(secret in told_by_logs for secret in ("Nina", "nina@", "529.982", "52998224725", BOARD))


def test_S4_22_a_contest_stops_it_and_a_mail_to_support_asks_for_nothing(house: Installation) -> None:
    raw = mail(BOARD, SUPPORT, "Troca", f"Nome: Nina Novais\r\nCPF: {CPF}\r\nE-mail: nina@org-a.example")
    assert house.send(dkim_signed(raw, KEY, "org-a.example"), BOARD, SUPPORT)[0] == 550
    asks(house, "Nina Novais", "nina@org-a.example")
    [asked] = house.wait_for(lambda: changes(house), "the request")
    approve_twice(house, asked["id"])

    reason = {"reason": "O conselho não decidiu isso"}
    contest = f"{PATH}/{asked['id']}/contest"
    assert house.api("POST", contest, token=house.user_token("carla@org-b.example"), json=reason).status == 403
    assert house.api("POST", contest, token=house.user_token(ADM), json=reason).status == 200
    let_time_pass(house, asked["id"])
    # The scheduler has been round when a second request, due as well, is done.
    asks(house, "Olga Orsini", "olga@org-a.example")
    house.wait_for(lambda: len(changes(house)) == 2, "another request")
    second = changes(house)[0]
    approve_twice(house, second["id"])
    let_time_pass(house, second["id"])
    house.wait_for(lambda: state(house, second["id"]) == "done", "the second's end")

    assert state(house, asked["id"]) == "contested"
    assert "olga@org-a.example" in users(house) and "nina@org-a.example" not in users(house)
