"""Filing a batch: what becomes of each message, in the database and towards the outside."""

import asyncio
from datetime import timedelta

from core import clock
from core.decision import Reason
from core.deliveries import Delivery
from core.ids import new_id
from core.message import Claim, ClaimKind, Intent, RefusedMessage
from core.people.tables import Agent, Person
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.tables import Entry, Held, Intake, Participant, Status, Ticket
from tests.tickets.conftest import Cast, Say, reference, token_claim


async def file(office: Office, *messages: object) -> list[object]:
    return list(await file_batch(messages, office, clock.now()))  # type: ignore[arg-type]


async def outgoing() -> set[tuple[str, str, int]]:
    return {(d.kind, d.recipient_kind, d.recipient_id) for d in await Delivery.all()}


async def test_a_new_mail_becomes_one_ticket_with_acknowledgement_and_notices(
    office: Office, cast: Cast, say: Say
) -> None:
    refs = await file(office, say(cast.ana, "A impressora parou"))

    ticket = await Ticket.get()
    entry = await Entry.get()
    assert (ticket.status, ticket.sector, ticket.requester_id) == ("open", "n1", cast.ana.id)
    assert (entry.seq, entry.kind, entry.visibility, entry.threaded_by) == (1, "inbound", "public", "new")
    assert await outgoing() == {
        ("acknowledgement", "person", cast.ana.id),
        ("agent_notice", "agent", cast.clara.id),
        ("agent_notice", "agent", cast.lia.id),
    }
    assert len(refs) == 3


async def test_the_same_mail_twice_in_one_batch_or_two_is_one_entry(office: Office, cast: Cast, say: Say) -> None:
    await file(office, say(cast.ana, key="same"), say(cast.ana, key="same"))
    await file(office, say(cast.ana, key="same"))

    assert await Entry.all().count() == 1
    assert await Ticket.all().count() == 1


async def test_the_same_mail_filed_by_two_tasks_at_once_is_one_entry(office: Office, cast: Cast, say: Say) -> None:
    await asyncio.gather(*(file(office, say(cast.ana, key="same")) for _ in range(8)))

    assert await Entry.all().count() == 1


async def test_a_message_handed_out_again_after_its_commit_changes_nothing(
    office: Office, cast: Cast, say: Say
) -> None:
    message = say(cast.ana)
    await file(office, message)
    assert await file(office, message) == []
    assert await Delivery.all().count() == 3


async def test_a_reply_is_joined_by_signed_address_reference_and_subject(
    office: Office, cast: Cast, say: Say
) -> None:
    await file(office, say(cast.ana, message_id="first@ana"))
    ticket = await Ticket.get()
    await file(
        office,
        say(cast.ana, claims=(token_claim(ticket.id, cast.ana),)),
        say(cast.ana, claims=(reference("unknown@x"), reference("first@ana"))),
        say(cast.ana, claims=(Claim(kind=ClaimKind.PROTOCOL, text=ticket.protocol),)),
    )

    entries = await Entry.all().order_by("seq")
    assert [each.threaded_by for each in entries] == ["new", "reply_token", "references", "subject"]
    assert [each.seq for each in entries] == [1, 2, 3, 4]
    assert await Ticket.all().count() == 1


async def test_a_reply_in_the_same_batch_as_its_original_finds_it(office: Office, cast: Cast, say: Say) -> None:
    await file(
        office, say(cast.ana, message_id="first@ana"), say(cast.ana, claims=(reference("first@ana"),))
    )

    assert await Ticket.all().count() == 1
    assert await Entry.all().count() == 2


async def test_a_reply_that_overtakes_its_original_gathers_it_within_ten_minutes(
    office: Office, cast: Cast, say: Say
) -> None:
    await file(office, say(cast.ana, "resposta", claims=(reference("first@ana"),)))
    await file(office, say(cast.ana, "original", message_id="first@ana"))

    assert await Ticket.all().count() == 1
    assert [each.text for each in await Entry.all().order_by("seq")] == ["resposta", "original"]
    assert await Delivery.filter(kind="acknowledgement").count() == 1


async def test_an_original_that_comes_too_late_is_a_ticket_of_its_own(office: Office, cast: Cast, say: Say) -> None:
    await file(office, say(cast.ana, claims=(reference("first@ana"),)))
    later = clock.now() + timedelta(minutes=11)
    await file_batch([say(cast.ana, message_id="first@ana")], office, later)

    assert await Ticket.all().count() == 2


