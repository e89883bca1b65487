"""Whole houses and those who answer them, over real SMTP: every loop ends by itself."""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.profile_loading import SHIPPED
from tests.fakes.mirror import Mirror, Passed, mirror
from tests.harness.installation import Installation
from tests.harness.kinds import start_embedded
from tests.harness.post import mail

DESK, OTHER_DESK = "atendimento@instituicoes.example", "atendimento@licenciados.example"
ANA, CLARA = "ana@org-a.example", "clara@instituicoes.example"
AUTOMATIC_A_DAY = 3


@dataclass
class Street:
    """Two desks that write to each other through one relay, which keeps what goes anywhere else."""

    ours: Installation
    other: Installation
    relay: Mirror

    def between(self) -> list[Passed]:
        return [each for each in self.relay.passed if each.to in (DESK, OTHER_DESK)]

    def tickets(self, subject: str) -> list[dict[str, object]]:
        token = self.ours.agent_token(CLARA)
        listed = self.ours.api("GET", "/api/v1/tickets?view=all&limit=200", token=token).body["items"]
        return [each for each in listed if subject in str(each["title"])]

    def ticket(self, protocol: object) -> dict[str, object]:
        token = self.ours.agent_token(CLARA)
        return dict(self.ours.api("GET", f"/api/v1/tickets/{protocol}", token=token).body)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """Each desk's support mailbox is a permitted customer of the other desk."""
    folder = tmp_path_factory.mktemp("street")
    profile = folder / "other.toml"
    ours_as_text = (SHIPPED / "instituicoes.toml").read_text("utf-8")
    profile.write_text(ours_as_text.replace("@instituicoes.example", "@licenciados.example"), "utf-8")
    with (
        mirror() as relay,
        start_embedded(made(folder / "ours"), GUICHE_RELAY_URL=relay.url) as ours,
        start_embedded(made(folder / "other"), GUICHE_RELAY_URL=relay.url, GUICHE_PROFILE=str(profile)) as other,
    ):
        ours.guiche("user", "add", OTHER_DESK, "--organization", "Org B", "--role", "key_user")
        other.guiche("user", "add", DESK, "--organization", "Org B", "--role", "key_user")
        yield Street(ours, other, relay)
        relay.join()


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def handing_on(house: Installation, *, stripped: bool) -> Callable[[Passed], None]:
    """The next host: it passes a mail on to `house`, perhaps without what marks it as automatic."""

    def hand_on(passed: Passed) -> None:
        raw = passed.raw
        if stripped:
            raw = re.sub(rb"(?im)^(?:auto-submitted|x-auto-response-suppress):.*\r\n", b"", raw)
        house.send(b"Received: from relay.example by mx.example\r\n" + raw, passed.mail_from, passed.to)

    return hand_on


@pytest.mark.parametrize("stripped", [False, True], ids=["as sent", "every sign of a machine taken away"])
def test_L03_two_desks_that_write_to_each_other_stop_within_three_mails(street: Street, stripped: bool) -> None:
    street.relay.players = {
        DESK: handing_on(street.ours, stripped=stripped), OTHER_DESK: handing_on(street.other, stripped=stripped),
    }  # fmt: skip
    before = len(street.between())
    subject = f"Parceria {'sem' if stripped else 'com'} cabeçalhos"
    assert street.ours.send(mail(OTHER_DESK, DESK, subject, "Bom dia."), OTHER_DESK, DESK)[0] == 250

    street.ours.wait_for(lambda: len(street.between()) > before, "our acknowledgement")
    still(street)
    assert 1 <= len(street.between()) - before <= 3


def test_L02_I11_a_responder_without_headers_hears_no_more_than_three_automatic_mails(street: Street, count) -> None:
    rounds, answered = count(1_000), threading.Lock()
    left = [rounds]

    def answer(passed: Passed) -> None:
        with answered:
            left[0] -= 1
            if left[0] < 0:
                return
        to = passed.message["Reply-To"].addresses[0].addr_spec
        text = f"Recebemos sua mensagem. ({left[0]})"
        street.ours.send(mail(ANA, to, f"Re: {passed.message['Subject']}", text), ANA, to)

    street.relay.players = {ANA: answer}
    street.ours.send(mail(ANA, DESK, "Espelho", "Bom dia."), ANA, DESK)
    first = street.ours.wait_for(lambda: street.relay.to(ANA), "the acknowledgement")[0]
    still(street)
    # It goes on talking by itself, as the worst of them do.
    for _ in range(rounds):
        answer(first)
    [opened] = street.ours.wait_for(lambda: street.tickets("Espelho"), "the ticket")
    entries = street.ours.wait_for(lambda: said(street, opened["protocol"], rounds), "all that it said")
    still(street)

    automatic = Counter(
        (each.to, str(opened["protocol"])) for each in street.relay.passed
        if each.message["Auto-Submitted"] and str(opened["protocol"]) in each.message["Subject"]
    )  # fmt: skip
    assert max(automatic.values()) <= AUTOMATIC_A_DAY
    assert sum("laço" in str(each["text"]) for each in entries) == 1
    assert {each["visibility"] for each in entries if each["kind"] == "system"} == {"internal"}


def said(street: Street, protocol: object, count: int) -> list[dict[str, object]] | None:
    entries = street.ticket(protocol)["entries"]
    assert isinstance(entries, list)
    inbound = [each for each in entries if each["kind"] == "inbound"]
    has_alert = any(each["kind"] == "system" for each in entries)
    return entries if len(inbound) > count - 1 and has_alert else None


def test_L06_O13_L08_a_real_bounce_fails_its_delivery_and_no_mail_comes_of_it(street: Street) -> None:
    """The report goes where the letter's envelope said, and so does the report about the report."""
    street.relay.players = {}
    street.ours.send(mail(ANA, DESK, "Endereço que some", "Bom dia."), ANA, DESK)
    [opened] = street.ours.wait_for(lambda: street.tickets("Endereço que some"), "the ticket")
    letter = street.ours.wait_for(
        lambda: next((m for m in street.relay.to(ANA) if str(opened["protocol"]) in m.message["Subject"]), None)
    )
    still(street)
    before = len(street.relay.passed)

    report = mail(
        "MAILER-DAEMON@mx.example", letter.mail_from, "Undelivered Mail Returned to Sender",
        f"This is the mail system at host mx.example.\n\n<{ANA}>: host said: 550 5.1.1 no mailbox", auto_submitted="auto-replied",
    )  # fmt: skip
    assert street.ours.send(report, "", letter.mail_from)[0] == 250
    again = mail("MAILER-DAEMON@mx.example", letter.mail_from, "Undelivered Mail Returned to Sender", "550 5.1.1 x")
    assert street.ours.send(again, "", letter.mail_from)[0] == 250

    failed = street.ours.wait_for(
        lambda: [d for d in street.ticket(opened["protocol"])["deliveries"] if d["state"] == "failed"], "the failure"  # type: ignore[index]
    )
    assert len(failed) == 1
    assert "5.1.1" in failed[0]["last_error"] and ANA not in failed[0]["last_error"]
    still(street)
    assert len(street.relay.passed) == before


def still(street: Street) -> None:
    """Wait until both houses have nothing in hand: what was asked last is answered, and nothing follows."""
    street.relay.join()
    quiet = 0
    seen = len(street.relay.passed)

    def is_quiet() -> bool:
        nonlocal quiet, seen
        now = len(street.relay.passed)
        quiet = quiet + 1 if now == seen else 0
        seen = now
        return quiet > 40

    street.ours.wait_for(is_quiet, "silence", seconds=60)
    street.relay.join()
