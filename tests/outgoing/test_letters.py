"""What our letters say, to whom, and what they never say."""

import pytest

from core.deliveries import DeliveryKind
from core.keys import Token, TokenKind
from core.tickets.letters import PostOffice, write_letter
from core.tickets.return_addresses import delivery_tag
from core.tickets.tables import Ticket
from tests.outgoing.conftest import PROTOCOL, entry, facts

SECRET = "canary-4f1e"


def token_of(address: str | None, post: PostOffice) -> Token | None:
    return post.signing.verify((address or "").partition("@")[0].partition("+")[2])


def test_T20_an_acknowledgement_holds_no_word_of_the_sender(post: PostOffice, ticket: Ticket) -> None:
    ticket.title = SECRET
    letter = write_letter(facts(DeliveryKind.ACKNOWLEDGEMENT, ticket, entry(SECRET), name=SECRET), post)
    assert letter.subject == f"[Protocolo {PROTOCOL}]"
    assert SECRET not in repr(letter)
    assert PROTOCOL in letter.text


def test_an_acknowledgement_is_marked_automatic_and_answers_the_customers_mail(
    post: PostOffice, ticket: Ticket
) -> None:
    letter = write_letter(facts(DeliveryKind.ACKNOWLEDGEMENT, ticket, thread=["first@ana", "later@ana"]), post)
    assert letter.auto_submitted == "auto-replied"
    assert letter.in_reply_to == "first@ana"


@pytest.mark.parametrize(
    ("kind", "to"),
    [(DeliveryKind.ACKNOWLEDGEMENT, "person"), (DeliveryKind.REPLY, "person"), (DeliveryKind.AGENT_NOTICE, "agent")],
)
def test_L06_every_letter_about_a_ticket_asks_for_bounces_at_an_address_of_its_own(
    post: PostOffice, ticket: Ticket, kind: DeliveryKind, to: str
) -> None:
    known = facts(kind, ticket, entry(), to=to)
    letter = write_letter(known, post)
    assert token_of(letter.return_path, post) == Token(
        TokenKind.RETURN_PATH, ticket.id, delivery_tag(known.delivery.id)
    )
    assert len(letter.return_path.partition("@")[0]) <= 64


def test_T10_the_reply_address_of_an_acknowledgement_is_the_customers_own(post: PostOffice, ticket: Ticket) -> None:
    letter = write_letter(facts(DeliveryKind.ACKNOWLEDGEMENT, ticket), post)
    assert token_of(letter.reply_to, post) == Token(TokenKind.CUSTOMER_REPLY, ticket.id, 1)
    assert len(str(letter.reply_to).partition("@")[0]) <= 64


def test_a_reply_leaves_as_the_desk_and_names_no_agent(post: PostOffice, ticket: Ticket) -> None:
    letter = write_letter(facts(DeliveryKind.REPLY, ticket, entry("Segue o boleto.")), post)
    assert (letter.from_name, letter.from_address) == ("Central de Serviços", "atendimento@instituicoes.example")
    assert letter.subject == f"[Protocolo {PROTOCOL}] Boleto não chegou"
    assert "Segue o boleto." in letter.text
    assert letter.auto_submitted is None
    assert "Clara" not in repr(letter)


def test_a_ticket_written_to_the_administrators_mailbox_is_answered_from_there(
    post: PostOffice, ticket: Ticket
) -> None:
    ticket.mailbox = "administradores@instituicoes.example"
    letter = write_letter(facts(DeliveryKind.REPLY, ticket, entry()), post)
    assert letter.from_address == "administradores@instituicoes.example"
    assert str(letter.reply_to).startswith("administradores+")


def test_a_mailbox_that_is_not_ours_is_never_a_sender(post: PostOffice, ticket: Ticket) -> None:
    ticket.mailbox = "somebody@elsewhere.example"
    letter = write_letter(facts(DeliveryKind.REPLY, ticket, entry()), post)
    assert letter.from_address == "atendimento@instituicoes.example"


@pytest.mark.parametrize("kind", [DeliveryKind.REPLY, DeliveryKind.NOTE_NOTICE, DeliveryKind.AGENT_NOTICE])
def test_O01_an_internal_entry_makes_no_letter_to_a_customer(
    post: PostOffice, ticket: Ticket, kind: DeliveryKind
) -> None:
    with pytest.raises(ValueError, match="customer"):
        write_letter(facts(kind, ticket, entry(SECRET, "internal")), post)


