"""Who writes, and what he writes, in the tests of admission."""

from core.clock import now
from core.decision import Decision
from core.ids import new_id
from core.message import (
    Address,
    Authentication,
    Claim,
    ClaimKind,
    InboundMessage,
    Intent,
    Speaker,
    SpeakerKind,
)

SUPPORT = "atendimento@instituicoes.example"
ADMINISTRATORS = "administradores@instituicoes.example"
PROVEN, TRUSTED, UNPROVEN = Authentication.DMARC, Authentication.TRUSTED_NETWORK, Authentication.NONE

ANA = Speaker(kind=SpeakerKind.PERSON, id=1, organization_id=1, may_speak=True)
BRUNO = ANA.model_copy(update={"id": 2, "may_speak": False})
BLOCKED = ANA.model_copy(update={"blocked": True})
STRANGER = Speaker()
CLARA = Speaker(kind=SpeakerKind.AGENT, id=5, role="agent", sector="n1")
BLOCKED_AGENT = CLARA.model_copy(update={"blocked": True})
BOARD = Speaker(kind=SpeakerKind.BOARD, id=1, organization_id=1)

CUSTOMER_TOKEN = Claim(kind=ClaimKind.REPLY_TOKEN, ticket_id=9, recipient_id=1)
CLARAS_TOKEN = Claim(kind=ClaimKind.REPLY_TOKEN, ticket_id=9, recipient_id=5, for_agent=True)
DIEGOS_TOKEN = Claim(kind=ClaimKind.REPLY_TOKEN, ticket_id=9, recipient_id=6, for_agent=True)
A_CUSTOMERS_5 = Claim(kind=ClaimKind.REPLY_TOKEN, ticket_id=9, recipient_id=5)
PROTOCOL = Claim(kind=ClaimKind.PROTOCOL, text="202611220000018")
MESSAGE_ID = Claim(kind=ClaimKind.MESSAGE_ID, ticket_id=9)


def message(channel: str = "email", **values: object) -> InboundMessage:
    standard: dict[str, object] = {
        "intake_id": new_id(), "channel": channel, "dedupe_key": "k", "received_at": now(), "speaker": ANA,
        "author": Address(email="x@y.example"), "authentication": PROVEN, "intent": Intent.OPEN, "mailbox": SUPPORT,
    }
    return InboundMessage(**(standard | values))  # type: ignore[arg-type]


def outcome(decision: Decision) -> str:
    return decision.reason.value if decision.reason else decision.verdict.value
