"""What a desk hides where messages are shown, it hides in its letters and chat texts, too."""

import pytest

from core.deliveries import DeliveryKind
from core.tickets.chat_texts import write_chat_text
from core.tickets.letters import PostOffice, write_letter
from core.tickets.tables import Ticket
from tests.outgoing.conftest import entry, facts

CPF = "529.982.247-25"
HIDDEN = "•••.•••.•••-25"


@pytest.mark.parametrize(
    ("kind", "to", "happened"),
    [
        pytest.param(DeliveryKind.REPLY, "person", "answered", id="answer"),
        pytest.param(DeliveryKind.CLOSED, "person", "closed", id="closing"),
        pytest.param(DeliveryKind.CLOSED, "person", "cancelled", id="cancelling"),
        pytest.param(DeliveryKind.AGENT_NOTICE, "agent", "complemented", id="notice"),
        pytest.param(DeliveryKind.NOTE_NOTICE, "agent", "noted", id="note"),
    ],
)
def test_a_letter_shows_no_more_of_a_cpf_than_its_end(
    post: PostOffice, ticket: Ticket, kind: DeliveryKind, to: str, happened: str
) -> None:
    ticket.title = f"Cadastro {CPF}"
    said = entry(f"O CPF {CPF} foi corrigido.")

    letter = write_letter(facts(kind, ticket, said, to=to, happened=happened), post)

    assert CPF not in letter.subject + letter.text
    assert letter.subject.endswith(f"Cadastro {HIDDEN}") and f"O CPF {HIDDEN} foi corrigido." in letter.text


@pytest.mark.parametrize("kind", [DeliveryKind.REPLY, DeliveryKind.CLOSED])
def test_a_chat_text_shows_no_more_either(post: PostOffice, ticket: Ticket, kind: DeliveryKind) -> None:
    text = write_chat_text(facts(kind, ticket, entry(f"O CPF {CPF} foi corrigido.")), post)

    assert CPF not in text and HIDDEN in text