async def test_anothers_original_never_joins_my_ticket(office: Office, cast: Cast, say: Say) -> None:
    await file(office, say(cast.ana, claims=(reference("first@x"),)))
    await file(office, say(cast.carla, message_id="first@x"))

    assert await Ticket.all().count() == 2


async def test_T01_a_protocol_of_another_customer_is_held_and_tells_nobody(
    office: Office, cast: Cast, say: Say
) -> None:
    await file(office, say(cast.ana))
    protocol = (await Ticket.get()).protocol
    before = await Delivery.all().count()

    await file(office, say(cast.carla, claims=(Claim(kind=ClaimKind.PROTOCOL, text=protocol),)))

    held = await Held.get()
    assert held.reason == "no_standing"
    assert (await Intake.get(id=held.id)).outcome == "held"
    assert await Entry.all().count() == 1
    assert await Participant.all().count() == 0
    assert await Delivery.all().count() == before
    assert b"carla" not in bytes(held.body_sealed)


async def test_T07_a_token_in_a_strangers_hands_is_held(office: Office, cast: Cast, say: Say) -> None:
    await file(office, say(cast.ana))
    ticket = await Ticket.get()

    await file(office, say(cast.carla, claims=(token_claim(ticket.id, cast.ana),)))

    assert (await Held.get()).reason == "no_standing"
    assert await Entry.all().count() == 1


async def test_a_permitted_colleague_has_standing_and_becomes_a_participant(
    office: Office, cast: Cast, say: Say
) -> None:
    await file(office, say(cast.ana))
    ticket = await Ticket.get()
    await file(office, say(cast.bea, claims=(Claim(kind=ClaimKind.PROTOCOL, text=ticket.protocol),)))

    assert await Entry.all().count() == 2
    assert (await Participant.get()).person_id == cast.bea.id


async def test_a_right_lost_between_door_and_desk_means_held(office: Office, cast: Cast, say: Say) -> None:
    message = say(cast.ana)
    await Person.filter(id=cast.ana.id).update(may_speak=False)

    await file(office, message)

    assert (await Held.get()).reason == "no_standing"
    assert await Ticket.all().count() == 0


async def test_a_held_copy_never_suppresses_the_one_that_is_filed(office: Office, cast: Cast, say: Say) -> None:
    await file(office, say(cast.ana, key="k", held_for=Reason.SENDER_NOT_PROVEN))
    assert (await Held.get()).state == "held"

    await file(office, say(cast.ana, key="k"))

    assert (await Held.get()).state == "resolved"
    assert await Entry.all().count() == 1


async def test_a_held_copy_of_a_filed_mail_is_not_kept(office: Office, cast: Cast, say: Say) -> None:
    await file(office, say(cast.ana, key="k"))
    await file(office, say(cast.ana, key="k", held_for=Reason.SENDER_NOT_PROVEN))

    assert await Held.all().count() == 0


async def test_S08_a_mail_that_comes_again_and_may_not_be_filed_is_held_once(
    office: Office, cast: Cast, say: Say
) -> None:
    await file(office, say(cast.ana))
    claim = Claim(kind=ClaimKind.PROTOCOL, text=(await Ticket.get()).protocol)
    for _ in range(3):
        await file(office, say(cast.carla, key="k", claims=(claim,)))

    assert (await Held.get()).reason == "no_standing"
    assert await Intake.filter(outcome="held").count() == 1


async def test_a_proven_copy_that_may_not_be_filed_stands_beside_the_unproven_one(
    office: Office, cast: Cast, say: Say
) -> None:
    await file(office, say(cast.ana))
    claim = Claim(kind=ClaimKind.PROTOCOL, text=(await Ticket.get()).protocol)
    await file(office, say(cast.carla, key="k", held_for=Reason.SENDER_NOT_PROVEN))
    for _ in range(2):
        await file(office, say(cast.carla, key="k", claims=(claim,)))

    assert sorted([row.reason for row in await Held.all()]) == ["no_standing", "sender_not_proven"]


async def test_a_refusal_leaves_a_row_without_content(office: Office, cast: Cast) -> None:
    await file(
        office,
        RefusedMessage(
            intake_id=new_id(), channel="email", reason=Reason.NOT_AUTHORIZED, received_at=clock.now(), size=321
        ),
    )

    row = await Intake.get()
    assert (row.outcome, row.reason, row.size) == ("refused", "not_authorized", 321)


