"""Mails of the demo cast."""

SUPPORT = "atendimento@instituicoes.example"
ADMINISTRATORS = "administradores@instituicoes.example"
ANA, BRUNO, CARLA = "ana@org-a.example", "bruno@org-a.example", "carla@org-b.example"
CLARA, DIEGO = "clara@instituicoes.example", "diego@instituicoes.example"
BOARD, STRANGER = "diretoria@org-a.example", "alguem@longe.example"


def mail(from_: str = ANA, to: str = SUPPORT, subject: str = "Nota", text: str = "Bom dia.", **headers: str) -> bytes:
    """A plain mail; `message_id="<…>"` becomes the header Message-ID, an empty text drops one."""
    named = {
        "From": from_, "To": to, "Subject": subject, "Message-ID": "<m1@org-a.example>",
        "Date": "Sun, 22 Nov 2026 10:00:00 -0300",
    } | {name.replace("_", "-").title().replace("-Id", "-ID"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in named.items() if value]
    return "\r\n".join([*lines, "", text, ""]).encode()
