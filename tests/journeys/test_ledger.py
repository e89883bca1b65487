"""Every mail answered 250 is exactly one entry, whatever is killed meanwhile (SECURITY.md I1, I2)."""

import smtplib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.harness.installation import Installation
from tests.harness.kinds import start_big, start_embedded
from tests.harness.post import mail
from tests.services import postgres
from tests.services.private_rabbitmq import PrivateBroker, private_broker

DESK = "atendimento@instituicoes.example"
ANA = "ana@org-a.example"
MAILS = 2_000
SESSIONS = 20


@dataclass
class Ledger:
    """What was sent, and which of it was answered 250."""

    house: Installation
    acknowledged: set[int] = field(default_factory=set)
    deferred: int = 0
    stop_at: float = 0.0

    def send_share(self, session: int) -> None:
        """One session's mails over a kept connection, each tried until it is answered 250."""
        client: smtplib.SMTP | None = None
        for number in range(session, MAILS, SESSIONS):
            title, name = f"Razão {number:05}", f"<ledger-{number}@org-a.example>"
            raw = mail(ANA, DESK, title, f"linha {number}", message_id=name)
            while number not in self.acknowledged:
                assert time.monotonic() < self.stop_at, "the installation did not come back"
                try:
                    client = client or smtplib.SMTP(*self.house.smtp, local_hostname="client.example", timeout=30)
                    client.sendmail(ANA, [DESK], raw)
                    self.acknowledged.add(number)
                except smtplib.SMTPResponseException as refusal:
                    if refusal.smtp_code not in (421, 451, 452):
                        raise
                    self.deferred += 1
                    time.sleep(0.2)
                except (OSError, smtplib.SMTPException):
                    # A cut connection says nothing about the mail: it is sent again, as a relay would.
                    client = client and client.close()
                    time.sleep(0.1)
        if client:
            client.close()

    def wait_until(self, share: float) -> None:
        while len(self.acknowledged) < MAILS * share:
            assert time.monotonic() < self.stop_at, "the installation did not come back"
            time.sleep(0.02)


@pytest.fixture(params=[pytest.param("embedded"), pytest.param("big", marks=pytest.mark.services)])
def house_and_kills(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Installation, list[Callable[[], None]]]]:
    """An installation, and the ways to kill the worker, the whole process, and the broker."""
    with ExitStack() as stack:
        if request.param == "embedded":
            house = stack.enter_context(start_embedded(tmp_path))
            yield house, [lambda: kill_all(house)] * 3
            return
        broker = stack.enter_context(private_broker())
        database = stack.enter_context(postgres.fresh_database(request.getfixturevalue("postgres_url")))
        house = stack.enter_context(start_big(tmp_path, database, broker.url, "ledger"))
        yield house, [lambda: kill_worker(house), lambda: kill_all(house), lambda: kill_broker(broker)]


def kill_worker(house: Installation) -> None:
    house.back.kill()
    house.start()


def kill_all(house: Installation) -> None:
    house.kill()
    house.start()


def kill_broker(broker: PrivateBroker) -> None:
    broker.kill()
    broker.start()


def test_I1_I2_S05_every_mail_answered_250_is_exactly_one_entry(
    house_and_kills: tuple[Installation, list[Callable[[], None]]],
) -> None:
    house, kills = house_and_kills
    token = house.agent_token("clara@instituicoes.example")
    ledger = Ledger(house, stop_at=time.monotonic() + 420)

    with ThreadPoolExecutor(SESSIONS) as pool:
        shares = [pool.submit(ledger.send_share, session) for session in range(SESSIONS)]
        for step, kill in enumerate(kills, 1):
            ledger.wait_until(step / (len(kills) + 1))
            kill()
        for share in shares:
            share.result()

    assert len(ledger.acknowledged) == MAILS
    titles = house.wait_for(lambda: all_titles(house, token), "all entries", seconds=180)
    assert sorted(titles) == [f"Razão {number:05}" for number in range(MAILS)]
    assert house.guiche_json("dead-letters", "list") == []
    house.guiche("check")


def all_titles(house: Installation, token: str) -> list[str] | None:
    """The titles of all tickets once there are enough of them; a mail filed twice shows as one too many."""
    titles: list[str] = []
    cursor = ""
    while True:
        answer = house.api("GET", f"/api/v1/tickets?order=number&limit=200{cursor}", token=token)
        assert answer.status == 200, answer.body
        titles += [item["title"] for item in answer.body["items"]]
        if answer.body["next"] is None:
            return titles if len(titles) >= MAILS else None
        cursor = f"&cursor={answer.body['next']}"
