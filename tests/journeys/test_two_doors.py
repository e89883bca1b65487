"""Two front processes and one database: what comes in by both doors at once is filed once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.harness.installation import Installation
from tests.harness.kinds import start_big
from tests.harness.post import mail, post
from tests.services import postgres

DESK = "atendimento@instituicoes.example"
ANA = "ana@org-a.example"
MAILS = 10


@pytest.fixture
def two_doors(postgres_url: str, rabbit_url: str, rabbit_prefix: str, tmp_path: Path) -> Iterator[Installation]:
    """An installation that listens in two processes."""
    with (
        postgres.fresh_database(postgres_url) as database,
        start_big(tmp_path, database, rabbit_url, rabbit_prefix, fronts=2) as house,
    ):
        yield house


def test_S08_the_same_mail_sent_to_two_processes_at_once_is_one_entry(two_doors: Installation) -> None:
    doors = [two_doors.processes[name].ready["smtp"].rpartition(":") for name in ("front", "front2")]
    raws = [mail(ANA, DESK, f"Em dobro {number}", "uma vez só") for number in range(MAILS)]

    with ThreadPoolExecutor(2 * MAILS) as pool:
        answers = list(pool.map(
            lambda each: post((each[1][0], int(each[1][2])), each[0], ANA, DESK),
            [(raw, door) for raw in raws for door in doors],
        ))

    assert [code for code, _ in answers] == [250] * 2 * MAILS
    acknowledged = two_doors.wait_for(
        lambda: found if len(found := two_doors.outbox(ANA)) >= MAILS else None, "the acknowledgements"
    )
    two_doors.guiche("check")
    token = two_doors.agent_token("clara@instituicoes.example")
    items = two_doors.api("GET", "/api/v1/tickets?limit=200", token=token).body["items"]
    assert sorted(item["title"] for item in items) == [f"Em dobro {number}" for number in range(MAILS)]
    assert len(acknowledged) == MAILS
