"""From a mailbox at a provider to a filed ticket and its acknowledgement, through whole processes; also killed ones."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.imap_wire import Wire, wire
from tests.harness.installation import Installation
from tests.harness.kinds import start_embedded
from tests.harness.process import GuicheProcess
from tests.imap.conftest import ANA, BRUNO, DESK, PROVIDER, letter
from tests.services.dovecot import Dovecot

ROOT = "root@instituicoes.example"


@dataclass
class Fed:
    """An installation that reads the INBOX of `user`, over `line` where it has one."""

    house: Installation
    dovecot: Dovecot
    user: str
    line: Wire | None = None

    def put(self, *mails: bytes) -> None:
        self.dovecot.put(self.user, *mails)

    def tickets(self, title: str) -> list[dict[str, object]]:
        token = self.house.agent_token(ROOT)
        items = self.house.api("GET", "/api/v1/tickets?view=all&limit=200", token=token).body["items"]
        return [item for item in items if item["title"] == title]

    def wait_until_moved(self, folder: str, number: int) -> None:
        self.house.wait_for(
            lambda: len(self.dovecot.mails(self.user, folder)) >= number, f"mail {number} in {folder}"
        )


@pytest.fixture(scope="module")
def fed(dovecot: Dovecot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fed]:
    """Everything in one process, with a line to the server that a test may watch."""
    user = dovecot.new_user()
    with wire(dovecot.port) as line:
        url = dovecot.url(user, DESK, port=line.port, authserv_id=PROVIDER)
        with start_embedded(tmp_path_factory.mktemp("fed"), GUICHE_IMAP_URLS=url) as house:
            yield Fed(house, dovecot, user, line)


@pytest.fixture
def fed_twice(
    installation: Installation, request: pytest.FixtureRequest, dovecot: Dovecot, tmp_path: Path
) -> Iterator[Fed]:
    """Both sizes: all in one process, or a process of the role imap beside those of a big installation."""
    if "front" not in installation.processes:
        yield request.getfixturevalue("fed")
        return
    user = dovecot.new_user()
    more = {"GUICHE_ROLES": "imap", "GUICHE_IMAP_URLS": dovecot.url(user, DESK, authserv_id=PROVIDER)}
    process = GuicheProcess("imap", ["demo"], tmp_path / "imap", {**installation.front.settings, **more})
    try:
        process.start()
        yield Fed(installation, dovecot, user)
        process.stop()
    finally:
        process.end()


def test_a_mail_in_a_mailbox_becomes_a_ticket_and_is_acknowledged(fed_twice: Fed) -> None:
    fed = fed_twice
    raw = letter("Pela caixa postal", "O boletim não abre.")
    message_id = raw.partition(b"Message-ID: ")[2].partition(b"\r\n")[0].decode()
    fed.put(raw)

    sent = fed.house.wait_for_mail(ANA, lambda each: each["In-Reply-To"] == message_id)
    fed.wait_until_moved("Processed", 1)

    [ticket] = fed.tickets("Pela caixa postal")
    assert str(ticket["protocol"]) in sent.subject
    assert sent["Auto-Submitted"] == "auto-replied"
    shown = fed.house.api("GET", f"/api/v1/tickets/{ticket['protocol']}", token=fed.house.agent_token(ROOT)).body
    assert [(each["channel"], each["authentication"]) for each in shown["entries"]] == [("email", "dmarc")]
    assert fed.dovecot.mails(fed.user, "INBOX") == {}

    # The answer to the plus-address comes by the same mailbox and joins.
    fed.put(letter("Re: outra coisa", "ainda não abre", to=sent.reply_to))
    fed.house.wait_for(lambda: len(entries(fed, ticket)) == 2, "the answer")
    assert entries(fed, ticket)[1]["threaded_by"] == "reply_token"


def entries(fed: Fed, ticket: dict[str, object]) -> list[dict[str, object]]:
    answer = fed.house.api("GET", f"/api/v1/tickets/{ticket['protocol']}", token=fed.house.agent_token(ROOT))
    return list(answer.body["entries"])


def test_a_refused_sender_who_is_proven_is_told_once_a_day_and_nobody_else(fed: Fed) -> None:
    """INTERFACES.md §5: one notice an address, without a word of his, none to who might be somebody else."""
    fed.put(
        letter("Segredo de Bruno", "texto de Bruno", who=BRUNO),
        letter("Outro", "mais", who=BRUNO),
        letter("Estranho", "x", who="estranho@nada.example", proven=False),
        letter("Robô", "x", who="adm@org-a.example", auto_submitted="auto-replied"),
        letter("Por último", "fim"),
    )
    fed.wait_until_moved("Quarantine", 4)
    fed.house.wait_for(lambda: fed.tickets("Por último"), "the last ticket")
    notice = fed.house.wait_for_mail(BRUNO)

    assert len(fed.house.outbox(BRUNO)) == 1
    assert fed.house.outbox("estranho@nada.example") == [] and fed.house.outbox("adm@org-a.example") == []
    assert notice["Auto-Submitted"] == "auto-replied" and notice.return_path == ""
    assert DESK in notice.text and "Bruno" not in notice.message.as_string()
    assert "não foi aceito" in notice.text


@pytest.mark.parametrize(
    "word",
    [
        pytest.param(b"BODY[] {", id="between fetching and publishing"),
        pytest.param(b" MOVE ", id="between publishing and moving"),
        pytest.param(b"COPYUID", id="between moving and noting"),
        pytest.param(b" IDLE\r\n", id="after everything"),
    ],
)
def test_N03_killed_between_any_two_steps_a_mail_is_one_entry(fed: Fed, word: bytes) -> None:
    title = f"Morte em {word!r}"
    died = threading.Event()

    def kill() -> None:
        fed.house.kill()
        died.set()

    assert fed.line is not None
    fed.line.at(word, kill)
    raw = letter(title)
    fed.put(raw)
    assert died.wait(30), "the step never came"
    fed.house.start()

    fed.house.wait_for(lambda: fed.tickets(title), "the ticket")
    fed.house.wait_for(lambda: not fed.dovecot.mails(fed.user, "INBOX"), "an empty INBOX")
    fed.put(letter(f"{title} depois"))
    fed.house.wait_for(lambda: fed.tickets(f"{title} depois"), "the next ticket")

    [ticket] = fed.tickets(title)
    assert len(entries(fed, ticket)) == 1
    assert len([each for each in fed.house.outbox(ANA) if str(ticket["protocol"]) in each.subject]) == 1
