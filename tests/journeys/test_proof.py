"""Proven and unproven senders at a Guichê that trusts nobody, from the port to the ticket."""

from collections.abc import Iterator

import pytest

from tests.fakes.dns import FakeDns, fake_dns
from tests.harness.installation import Installation
from tests.harness.kinds import start_embedded
from tests.harness.signing import SigningKey, dkim_signed
from tests.smtp.mails import ADMINISTRATORS, ANA, BOARD, SUPPORT, mail

KEY = SigningKey.rsa(1_024)
CATEGORY = "troca-de-administrador"


@pytest.fixture(scope="module")
def dns() -> Iterator[FakeDns]:
    with fake_dns() as server:
        server.texts |= {
            "s1._domainkey.org-a.example": [KEY.record], "_dmarc.org-a.example": ["v=DMARC1; p=reject"],
        }
        yield server


@pytest.fixture(scope="module")
def house(dns: FakeDns, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    settings = {"GUICHE_TRUSTED_NETWORKS": "", "GUICHE_DNS_SERVER": dns.setting}
    with start_embedded(tmp_path_factory.mktemp("proof"), **settings) as installation:
        yield installation


def ticket(house: Installation, title: str) -> dict[str, object]:
    token = house.agent_token("dora@instituicoes.example")

    def look() -> dict[str, object] | None:
        items = house.api("GET", "/api/v1/tickets", token=token).body["items"]
        return next((each for each in items if each["title"] == title), None)

    found = house.wait_for(look, f"the ticket {title}")
    shown: dict[str, object] = house.api("GET", f"/api/v1/tickets/{found['protocol']}", token=token).body
    return shown


def test_a_proven_mail_opens_a_ticket_that_says_how_it_was_proven(house: Installation) -> None:
    raw = dkim_signed(mail(subject="Provada", message_id="<p1@org-a.example>"), KEY, "org-a.example")

    assert house.send(raw, ANA, SUPPORT)[0] == 250
    [entry] = ticket(house, "Provada")["entries"]
    assert entry["authentication"] == "dmarc"
    assert "dkim=pass(org-a.example)" in entry["authentication_detail"].split()


def test_t02_an_unproven_mail_is_held_and_opens_nothing(house: Installation) -> None:
    assert house.send(mail(subject="Forjada", message_id="<p2@org-a.example>"), "x@longe.example", SUPPORT)[0] == 250
    [held] = house.wait_for(lambda: house.guiche_json("held", "list"), "the held mail")

    assert (held["reason"], held["sender"]) == ("sender_not_proven", ANA)
    house.guiche("held", "discard", held["id"])


def test_a_boards_proven_mail_becomes_a_matter_of_its_organization(house: Installation) -> None:
    raw = mail(BOARD, ADMINISTRATORS, "Nova administradora", message_id="<p3@org-a.example>")

    assert house.send(dkim_signed(raw, KEY, "org-a.example"), BOARD, ADMINISTRATORS)[0] == 250
    shown = ticket(house, "Nova administradora")
    assert (shown["category"], shown["organization"], shown["sector"]) == (CATEGORY, "Org A", "administrativo")
    assert shown["requester"]["email"] is None and shown["entries"][0]["authentication"] == "dmarc"
    receipt = house.wait_for_mail(BOARD)
    assert shown["protocol"] in receipt.message["Subject"]


def test_IN16_a_block_of_the_command_line_works_within_five_seconds(house: Installation) -> None:
    house.guiche("block", "add", "org-b.example", "--reason", "golpe", "--days", "3")
    [row] = house.guiche_json("block", "list")
    assert (row["value"], row["kind"], row["reason"]) == ("org-b.example", "domain", "golpe")

    blocked = house.wait_for(
        lambda: (answer := house.send(mail("x@org-b.example"), "x@org-b.example", SUPPORT))[0] == 550 and answer
    )
    assert "not_authorized" in blocked[1] and "blocked" not in blocked[1]
    # A stranger hears the same before the block works, so he writes until the ledger knows of it.
    house.wait_for(
        lambda: house.send(mail("x@org-b.example"), "x@org-b.example", SUPPORT) and any(
            each["reason"] == "blocked_sender" for each in house.api(
            "GET", "/api/v1/refusals", token=house.agent_token("root@instituicoes.example")).body["items"])
    )  # fmt: skip

    house.guiche("block", "remove", "ORG-B.example")
    assert house.guiche_json("block", "list") == []
    assert house.guiche("block", "remove", "org-b.example", check=False).returncode == 1
    assert house.guiche("block", "add", "not a domain", "--reason", "x", check=False).returncode == 1
