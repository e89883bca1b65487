"""RabbitMQ is gone for a while under load: every mail is answered 250, and is one entry afterwards."""

import smtplib
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.harness.installation import Installation
from tests.harness.kinds import start_big
from tests.harness.post import mail
from tests.services import postgres
from tests.services.private_rabbitmq import private_broker

pytestmark = pytest.mark.services

DESK = "atendimento@instituicoes.example"
ANA = "ana@org-a.example"
SESSIONS = 8
PACE = 0.25  # seconds between the mails of one session

OUTAGES = [pytest.param(15, id="15-seconds"), pytest.param(600, id="10-minutes", marks=pytest.mark.long)]


@dataclass
class Load:
    """Mails at a steady pace until told to stop; whatever is not 250 is an error."""

    house: Installation
    is_over: bool = False
    taken: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def send_share(self, session: int) -> None:
        with smtplib.SMTP(*self.house.smtp, local_hostname="client.example", timeout=60) as client:
            number = 0
            while not self.is_over:
                title = f"Fila {session}-{number:06}"
                began = time.monotonic()
                # Raises for every other answer.
                client.sendmail(ANA, [DESK], mail(ANA, DESK, title, f"linha {number}"))
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.taken.append(title)
                number += 1
                time.sleep(PACE)

    def wait_for_more(self, number: int) -> None:
        wanted, deadline = len(self.taken) + number, time.monotonic() + 60
        while len(self.taken) < wanted:
            assert time.monotonic() < deadline, "no more mail is taken"
            time.sleep(0.05)


@pytest.mark.parametrize("seconds", OUTAGES)
def test_s24_x02_every_mail_of_an_outage_is_answered_250_and_filed_once_after_it(
    tmp_path: Path, postgres_url: str, seconds: int
) -> None:
    with ExitStack() as stack:
        broker = stack.enter_context(private_broker())
        database = stack.enter_context(postgres.fresh_database(postgres_url))
        house = stack.enter_context(start_big(tmp_path, database, broker.url, "outage"))
        token = house.agent_token("clara@instituicoes.example")
        load = Load(house)

        with ThreadPoolExecutor(SESSIONS) as pool:
            shares = [pool.submit(load.send_share, session) for session in range(SESSIONS)]
            try:
                load.wait_for_more(20)
                broker.kill()
                before, ends_at = len(load.taken), time.monotonic() + seconds
                while time.monotonic() < ends_at:
                    load.wait_for_more(1)
                    assert house.api("GET", "/readyz").status == 200
                while_away = len(load.taken) - before
                broker.start()
                load.wait_for_more(20)
            finally:
                load.is_over = True
            for share in shares:
                share.result()

        print(f"{while_away} mails taken in {seconds} s without a broker, the slowest in {load.slowest:.2f} s")
        titles = house.wait_for(lambda: all_titles(house, token, len(load.taken)), "all entries", seconds=180)
        assert sorted(titles) == sorted(load.taken)
        assert house.guiche_json("dead-letters", "list") == []
        house.guiche("check")


def all_titles(house: Installation, token: str, number: int) -> list[str] | None:
    """The titles of all tickets once there are so many; a mail filed twice shows as one too many."""
    titles: list[str] = []
    cursor = ""
    while True:
        answer = house.api("GET", f"/api/v1/tickets?order=number&limit=200{cursor}", token=token)
        titles += [item["title"] for item in answer.body["items"]]
        if answer.body["next"] is None:
            return titles if len(titles) >= number else None
        cursor = f"&cursor={answer.body['next']}"
