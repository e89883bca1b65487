"""Links of somebody who did not prove who he is, in what we send on (SECURITY.md L14)."""

import pytest

from core.profile_loading import load_profile
from core.tickets import wording
from core.tickets.defanging import defanged
from core.tickets.tables import Entry, Ticket

PROFILE = load_profile("instituicoes")
TEXT = "Veja https://evil.example/x e www.evil.example"


def notice(authentication: str, role: str = "customer") -> str:
    ticket = Ticket(protocol="20261122000001", title="Prêmio http://evil.example")
    entry = Entry(author_name="Ana", author_role=role, text=TEXT, authentication=authentication)
    return wording.notice(ticket, entry, "opened", "http://127.0.0.1/console/x", PROFILE, is_internal=False)


def test_L14_links_of_an_unproven_sender_cannot_be_clicked_in_a_notice() -> None:
    said = notice("none")

    assert "hxxps://evil.example/x e www[.]evil.example" in said
    assert "Prêmio hxxp://evil.example" in said
    assert "http://127.0.0.1/console/x" in said


@pytest.mark.parametrize(
    ("authentication", "role"), [("dmarc", "customer"), ("session", "customer"), ("none", "agent")]
)
def test_links_of_whoever_proved_himself_stay_as_they_are(authentication: str, role: str) -> None:
    assert TEXT in notice(authentication, role)


def test_L14_an_answer_to_a_customer_quotes_nothing() -> None:
    answer = wording.signed("Bom dia, corrigido.", "20261122000001", PROFILE)
    assert answer.startswith("Bom dia, corrigido.\n\n-- \n")
    assert len(answer.splitlines()) == 4


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("HTTPS://A.example", "HxxPS://A.example"),
        ("xhttp://a", "xhttp://a"),
        ("http:/a www2.a", "http:/a www2.a"),
        ("WWW.a", "WWW[.]a"),
    ],
)
def test_only_what_a_mail_program_makes_a_link_of_is_changed(text: str, shown: str) -> None:
    assert defanged(text) == shown
