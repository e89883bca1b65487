import pytest

from gateway.ingest.reply_text import reply_text

ANSWER = "Bom dia,\n\nsegue a resposta."
QUOTED = "> olá\n>\n> Protocolo 20261122000001"


@pytest.mark.parametrize(
    "quotation",
    [
        pytest.param(f"Em seg., 7 de set. de 2026 às 09:00, Fulano <f@x.example> escreveu:\n\n{QUOTED}", id="gmail"),
        pytest.param(f"Em seg., 7 de set. de 2026 às 09:00, Fulano\n<f@x.example> escreveu:\n{QUOTED}", id="wrapped"),
        pytest.param(f"No dia 04/12/2026, às 00:19, x escreveu:\n{QUOTED}", id="no-dia"),
        pytest.param(f"Em 22/11/2026 10:00, Central escreveu:\n{QUOTED}", id="thunderbird"),
        pytest.param(f"On Sun, 22 Nov 2026 at 10:00, X <x@y.example> wrote:\n{QUOTED}", id="english"),
        pytest.param(f"El dom, 22 nov 2026, X (<x@y.example>) escribió:\n{QUOTED}", id="spanish"),
        pytest.param("-----Mensagem original-----\nDe: Central\nolá", id="original"),
        pytest.param("---------- Forwarded message ---------\nFrom: x@y.example\nolá", id="forwarded"),
        pytest.param("De: Central <c@x.example>\nEnviada em: domingo\nPara: Ana\nAssunto: olá\n\ntexto", id="outlook"),
        pytest.param("________________________________\nDe: Central\nEnviado: domingo\nPara: Ana\n\ntexto",
         id="outlook-rule"),
        pytest.param("From: Desk\nSent: Sunday\nTo: Ana\nSubject: hi\n\ntext", id="outlook-english"),
        pytest.param("*De:* Central\n*Enviada em:* domingo\n*Para:* Ana\n\ntexto", id="outlook-bold"),
        pytest.param(QUOTED, id="quote-marks-alone"),
    ],
)
def test_the_mail_that_is_answered_is_left_out(quotation):
    assert reply_text(f"{ANSWER}\n\n{quotation}\n") == ANSWER


@pytest.mark.parametrize(
    "footer",
    ["Enviado do meu iPhone", "Enviado do meu Galaxy", "Obter o Outlook para Android", "Enviado do Outlook para iOS",
     "Enviado do Email para Windows", "Enviado do Yahoo Mail no Android", "Sent from my iPhone",
      "-- \nAna Alves\nOrg A",
     "--\nAna"],
)  # fmt: skip
def test_device_and_signature_lines_are_left_out(footer):
    assert reply_text(f"{ANSWER}\n\n{footer}\n") == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "Em resposta ao que você escreveu:\nsegue anexo.",
        "De: 10/09 a 15/09 estarei fora.\nAté logo.",
        "Para: quem interessar\nnada mais.",
        "> você perguntou A\nrespondo A\n> e B\nrespondo B",
        f"Em 22/11/2026, x escreveu:\n{QUOTED}\nA resposta fica embaixo.",
        "A lista:\n- um\n-- dois\n* três",
        "O valor é > 10 e isso basta.",
    ],
)
def test_prose_and_answers_between_the_lines_stay_whole(text):
    assert reply_text(text) == text


def test_a_banner_of_the_mail_server_is_left_out():
    assert reply_text(f"[EXTERNAL] CAUTION: mail from outside\n{ANSWER}") == ANSWER


def test_a_text_that_is_nothing_but_quotation_stays_whole():
    assert reply_text(QUOTED) == QUOTED
