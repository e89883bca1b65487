"""Database and broker may go and come back: no process dies of it, and what waited goes on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.fakes.proxy import Wire, wire
from tests.harness.installation import Installation
from tests.harness.kinds import start_big

ANA = "ana@org-a.example"


def through(stack: ExitStack, url: str, default_port: int) -> tuple[Wire, str]:
    """`url` with a wire in front of its service."""
    parts = urlsplit(url)
    made = stack.enter_context(wire((parts.hostname or "127.0.0.1", parts.port or default_port)))
    login, at, _ = parts.netloc.rpartition("@")
    return made, urlunsplit(parts._replace(netloc=f"{login}{at}127.0.0.1:{made.port}"))


class Wired:
    """An installation on PostgreSQL and RabbitMQ, with both wires in the test's hand."""

    def __init__(self, installation: Installation, database: Wire, broker: Wire) -> None:
        self.installation, self.database, self.broker = installation, database, broker

    def say(self, text: str) -> int:
        """One message by the form; the status it was answered with."""
        body = {"name": "Ana", "email": ANA, "title": text, "message": text}
        return self.installation.api(
            "POST", "/webhooks/forms/contato", token=self.installation.form_token(), json=body
        ).status

    def acknowledged(self) -> int:
        """How many acknowledgements Ana has."""
        return len([mail for mail in self.installation.outbox(ANA) if mail["Auto-Submitted"] == "auto-replied"])


@pytest.fixture
def wired(
    tmp_path: Path, fresh_database_url: Callable[[str], str], rabbit_url: str, rabbit_prefix: str
) -> Iterator[Wired]:
    with ExitStack() as stack:
        database, database_url = through(stack, fresh_database_url("postgres"), 5432)
        broker, broker_url = through(stack, rabbit_url, 5672)
        installation = stack.enter_context(start_big(tmp_path, database_url, broker_url, rabbit_prefix))
        installation.form_token()
        yield Wired(installation, database, broker)


def test_a_database_that_was_away_is_used_again_by_every_role(wired: Wired) -> None:
    assert wired.say("um") == 201
    wired.installation.wait_for(lambda: wired.acknowledged() == 1, "the first acknowledgement")
    wired.database.cut()
    assert wired.say("dois") == 503
    assert wired.installation.api("GET", "/healthz").status == 200
    wired.database.mend()
    wired.installation.wait_for(lambda: wired.say("três") in (201, 202), "an answer with the database back")
    wired.installation.wait_for(lambda: wired.acknowledged() == 2, "the next acknowledgement")
    assert all(process.is_running() for process in wired.installation.processes.values())


def test_s24_a_broker_that_was_away_is_used_again_by_every_role_and_what_came_meanwhile_is_filed(wired: Wired) -> None:
    assert wired.say("um") == 201
    wired.installation.wait_for(lambda: wired.acknowledged() == 1, "the first acknowledgement")
    wired.broker.cut()
    assert wired.say("dois") == 202
    assert wired.installation.api("GET", "/readyz").status == 200
    assert b"guiche_forward_waiting 1.0" in wired.installation.api("GET", "/metrics").body
    wired.broker.mend()
    wired.installation.wait_for(lambda: wired.acknowledged() == 2, "the acknowledgement of what had waited")
    assert wired.say("três") in (201, 202)
    wired.installation.wait_for(lambda: wired.acknowledged() == 3, "the next acknowledgement")
    assert b"guiche_forwarded_total 1.0" in wired.installation.api("GET", "/metrics").body
    assert all(process.is_running() for process in wired.installation.processes.values())


def test_s24_a_process_starts_while_the_broker_is_away_and_takes_what_comes(wired: Wired) -> None:
    wired.broker.cut()
    wired.installation.restart()
    assert wired.say("um") == 202
    wired.installation.front.kill()
    wired.installation.start()
    assert wired.say("dois") == 202
    waits = next(each for each in wired.installation.guiche_json("doctor", check=False) if each["what"] == "forwarding")
    assert waits["ok"]
    assert waits["detail"].startswith("2 messages ")
    wired.broker.mend()
    wired.installation.wait_for(lambda: wired.acknowledged() == 2, "the acknowledgements")


def test_a_right_revoked_while_the_message_waited_means_held_and_never_dropped(wired: Wired) -> None:
    """DESIGN.md §2.7: the worker judges again what waited."""
    wired.broker.cut()
    assert wired.say("um") == 202
    wired.installation.guiche("user", "revoke", ANA)
    wired.broker.mend()

    held = wired.installation.wait_for(lambda: wired.installation.guiche_json("held", "list"), "the held message")
    assert [(each["reason"], each["sender"]) for each in held] == [("no_standing", ANA)]
    assert wired.acknowledged() == 0
    wired.installation.guiche("check")