async def test_T11_a_reply_to_a_closed_ticket_reopens_it(office: Office, cast: Cast, say: Say) -> None:
    await file(office, say(cast.ana))
    ticket = await Ticket.get()
    await Ticket.filter(id=ticket.id).update(status=Status.CLOSED, closed_at=clock.now() - timedelta(days=13))

    await file(office, say(cast.ana, claims=(token_claim(ticket.id, cast.ana),)))

    assert (await Ticket.get()).status == "open"


async def test_T11_a_reply_long_after_the_closing_opens_a_linked_ticket(
    office: Office, cast: Cast, say: Say
) -> None:
    await file(office, say(cast.ana))
    old = await Ticket.get()
    await Ticket.filter(id=old.id).update(status=Status.CLOSED, closed_at=clock.now() - timedelta(days=15))

    await file(office, say(cast.ana, claims=(token_claim(old.id, cast.ana),)))

    new = await Ticket.get(linked_to_id=old.id)
    assert new.status == "open"
    assert (await Ticket.get(id=old.id)).status == "closed"


async def test_L01_a_machines_answer_is_kept_but_reopens_and_acknowledges_nothing(
    office: Office, cast: Cast, say: Say
) -> None:
    await file(office, say(cast.ana))
    ticket = await Ticket.get()
    await Ticket.filter(id=ticket.id).update(status=Status.CLOSED, closed_at=clock.now())

    await file(office, say(cast.ana, claims=(token_claim(ticket.id, cast.ana),), is_automatic=True))
    await file(office, say(cast.ana, is_automatic=True))

    assert (await Ticket.get(id=ticket.id)).status == "closed"
    assert await Entry.all().count() == 3
    assert await Delivery.filter(kind="acknowledgement").count() == 1


async def test_an_agents_mail_answers_the_customer_in_public(office: Office, cast: Cast, say: Say) -> None:
    await file(office, say(cast.ana))
    ticket = await Ticket.get()
    await Delivery.all().delete()

    await file(office, say(cast.clara, "Reinicie, por favor.", claims=(token_claim(ticket.id, cast.clara),)))

    entry = await Entry.get(seq=2)
    assert (entry.kind, entry.visibility, entry.author_role) == ("reply", "public", "agent")
    assert (await Ticket.get()).status == "awaiting_customer"
    assert await outgoing() == {("reply", "person", cast.ana.id)}


async def test_T09_an_answer_to_an_internal_note_stays_internal(office: Office, cast: Cast, say: Say) -> None:
    await file(office, say(cast.ana))
    ticket = await Ticket.get()
    await Delivery.all().delete()

    await file(office, say(cast.clara, "segredo", claims=(token_claim(ticket.id, cast.clara, internal=True),)))

    assert (await Entry.get(seq=2)).visibility == "internal"
    assert await outgoing() == {("note_notice", "agent", cast.lia.id)}


async def test_an_agents_vacation_mail_never_reaches_the_customer(office: Office, cast: Cast, say: Say) -> None:
    await file(office, say(cast.ana))
    ticket = await Ticket.get()
    await Delivery.all().delete()

    await file(
        office, say(cast.clara, "Estou de férias", claims=(token_claim(ticket.id, cast.clara),), is_automatic=True)
    )

    assert (await Entry.get(seq=2)).visibility == "internal"
    assert await outgoing() == set()


async def test_T08_an_agent_without_a_token_of_his_own_is_held(office: Office, cast: Cast, say: Say) -> None:
    await file(office, say(cast.ana))
    ticket = await Ticket.get()

    await file(
        office,
        say(cast.clara, claims=(Claim(kind=ClaimKind.PROTOCOL, text=ticket.protocol),)),
        say(cast.clara, claims=(token_claim(ticket.id, cast.lia),)),
        say(cast.diego, claims=(token_claim(ticket.id, cast.diego),)),
    )

    assert [row.reason for row in await Held.all()] == ["no_standing"] * 3
    assert await Entry.all().count() == 1


async def test_nota_keeps_a_note_and_encerrar_closes_with_the_text(office: Office, cast: Cast, say: Say) -> None:
    await file(office, say(cast.ana))
    ticket = await Ticket.get()
    await Delivery.all().delete()
    mine = (token_claim(ticket.id, cast.clara),)

    await file(office, say(cast.clara, "#nota\nligar amanhã", claims=mine))
    assert (await Entry.get(seq=2)).visibility == "internal"
    await file(office, say(cast.clara, "#encerrar\n\nTrocamos o cabo.", claims=mine))

    ticket = await Ticket.get()
    assert (ticket.status, (await Entry.get(seq=3)).text) == ("closed", "Trocamos o cabo.")
    assert await outgoing() == {("note_notice", "agent", cast.lia.id), ("closed", "person", cast.ana.id)}


