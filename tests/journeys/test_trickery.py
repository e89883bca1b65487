"""Mails that pretend, spread or hide: who is written to, who takes part and what is shown stays ours to say."""

import pytest

from tests.harness.installation import Installation
from tests.harness.post import mail, message_id
from tests.journeys.test_mail import ANA, CARLA, CLARA, DESK, Opened, open_ticket

EVA = "eva@longe.example"


@pytest.fixture
def opened(installation: Installation, request: pytest.FixtureRequest) -> Opened:
    return open_ticket(installation, f"Boletim {request.node.name[:40]}")


def addresses_told(house: Installation, protocol: str) -> set[str]:
    return {sent.to for sent in house.outbox() if protocol in sent.subject or protocol in sent.text}


def reply(opened: Opened, text: str) -> None:
    answer = opened.house.api(
        "POST", f"/api/v1/tickets/{opened.protocol}/entries", token=opened.house.agent_token(CLARA),
        json={"text": text, "visibility": "public"},
    )  # fmt: skip
    assert answer.status == 201, answer.body


def test_T15_answers_go_to_the_registered_address_whatever_reply_to_says(installation: Installation) -> None:
    first = message_id("org-a.example")
    raw = mail(ANA, DESK, "Troca", "texto", message_id=first, reply_to=f"Ana <{EVA}>", sender=EVA)
    assert installation.send(raw, EVA, DESK)[0] == 250
    sent = installation.wait_for_mail(ANA, lambda each: each["In-Reply-To"] == first)
    protocol = sent.subject.partition("[Protocolo ")[2].partition("]")[0]
    opened = Opened(installation, "Troca", first, protocol, sent)

    reply(opened, "resposta pública")

    installation.wait_for_mail(ANA, lambda each: "resposta pública" in each.text)
    assert EVA not in addresses_told(installation, protocol)


def test_T15_an_agents_own_address_as_from_opens_nothing(installation: Installation) -> None:
    raw = mail(f"Ana <{CLARA}>", DESK, "Sou eu", "texto", message_id=message_id())

    assert installation.send(raw, ANA, DESK)[0] == 250

    token = installation.agent_token(CLARA)
    held = installation.wait_for(
        lambda: [each for each in installation.api("GET", "/api/v1/held", token=token).body["items"] if each["sender"] == CLARA],
        "the held mail",
    )  # fmt: skip
    assert held[0]["reason"] == "no_standing"


def test_T16_L13_fifty_addresses_in_cc_become_no_participants_and_hear_nothing(opened: Opened) -> None:
    house = opened.house
    others = [f"pessoa{number}@longe.example" for number in range(50)]
    raw = mail(
        ANA, opened.acknowledgement.reply_to, "Re", "com cópias", cc=", ".join([CARLA, EVA, *others]),
        message_id=message_id(),
    )  # fmt: skip
    assert house.send(raw, ANA, opened.acknowledgement.reply_to)[0] == 250
    opened.wait_for_entries(2)

    reply(opened, "resposta para Ana somente")
    house.wait_for_mail(ANA, lambda each: "resposta para Ana somente" in each.text)

    assert opened.ticket()["participants"] == []
    told = addresses_told(house, opened.protocol)
    assert told & {CARLA, EVA, *others} == set()
    assert not [each for each in house.outbox() if opened.protocol in each.subject and each["Cc"]]


def test_T13_L13_one_mail_to_two_of_our_mailboxes_is_one_entry_of_the_first(installation: Installation) -> None:
    second = "administradores@instituicoes.example"
    raw = mail(ANA, DESK, "Duas caixas", "texto", cc=second, message_id=message_id())
    assert installation.send(raw, ANA, second, DESK)[0] == 250
    assert installation.send(raw, ANA, second)[0] == 250

    token = installation.agent_token("root@instituicoes.example")
    found = installation.wait_for(
        lambda: installation.api("GET", "/api/v1/tickets?q=Duas%20caixas", token=token).body["items"], "the ticket"
    )
    assert len(found) == 1
    sent = installation.wait_for_mail(ANA, lambda each: found[0]["protocol"] in each.subject)
    assert sent["From"].endswith(f"<{DESK}>")


def test_T19_a_third_partys_verification_mail_to_a_reply_address_is_shown_to_nobody(opened: Opened) -> None:
    """Somebody registers our reply address elsewhere; the confirmation that comes is held, not read to him."""
    house, address = opened.house, opened.acknowledgement.reply_to
    raw = mail("no-reply@saas.example", address, "Confirme sua conta", "código 424242", message_id=message_id())
    assert house.send(raw, "no-reply@saas.example", address)[0] == 250
    plain = mail("no-reply@saas.example", DESK, "Confirme sua conta", "código 424242", message_id=message_id())
    assert house.send(plain, "no-reply@saas.example", DESK)[0] == 550

    token = house.agent_token(CLARA)
    house.wait_for(
        lambda: [each for each in house.api("GET", "/api/v1/held", token=token).body["items"] if each["sender"] == "no-reply@saas.example"],
        "the held mail",
    )  # fmt: skip
    seen = house.api("GET", f"/api/v1/tickets/{opened.protocol}", token=house.user_token(ANA))
    assert seen.status == 200
    assert "424242" not in str(seen.body)
    assert not [sent for sent in house.outbox() if "424242" in sent.text]


DECEIVING = "Fatura \u202efdp.exe\u202c e\u0301\u200b\u2066x\u2069" + "\u0301" * 40


def test_P17_a_deceiving_subject_is_kept_as_written_and_neutralised_in_what_we_send(installation: Installation) -> None:
    first = message_id()
    assert installation.send(mail(ANA, DESK, DECEIVING, "texto", message_id=first), ANA, DESK)[0] == 250
    sent = installation.wait_for_mail(ANA, lambda each: each["In-Reply-To"] == first)
    protocol = sent.subject.partition("[Protocolo ")[2].partition("]")[0]
    opened = Opened(installation, DECEIVING, first, protocol, sent)

    reply(opened, "resposta sobre a fatura")
    answer = installation.wait_for_mail(ANA, lambda each: "resposta sobre a fatura" in each.text)

    assert opened.ticket()["title"].startswith("Fatura \u202efdp.exe")
    assert not set(answer.subject) & set("\u202e\u202c\u2066\u2069")
