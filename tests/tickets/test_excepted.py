"""Who is known to nobody is filed by an exception of the profile that is in force, and by nothing else (S4-27)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core import clock
from core.ids import new_id
from core.message import Address, Authentication, Claim, ClaimKind, InboundMessage, Intent, Speaker
from core.profile import ChannelException
from core.tickets.intake import file_batch
from core.tickets.notices import channel_of
from core.tickets.office import Office
from core.tickets.tables import Entry, Held, Ticket
from tests.tickets.conftest import Cast

CHAT = "whatsapp/0123456789abcdef"


def unknown(channel: str = "whatsapp", **values: object) -> InboundMessage:
    intake_id = new_id()
    standard: dict[str, object] = {
        "intake_id": intake_id, "channel": channel, "dedupe_key": str(intake_id), "received_at": clock.now(),
        "speaker": Speaker(), "author": Address(name="Igor", email=""), "authentication": Authentication.NONE,
        "intent": Intent.OPEN, "claims": (Claim(kind=ClaimKind.CHAT, text=CHAT),), "chat": CHAT,
        "text": "Quanto custa?", "sector": "comercial", "purpose": "negotiation",
    }  # fmt: skip
    return InboundMessage(**(standard | values))  # type: ignore[arg-type]


async def outcome(message: InboundMessage, office: Office) -> str:
    await file_batch([message], office, clock.now())
    held = await Held.get_or_none(id=message.intake_id)
    if held is not None:
        return held.reason
    entry = await Entry.get_or_none(intake_id=message.intake_id).select_related("ticket")
    return entry.ticket.sector if entry else "nothing"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, "comercial", id="by-the-exception"),
        pytest.param({"sector": "n1"}, "no_standing", id="another-sector"),
        pytest.param({"purpose": "support"}, "no_standing", id="another-purpose"),
        pytest.param({"sector": "", "purpose": ""}, "no_standing", id="no-use-at-all"),
        pytest.param({"channel": "email"}, "no_standing", id="by-mail"),
        pytest.param({"channel": "form"}, "no_standing", id="by-a-form"),
        pytest.param({"channel": "telegram"}, "no_standing", id="by-telegram"),
        pytest.param({"channel": "phone"}, "no_standing", id="by-telephone"),
        pytest.param({"channel": "instagram"}, "no_standing", id="by-another-unofficial-channel"),
        pytest.param({"channel": "fax"}, "no_standing", id="by-an-unlisted-channel"),
    ],
)
async def test_nobody_known_is_filed_by_an_exception_alone(office: Office, cast: Cast, change, expected):
    assert await outcome(unknown(**change), office) == expected


async def test_an_exception_that_ended_files_nothing_any_more(office: Office, cast: Cast):
    over = ChannelException(sector="comercial", purpose="negotiation", until=clock.now().date() - timedelta(days=2))
    whatsapp = office.profile.channels["whatsapp"].model_copy(update={"exceptions": (over,)})
    profile = office.profile.model_copy(update={"channels": office.profile.channels | {"whatsapp": whatsapp}})

    assert await outcome(unknown(), replace(office, profile=profile)) == "no_standing"
    assert not await Ticket.exists()


async def test_he_joins_no_ticket_but_the_one_his_own_chat_opened(office: Office, cast: Cast):
    await outcome(unknown(), office)
    ticket = await Ticket.get()
    protocol = Claim(kind=ClaimKind.PROTOCOL, text=ticket.protocol)

    assert await outcome(unknown(), office) == "comercial"
    assert await outcome(unknown(chat="whatsapp/another", claims=(protocol,)), office) == "no_standing"
    other_claims = (Claim(kind=ClaimKind.CHAT, text="whatsapp/another"),)
    assert await outcome(unknown(chat="whatsapp/another", claims=other_claims), office) == "comercial"
    assert await Ticket.all().count() == 2
    assert await Entry.filter(ticket_id=ticket.id).count() == 2


async def test_a_chat_that_another_channel_opened_is_not_his(office: Office, cast: Cast):
    await outcome(unknown(), office)
    await Ticket.all().update(opened_via="telegram")

    assert await outcome(unknown(), office) == "no_standing"


def test_nothing_is_ever_sent_to_the_chat_of_an_excepted_channel():
    assert channel_of(Ticket(chat=CHAT, opened_via="whatsapp")) == "email"
    assert channel_of(Ticket(chat="guiche:1", opened_via="telegram")) == "telegram"
    assert channel_of(Ticket(opened_via="email")) == "email"


async def test_the_ticket_has_no_person_and_no_organization(office: Office, cast: Cast):
    await outcome(unknown(speaker=Speaker(organization_id=cast.ana.organization_id)), office)

    ticket = await Ticket.get()
    assert (ticket.requester_id, ticket.organization_id, ticket.requester_name) == (None, None, "Igor")
    assert (ticket.opened_by, ticket.opened_via) == ("system", "whatsapp")
