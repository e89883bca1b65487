"""A right taken away in one process is gone at every door of another within five seconds, on PostgreSQL."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.fakes.telegram import FakeTelegram, fake_telegram
from tests.harness.installation import Installation
from tests.harness.kinds import start_big
from tests.harness.post import mail
from tests.services import postgres, rabbitmq

ANA, ADM = "ana@org-a.example", "adm@org-a.example"
DESK, ROOT, CLARA = (f"{name}@representantes.example" for name in ("atendimento", "root", "clara"))
WITHIN = 5.0  # the promise itself: seconds until every process knows
CHAT = 77


@dataclass
class Doors:
    """Where rights are changed, and the doors of another process."""

    here: Installation
    there: Installation
    telegram: FakeTelegram
    numbers: Iterator[int]

    @property
    def users(self) -> str:
        items = self.here.api("GET", "/api/v1/organizations", token=self.here.agent_token(ROOT)).body["items"]
        return f"/api/v1/organizations/{next(each['id'] for each in items if each['name'] == 'Org A')}/users"

    def change(self, email: str, **values: object) -> None:
        """Change a user in one process, as the desk's admin."""
        root = self.here.agent_token(ROOT)
        found = self.here.api("GET", self.users, token=root).body["items"]
        user_id = next(each["id"] for each in found if each["email"] == email)
        answer = self.here.api("PATCH", f"{self.users}/{user_id}", token=root, json=values)
        assert answer.status == 200, answer.body

    def within(self, look: Callable[[], object], what: str) -> None:
        """`look` is true within the promised time; a write of its own is part of each try."""
        self.there.wait_for(look, what, WITHIN)

    def smtp(self) -> int:
        return self.there.send(mail(ANA, DESK, "Ainda posso?", "texto"), ANA, DESK)[0]

    def form(self) -> int:
        body = {"email": ANA, "title": "Ainda posso?", "message": "texto"}
        return self.there.api("POST", "/webhooks/forms/contato", token=self.there.form_token(), json=body).status

    def token(self) -> int:
        return self.there.api("GET", "/api/v1/tickets", token=self.there.user_token(ANA)).status

    def chat(self, text: str) -> None:
        update = {
            "update_id": next(self.numbers),
            "message": {"message_id": 1, "date": 1, "text": text, "chat": {"id": CHAT, "type": "private"},
                        "from": {"id": CHAT, "first_name": "Ana"}},
        }  # fmt: skip
        headers = {"X-Telegram-Bot-Api-Secret-Token": "demo-telegram-secret"}
        assert self.there.api("POST", "/webhooks/telegram/guiche", json=update, headers=headers).status == 200

    def chats_filed(self) -> set[str]:
        root, found = self.there.agent_token(ROOT), set()
        for ticket in self.there.api("GET", "/api/v1/tickets?view=all&limit=200", token=root).body["items"]:
            if ticket["opened_via"] == "telegram":
                shown = self.there.api("GET", f"/api/v1/tickets/{ticket['protocol']}", token=root).body
                found |= {each["text"] for each in shown["entries"]}
        return found

    def refused_chat(self) -> bool:
        """Whether a chat's word is refused at the door: the ledger of refusals grows by one of this channel."""
        before = self._refused_chats()
        self.chat("ainda posso?")
        return self._refused_chats() > before

    def _refused_chats(self) -> float:
        metrics = self.there.api("GET", "/metrics").body.decode()
        lines = [line for line in metrics.splitlines() if 'channel="telegram"' in line and 'reason="not_authorized"' in line]
        return sum(float(line.rpartition(" ")[2]) for line in lines if not line.partition("{")[0].endswith("_created"))


@pytest.fixture(scope="module")
def doors(
    postgres_url: str, rabbit_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Doors]:
    with (
        fake_telegram() as telegram,
        postgres.fresh_database(postgres_url) as database,
        rabbitmq.fresh_prefix(rabbit_url) as prefix,
        start_big(
            tmp_path_factory.mktemp("revocation"), database, rabbit_url, prefix, fronts=2,
            GUICHE_PROFILE="representantes", GUICHE_TELEGRAM_API_URL=telegram.url,
            GUICHE_TELEGRAM_BOTS="guiche=1:demo:demo-telegram-secret",
        ) as here,
    ):  # fmt: skip
        there = Installation(here.processes, front="front2", back="back")
        yield Doors(here, there, telegram, itertools.count(500))


@pytest.fixture
def session(doors: Doors) -> Iterator[dict[str, str]]:
    """Ana's browser at the other process; she speaks again when the test is over."""
    page = doors.there.api("GET", "/login")
    csrf = page.body.decode().split('name="csrf_token" value="')[1].split('"')[0]
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": page.headers["Set-Cookie"].split(";")[0]}
    answer = doors.there.api(
        "POST", "/login", body=f"csrf_token={csrf}&email=ana%40org-a.example&password=demo-ana".encode(), headers=headers
    )
    assert answer.status == 303
    cookies = [each.split(";")[0] for each in answer.headers.get_all("Set-Cookie", []) if each.startswith("guiche=")]
    yield {"Cookie": cookies[0]}
    doors.change(ANA, blocked=False)
    doors.change(ANA, role="key_user")
    doors.within(lambda: doors.smtp() == 250, "Ana's right to write")


def is_signed_in(doors: Doors, session: dict[str, str]) -> bool:
    return doors.there.api("GET", "/account", headers=session).status == 200


@pytest.mark.parametrize("loss", [{"may_speak": False}, {"blocked": True}, {"role": "reader"}], ids=["revoked", "blocked", "reader"])
def test_W06_a_right_taken_away_in_one_process_is_gone_at_all_doors_of_another(
    doors: Doors, session: dict[str, str], loss: dict[str, object]
) -> None:
    code = doors.here.guiche("telegram", "link", ANA).stdout.strip()
    doors.chat(f"/start {code}")
    doors.chat(f"antes de {loss}")
    doors.there.wait_for(lambda: f"antes de {loss}" in doors.chats_filed(), "the chat's word")
    # Every door has just answered, so that whatever it keeps is as fresh as can be.
    assert (doors.smtp(), doors.form(), doors.token()) == (250, 201, 200)
    assert is_signed_in(doors, session)

    doors.change(ANA, **loss)

    doors.within(lambda: doors.smtp() == 550, "the refusal by SMTP")
    doors.within(lambda: doors.form() == 403, "the refusal of the form")
    doors.within(doors.refused_chat, "the refusal of the chat")
    doors.within(lambda: not is_signed_in(doors, session), "the end of the session")
    if "blocked" in loss:
        assert doors.token() == 401
    else:
        listed = doors.there.api("GET", "/api/v1/tickets", token=doors.there.user_token(ANA))
        assert listed.status == 403 or listed.body["items"] == []
    doors.chat(f"depois de {loss}")
    assert f"depois de {loss}" not in doors.chats_filed()


def test_W06_a_blocked_agent_is_out_at_all_doors_of_another_process(doors: Doors) -> None:
    diego = "diego@representantes.example"
    token = doors.there.agent_token(diego)
    assert doors.there.api("GET", "/api/v1/tickets", token=token).status == 200

    doors.here.guiche("agent", "block", diego)

    doors.within(lambda: doors.there.api("GET", "/api/v1/tickets", token=token).status == 401, "the end of his token")
    doors.within(lambda: doors.there.send(mail(diego, DESK, "x", "y"), diego, DESK)[0] == 550, "the refusal by SMTP")
    doors.here.guiche("agent", "unblock", diego)
