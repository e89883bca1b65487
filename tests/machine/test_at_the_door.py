"""Machine mail at the SMTP door: what is bound by our signature, what is only counted, what is filed."""

from datetime import timedelta
from uuid import UUID

import pytest

from core import clock
from core.deliveries import Delivery
from core.keys import Key, SigningKeys, Token, TokenKind
from core.message import Bounce, ClaimKind, InboundMessage, RefusedMessage
from core.tickets.return_addresses import delivery_tag, reply_address, return_path
from tests.ingest.corpus import FOLDER
from tests.smtp.conftest import OpenDoor, cast, door, open_door
from tests.smtp.mails import ANA, CLARA, STRANGER, SUPPORT, mail

__all__ = ["cast", "door", "open_door"]

DAEMON = "MAILER-DAEMON@mx.example"
OUR_LETTER = Delivery(
    id=UUID(int=7), ticket_id=42, recipient_kind="person", recipient_id=3, created_at=clock.now() - timedelta(days=100)
)
STRANGERS_KEYS = SigningKeys([Key("test", b"1" * 32)])


def signed(door: OpenDoor) -> str:
    """The return path of a letter about ticket 42."""
    return return_path(OUR_LETTER, SUPPORT, door.desk.signing)


async def taken(door: OpenDoor, raw: bytes, mail_from: str, *recipients: str) -> Bounce | InboundMessage | RefusedMessage:
    await (await door.guest()).post(raw, mail_from, *recipients)
    [message] = door.queue.messages
    return message


def corpus(name: str) -> bytes:
    return (FOLDER / f"{name}.eml").read_bytes()


@pytest.mark.parametrize(
    ("name", "mail_from", "said"),
    [
        ("bounces/postfix", "", ("failed", "5.1.1")),
        ("bounces/sendmail", "x@mx.example", ("failed", "5.1.1")),
        ("bounces/qmail", "", ("failed", "5.1.1")),
        ("bounces/yandex-ru", "", ("failed", "5.7.1")),
        ("bounces/amazon-sns", "0101@ses.example", ("failed", "5.1.1")),
        ("bounces/postfix-delayed", "", ("delayed", "4.4.1")),
        ("bounces/complaint-arf", "fbl@provedor.example", ("failed", "")),
        ("people/postmaster-writes", "postmaster@org-a.example", ("", "")),
    ],
)
async def test_L06_a_mail_to_a_return_path_we_signed_is_bound_to_that_very_delivery(
    door: OpenDoor, name: str, mail_from: str, said: tuple[str, str]
) -> None:
    bounce = await taken(door, corpus(name), mail_from, signed(door))

    assert isinstance(bounce, Bounce)
    assert (bounce.ticket_id, bounce.delivery_tag) == (42, delivery_tag(OUR_LETTER.id))
    assert (bounce.action, bounce.status) == said
    assert "invalid-token" not in bounce.flags


async def test_L06_the_case_of_a_return_path_does_not_matter(door: OpenDoor) -> None:
    bounce = await taken(door, corpus("bounces/postfix"), "", signed(door).upper())
    assert isinstance(bounce, Bounce) and bounce.ticket_id == 42


@pytest.mark.parametrize("forge", ["other keys", "changed", "a customer's reply address"])
async def test_L07_a_report_to_an_address_we_did_not_sign_for_it_binds_nothing(door: OpenDoor, forge: str) -> None:
    address = {
        "other keys": return_path(OUR_LETTER, SUPPORT, STRANGERS_KEYS),
        "changed": f"atendimento+{'a' * 44}@instituicoes.example",
        "a customer's reply address": reply_address(TokenKind.CUSTOMER_REPLY, OUR_LETTER, SUPPORT, door.desk.signing),
    }[forge]
    bounce = await taken(door, corpus("bounces/postfix"), "", address)

    assert isinstance(bounce, Bounce)
    assert (bounce.ticket_id, bounce.delivery_tag) == (None, None)
    assert ("invalid-token" in bounce.flags) is (forge != "a customer's reply address")


@pytest.mark.parametrize("mail_from", ["", ANA])
async def test_L01_a_registered_persons_responder_is_filed_on_the_ticket_and_is_no_person(
    door: OpenDoor, mail_from: str
) -> None:
    message = await taken(door, mail(subject="Férias", text="Volto dia 10."), mail_from, signed(door))

    assert isinstance(message, InboundMessage)
    assert message.is_automatic
    assert (message.claims[0].kind, message.claims[0].ticket_id) == (ClaimKind.MESSAGE_ID, 42)
    assert message.flags == ()


async def test_L06_a_daemons_report_in_a_registered_name_is_automatic_too(door: OpenDoor) -> None:
    kind = "multipart/report; report-type=delivery-status; boundary=b"
    message = await taken(door, mail(content_type=kind), "x@mx.example", signed(door))

    assert isinstance(message, InboundMessage)
    assert message.is_automatic


async def test_an_agents_responder_at_the_return_path_is_let_in_to_stay_in_the_house(door: OpenDoor) -> None:
    message = await taken(door, mail(CLARA, auto_submitted="auto-replied"), "", signed(door))

    assert isinstance(message, InboundMessage)
    assert message.held_for is None
    assert message.claims[0].internal


async def test_T08_an_agents_own_words_at_the_return_path_are_no_way_in(door: OpenDoor) -> None:
    claimed = mail(CLARA, in_reply_to=f"<{door.desk.signing.sign(MESSAGE_ID, clock.now())}.x@instituicoes.example>")
    message = await taken(door, claimed, CLARA, SUPPORT)

    assert isinstance(message, InboundMessage)
    assert message.held_for == "no_standing"


MESSAGE_ID = Token(TokenKind.MESSAGE_ID, 42, 1)


async def test_T14_our_own_letter_that_comes_back_to_its_return_path_is_counted(door: OpenDoor) -> None:
    own = f"<{door.desk.signing.sign(MESSAGE_ID, clock.now())}.{'0' * 32}@instituicoes.example>"
    bounce = await taken(door, mail(SUPPORT, message_id=own), SUPPORT, signed(door))

    assert isinstance(bounce, Bounce)
    assert bounce.action == ""


@pytest.mark.parametrize("from_", [SUPPORT, "Central <ATENDIMENTO+abc@instituicoes.example>"])
async def test_L04_our_own_address_as_sender_is_refused(door: OpenDoor, from_: str) -> None:
    answer = await (await door.guest()).post(mail(from_), STRANGER, SUPPORT)
    assert answer.startswith("550 5.7.1 ")


async def test_L03_a_mail_on_its_thirty_first_host_is_taken_as_automatic_and_flagged(door: OpenDoor) -> None:
    raw = b"Received: from a by b\r\n" * 31 + mail()
    message = await taken(door, raw, ANA, SUPPORT)

    assert isinstance(message, InboundMessage)
    assert message.is_automatic
    assert "mail-loop" in message.flags


@pytest.mark.parametrize("name", ["people/newsletter", "automatic/gmail-vacation", "automatic/read-receipt"])
async def test_S20_P15_L13_what_lists_and_machines_of_registered_people_write_gets_no_answer(
    door: OpenDoor, name: str
) -> None:
    raw = corpus(name).replace(b"boletim@jornal.example", ANA.encode())
    message = await taken(door, raw, ANA, SUPPORT)

    assert isinstance(message, InboundMessage)
    assert message.is_automatic
    assert message.held_for is None
