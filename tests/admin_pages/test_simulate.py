"""The simulator as a page: a mail or a knock, the decision with its trail in words, and nothing of it done."""

import aiohttp
import pytest

from core.people.tables import Person
from core.tickets.tables import Entry, Held, Intake, Ticket
from tests.admin_pages.admin import HOSTILE, Admin
from tests.harness.house import House
from tests.portal.portal import ANA, BRUNO

PATH = "/admin/simulate"
MAIL = (
    "From: Ana <{sender}>\nTo: atendimento@instituicoes.example\nSubject: {subject}\n"
    "Message-ID: <{sender}>\nDate: Mon, 02 Mar 2026 10:00:00 -0300\n\nBom dia.\n"
)


async def rows() -> list[int]:
    return [await each.all().count() for each in (Ticket, Entry, Held, Intake)]


def mail(sender: str = ANA, subject: str = "Dúvida") -> str:
    return MAIL.format(sender=sender, subject=subject)


async def test_a_pasted_mail_is_judged_rule_by_rule_and_nothing_is_done(root: Admin) -> None:
    before = await rows()
    told = await root.send(PATH, mail=mail("estranho@longe.example"))

    assert told.status == 200 and "Decisão: " in told.text and "seria recusada" in told.text
    assert "O remetente não pode falar com o suporte." in told.text
    assert "O servidor de e-mail responderia" in told.text and "550" in told.text
    assert "O remetente pode escrever?" in told.text and "recusada" in told.text
    assert "estranho@longe.example" in told.html, "what was typed stays"
    assert await rows() == before


async def test_a_mail_may_come_as_a_file(root: Admin, house: House) -> None:
    token = root.token_of((await root.get(PATH)).html)
    form = aiohttp.FormData({"csrf_token": token, "mail": ""}, default_to_multipart=True)
    form.add_field("file", mail("estranho@longe.example").encode(), filename="a.eml", content_type="message/rfc822")
    async with house.http.post(PATH, data=form, headers={"Accept-Language": "pt-BR"}) as answer:
        text = await answer.text()

    assert answer.status == 200 and "550" in text


async def test_another_channel_is_asked_by_its_sender_and_intent(root: Admin) -> None:
    ana = await root.send(PATH, door="1", channel="form", sender=ANA, intent="open", text="Olá")
    bruno = await root.send(PATH, door="1", channel="form", sender=BRUNO, intent="open")
    phone = await root.send(PATH, door="1", channel="phone", sender=ANA, intent="open")

    assert "Decisão: seria aceita" in ana.text and 'class="notice "' in ana.html
    assert "A pessoa pode falar com o suporte? recusada" in bruno.text
    assert "Um telefonema não pode abrir chamado." in phone.text
    assert f'value="{ANA}"' in phone.html and '<option value="phone" selected>' in phone.html


async def test_what_it_would_join_is_named_and_leads_there(root: Admin, house: House) -> None:
    ticket = await house.file()
    told = await root.send(PATH, door="1", channel="form", sender=ANA, intent="complement", protocol=ticket.protocol)

    assert f'href="/console/tickets/{ticket.protocol}"' in told.html


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "é obrigatório"), ({"mail": mail(), "peer": "isto não"}, ""),
        ({"door": "1", "channel": "form", "intent": "dance"}, "open, complement"),
        ({"door": "1", "channel": "phone", "intent": "complement"}, "é obrigatório"),
        ({"door": "1", "channel": "form", "intent": "open", "sender": "x" * 321}, ""),
    ],
    ids=["nothing", "no-peer", "no-intent", "no-protocol", "too-long"],
)
async def test_a_question_without_sense_is_said_on_the_page(root: Admin, fields: dict[str, str], said: str) -> None:
    answer = await root.send(PATH, **fields)

    assert answer.status == 422 and 'role="alert"' in answer.html and said in answer.text
    assert 'role="status"' not in answer.html


async def test_hostile_mails_are_shown_as_text(root: Admin) -> None:
    await Person.filter(email=ANA).update(name=HOSTILE)
    for fields in (
        {"mail": mail(ANA, HOSTILE), "rcpt": HOSTILE, "mail_from": HOSTILE},
        {"mail": f"</textarea>{HOSTILE}\n\n"}, {"mail": "\0\n\n\n"}, {"mail": "x" * 100_000},
        {"door": "1", "channel": HOSTILE, "intent": "open", "sender": HOSTILE, "protocol": HOSTILE, "text": HOSTILE},
    ):  # fmt: skip
        answer = await root.send(PATH, **fields)
        assert answer.status in (200, 422) and "<img src=x" not in answer.html
        assert answer.html.count("</textarea>") == 2


async def test_W18_what_was_asked_stands_in_no_address(root: Admin) -> None:
    answer = await root.send(PATH, mail=mail())

    assert answer.status == 200 and answer.location == ""