def test_O01_a_ticket_closed_with_an_internal_word_tells_the_customer_only_that_it_closed(
    post: PostOffice, ticket: Ticket
) -> None:
    letter = write_letter(facts(DeliveryKind.CLOSED, ticket, entry(SECRET, "internal"), happened="closed"), post)
    assert SECRET not in repr(letter)
    assert "encerrado" in letter.text


def test_a_closing_tells_the_resolution(post: PostOffice, ticket: Ticket) -> None:
    letter = write_letter(facts(DeliveryKind.CLOSED, ticket, entry("Pago em dobro."), happened="closed"), post)
    assert "Pago em dobro." in letter.text
    assert "14 dias" in letter.text


def test_a_cancelling_says_so(post: PostOffice, ticket: Ticket) -> None:
    letter = write_letter(facts(DeliveryKind.CLOSED, ticket, entry("Duplicado."), happened="cancelled"), post)
    assert "cancelado" in letter.text


def test_an_agent_reads_who_wrote_what_and_where_to_see_it(post: PostOffice, ticket: Ticket) -> None:
    said = entry("Onde está?", kind="inbound", author_role="customer", author_name="Ana Souza")
    letter = write_letter(
        facts(DeliveryKind.AGENT_NOTICE, ticket, said, to="agent", happened="opened", address="clara@i.example"), post
    )
    assert "Ana Souza" in letter.text
    assert "Onde está?" in letter.text
    assert f"http://desk.example:8080/console/tickets/{PROTOCOL}" in letter.text
    assert "#encerrar" in letter.text
    assert letter.auto_submitted == "auto-generated"
    assert token_of(letter.reply_to, post) == Token(TokenKind.AGENT_REPLY, ticket.id, 1)


@pytest.mark.parametrize(
    ("kind", "visibility"), [(DeliveryKind.NOTE_NOTICE, "internal"), (DeliveryKind.AGENT_NOTICE, "internal")]
)
def test_T09_an_answer_to_a_notice_of_internal_words_is_bound_to_stay_internal(
    post: PostOffice, ticket: Ticket, kind: DeliveryKind, visibility: str
) -> None:
    letter = write_letter(facts(kind, ticket, entry("Só nós.", visibility), to="agent"), post)
    assert token_of(letter.reply_to, post) == Token(TokenKind.AGENT_NOTE, ticket.id, 1)


def test_a_refused_command_tells_the_agent_all_that_is_missing(post: PostOffice, ticket: Ticket) -> None:
    letter = write_letter(
        facts(DeliveryKind.COMMAND_REFUSED, ticket, to="agent", detail="sector: no such sector\ntext: empty"), post
    )
    assert "- sector: não há esse setor" in letter.text
    assert "- text: empty" in letter.text


def test_T20_the_question_for_an_address_holds_a_signed_link_and_nothing_of_the_form(post: PostOffice) -> None:
    letter = write_letter(facts(DeliveryKind.CONFIRM_ADDRESS, None, detail="held-1", name=SECRET), post)
    link = next(line for line in letter.text.splitlines() if line.startswith("http://desk.example:8080/confirm/"))
    held_id, _, mac = link.rpartition("/")[2].partition(".")
    assert held_id == "held-1"
    assert post.signing.mac_matches("confirm", "held-1", mac)
    assert SECRET not in repr(letter)
    assert letter.return_path == ""


def test_I7_a_letter_is_the_same_at_every_try(post: PostOffice, ticket: Ticket) -> None:
    known = facts(DeliveryKind.REPLY, ticket, entry())
    assert write_letter(known, post) == write_letter(known, post)


def test_our_message_id_names_the_ticket_to_us_alone(post: PostOffice, ticket: Ticket) -> None:
    message_id = write_letter(facts(DeliveryKind.REPLY, ticket, entry()), post).message_id
    token, _, rest = message_id.partition(".")
    assert post.signing.verify(token) == Token(TokenKind.MESSAGE_ID, ticket.id, 1)
    assert rest.endswith("@instituicoes.example")
    assert PROTOCOL not in message_id


def test_references_keep_the_first_and_the_newest_of_a_long_thread(post: PostOffice, ticket: Ticket) -> None:
    thread = [f"m{number}@ana" for number in range(100)]
    letter = write_letter(facts(DeliveryKind.REPLY, ticket, entry(), thread=thread), post)
    assert letter.references == ("m0@ana", *thread[-20:])
    assert letter.in_reply_to == "m99@ana"