async def test_AG03_a_command_with_something_missing_does_nothing_and_tells_the_agent(
    office: Office, cast: Cast, say: Say
) -> None:
    await file(office, say(cast.ana))
    ticket = await Ticket.get()
    await Delivery.all().delete()
    mine = (token_claim(ticket.id, cast.clara),)

    await file(office, say(cast.clara, "#assumir\n#encerrar\n", claims=mine))
    await file(office, say(cast.clara, "#voar\nolá", claims=mine))

    ticket = await Ticket.get()
    assert (ticket.status, ticket.agent_id, ticket.entry_count) == ("open", None, 1)
    assert [d.kind for d in await Delivery.all()] == ["command_refused"] * 2
    assert await Intake.filter(outcome="refused", reason="invalid_fields").count() == 2


async def test_pendente_gives_its_text_as_reason_and_as_the_answer(office: Office, cast: Cast, say: Say) -> None:
    await file(office, say(cast.ana))
    ticket = await Ticket.get()
    await Delivery.all().delete()

    await file(
        office,
        say(cast.clara, "#pendente\n\nAguardamos a peça.", claims=(token_claim(ticket.id, cast.clara),)),
    )

    assert (await Ticket.get()).status == "pending"
    assert [(each.visibility, each.text) for each in await Entry.filter(seq__gt=1)] == [
        ("public", "Aguardamos a peça.")
    ]
    assert await outgoing() == {("reply", "person", cast.ana.id)}


async def test_pendente_with_its_reason_beside_it_tells_the_customer_nothing(
    office: Office, cast: Cast, say: Say
) -> None:
    await file(office, say(cast.ana))
    ticket = await Ticket.get()
    await Delivery.all().delete()

    await file(office, say(cast.clara, "#pendente aguarda peça", claims=(token_claim(ticket.id, cast.clara),)))

    assert (await Ticket.get()).status == "pending"
    assert (await Entry.get(seq=2)).visibility == "internal"
    assert await outgoing() == set()


async def test_commands_take_forward_and_rank_a_ticket(office: Office, cast: Cast, say: Say) -> None:
    await file(office, say(cast.ana))
    ticket = await Ticket.get()
    mine = (token_claim(ticket.id, cast.clara),)

    await file(office, say(cast.clara, "#assumir\n#prioridade alta", claims=mine))
    ticket = await Ticket.get()
    assert (ticket.agent_id, ticket.priority) == (cast.clara.id, "high")

    await file(office, say(cast.clara, "#encaminhar n2\n\nveja isto, Diego", claims=mine))
    ticket = await Ticket.get()
    assert (ticket.sector, ticket.agent_id) == ("n2", None)


async def test_a_call_that_only_asks_is_an_internal_note_and_opens_nothing(
    office: Office, cast: Cast, say: Say
) -> None:
    await file(office, say(cast.ana))
    ticket = await Ticket.get()
    call = {"channel": "phone", "intent": Intent.INQUIRE}

    await file(office, say(cast.ana, claims=(Claim(kind=ClaimKind.PROTOCOL, text=ticket.protocol),), **call))
    await file(office, say(cast.ana, **call))

    assert await Ticket.all().count() == 1
    assert (await Entry.get(seq=2)).visibility == "internal"


async def test_S22_what_no_database_takes_is_cleaned_before_it_gets_there(
    office: Office, cast: Cast, say: Say
) -> None:
    await file(office, say(cast.ana, "nulo \x00 e \ud800 solto", title="t\x00"))

    assert (await Entry.get()).text == "nulo  e ? solto"


async def test_blocked_agents_hear_nothing(office: Office, cast: Cast, say: Say) -> None:
    await Agent.filter(id=cast.lia.id).update(blocked=True)

    await file(office, say(cast.ana))

    assert ("agent_notice", "agent", cast.lia.id) not in await outgoing()


async def test_replies_draw_no_protocols(office: Office, cast: Cast, say: Say) -> None:
    await file(office, say(cast.ana, message_id="first@ana"))
    for _ in range(3):
        await file(office, say(cast.ana, claims=(reference("first@ana"),)))
    await file(office, say(cast.ana))

    first, second = await Ticket.all().order_by("id")
    assert (first.id, second.id) == (1, 2)
    assert int(second.protocol[8:14]) == int(first.protocol[8:14]) + 1
