"""What the door answers, by the table of INTERFACES.md §5, through a real connection."""

import pytest

from core.clock import now
from core.errors import NoRoom, Unavailable
from core.keys import Token, TokenKind
from core.message import Authentication, Bounce, InboundMessage, Intent, RefusedMessage, SpeakerKind
from tests.smtp.mails import ADMINISTRATORS, ANA, BOARD, BRUNO, CLARA, STRANGER, SUPPORT, mail


async def test_a_permitted_persons_mail_is_durable_when_it_is_answered_250(door):
    client = await door.guest()
    answer = await client.post(mail(text="Olá, Ção."), ANA, SUPPORT)

    assert answer.startswith("250 2.0.0 ")
    message = door.queue.only
    assert message.held_for is None
    assert (message.title, message.text, message.mailbox) == ("Nota", "Olá, Ção.", SUPPORT)
    assert (message.speaker.kind, message.speaker.email) == (SpeakerKind.PERSON, ANA)
    assert message.authentication is Authentication.TRUSTED_NETWORK
    assert message.intent is Intent.OPEN
    assert str(message.intake_id) in answer


async def test_i16_the_raw_bytes_are_kept_as_they_were_sent(door):
    raw = mail(text=".dot\r\n..dots\r\n.\r\nend\x00\x1b")
    await (await door.guest()).post(raw, ANA, SUPPORT)

    assert door.queue.only.raw is not None
    assert door.queue.only.raw.content == raw


@pytest.mark.parametrize("sender", [BRUNO, STRANGER, BOARD, SUPPORT, "Ana <ana@org-a.example>, b@c.example"])
async def test_s19_p05_whoever_may_not_write_gets_one_answer_for_every_cause(door, sender):
    answer = await (await door.guest()).post(mail(sender), STRANGER, SUPPORT)

    assert answer == (
        "550 5.7.1 not_authorized: Voce nao esta autorizado a falar com o suporte por aqui. Canais oficiais: e-mail "
        "atendimento@instituicoes.example, formulario da Area de Clientes, Area de Clientes, telefone (duvidas "
        "rapidas e chamados ja abertos)."
    )
    [kept] = door.queue.messages
    assert isinstance(kept, RefusedMessage)


async def test_a_registered_sender_nobody_proves_is_held(untrusting_door):
    answer = await (await untrusting_door.guest()).post(mail(), ANA, SUPPORT)

    assert answer.startswith("250 ")
    assert untrusting_door.queue.only.held_for == "sender_not_proven"
    assert untrusting_door.queue.only.authentication is Authentication.NONE


async def test_an_unregistered_sender_nobody_proves_is_refused(untrusting_door):
    assert (await (await untrusting_door.guest()).post(mail(STRANGER), ANA, SUPPORT)).startswith("550 5.7.1 ")


async def test_t07_a_stranger_with_a_valid_reply_address_is_held(door):
    address = reply_address(door, TokenKind.CUSTOMER_REPLY, 1)
    answer = await (await door.guest()).post(mail(STRANGER, to=address), STRANGER, address)

    assert answer.startswith("250 ")
    assert door.queue.only.held_for == "no_standing"


async def test_t08_an_agent_without_his_own_token_is_held(door):
    answer = await (await door.guest()).post(mail(CLARA), CLARA, SUPPORT)

    assert answer.startswith("250 ")
    assert door.queue.only.held_for == "no_standing"


async def test_an_agent_who_answers_with_his_own_token_is_let_in(door):
    clara = (await door.desk.directory.by_email(CLARA, NOW)).speaker
    address = reply_address(door, TokenKind.AGENT_REPLY, clara.id)
    await (await door.guest()).post(mail(CLARA, to=address), CLARA, address)

    assert door.queue.only.held_for is None
    [claim] = door.queue.only.claims
    assert (claim.for_agent, claim.internal, claim.recipient_id) == (True, False, clara.id)


async def test_a_trusted_network_is_not_enough_for_a_change_of_administrator(door):
    await (await door.guest()).post(mail(BOARD, to=ADMINISTRATORS), BOARD, ADMINISTRATORS)

    assert door.queue.only.held_for == "sender_not_proven"


@pytest.mark.parametrize(
    ("mail_from", "headers"),
    [("", {}), ("x@mx.example", {"content_type": "multipart/report; report-type=delivery-status; boundary=b"})],
)
async def test_s20_a_bounce_from_nobody_registered_is_only_counted(door, mail_from, headers):
    answer = await (await door.guest()).post(mail("MAILER-DAEMON@mx.example", **headers), mail_from, SUPPORT)

    assert answer.startswith("250 ")
    [kept] = door.queue.messages
    assert isinstance(kept, Bounce)


async def test_s20_l01_a_registered_persons_mail_with_a_null_sender_is_automatic(door):
    await (await door.guest()).post(mail(), "", SUPPORT)

    assert isinstance(door.queue.only, InboundMessage)
    assert door.queue.only.is_automatic


async def test_s24_without_room_to_store_it_a_mail_is_answered_452(door):
    door.queue.trouble = NoRoom("the queue file cannot be written (SQLITE_FULL)")
    client = await door.guest()

    assert (await client.post(mail(), ANA, SUPPORT)) == "452 4.3.1 No room at the moment, please try again later"


@pytest.mark.parametrize(
    "trouble", [Unavailable("broker"), RuntimeError("db password=hunter2 at /srv/app/x.py"), OSError(28, "ENOSPC")]
)
async def test_m1_s04_s07_any_trouble_of_ours_is_temporary_and_tells_nothing(door, trouble):
    door.queue.trouble = trouble
    client = await door.guest()

    assert await client.post(mail(), ANA, SUPPORT) == (
        "451 4.3.0 Temporary trouble on our side, please try again later"
    )
    door.queue.trouble = None
    assert (await client.post(mail(), ANA, SUPPORT)).startswith("250 ")


async def test_s24_an_unknown_sender_while_the_database_is_away_is_asked_to_come_back(door):
    await (await door.guest()).post(mail(), ANA, SUPPORT)
    from tortoise import Tortoise

    await Tortoise.close_connections()
    client = await door.guest()

    assert (await client.post(mail(STRANGER), STRANGER, SUPPORT)).startswith("451 4.3.0 ")


NOW = now()


def reply_address(door, kind: TokenKind, subject_id: int) -> str:
    token = door.desk.signing.sign(Token(kind, 9, subject_id), NOW)
    return f"atendimento+{token}@instituicoes.example"
