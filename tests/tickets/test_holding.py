"""Quarantine and receipts: release, discard, and what a program is told of its message."""

import asyncio
import contextvars
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest

from core import clock
from core.audit import AuditRow
from core.decision import Reason
from core.deliveries import Delivery
from core.errors import Refused, Unavailable
from core.message import Authentication, Claim, ClaimKind, InboundMessage, decode
from core.people.blocks import Block
from core.people.directory import Directory
from core.people.tables import Identity, Person
from core.queues import Consumer, Publication, Queue
from core.tickets import holding, releasing
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.receipts import receipt_for, receipt_state
from core.tickets.releasing import ReleaseDesk
from core.tickets.tables import Entry, Held, Intake, Participant, Ticket
from tests.tickets.conftest import Cast, Say, acting, token_claim


class KeepingQueue:
    """A queue that only keeps what is published."""

    def __init__(self) -> None:
        self.kept: list[Publication] = []

    async def publish(self, queue: str, publications: Sequence[Publication]) -> None:
        self.kept += publications

    def consume(self, queue: str, *, limit: int, linger: timedelta) -> AbstractAsyncContextManager[Consumer]:
        raise AssertionError("nobody consumes here")


async def held_mail(office: Office, cast: Cast, message: InboundMessage) -> str:
    await file_batch([message], office, clock.now())
    for person in (cast.ana, cast.carla):
        await Identity.get_or_create(
            kind="email", key=person.email, defaults={"person": person, "created_at": clock.now()}
        )
    return str((await Held.get(state="held")).id)


def desk_with(queue: Queue, office: Office) -> ReleaseDesk:
    return ReleaseDesk(office, Directory(office.profile), queue)


async def release(office: Office, cast: Cast, held_id: str) -> InboundMessage:
    queue = KeepingQueue()
    await releasing.release(held_id, acting(cast.clara), desk_with(queue, office), clock.now())
    message = decode(queue.kept[0].body)
    assert isinstance(message, InboundMessage)
    return message


async def assert_it_stays_held(office: Office, cast: Cast, held_id: str, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        await release(office, cast, held_id)

    assert refused.value.reason is reason
    assert (await Held.get()).state == "held"


async def test_an_unproven_mail_is_listed_released_and_filed(office: Office, cast: Cast, say: Say) -> None:
    held_id = await held_mail(office, cast, say(cast.ana, "abc", held_for=Reason.SENDER_NOT_PROVEN))
    row = (await holding.list_held(office.sealing))[0]
    assert (row["id"], row["reason"], row["sender"]) == (held_id, "sender_not_proven", cast.ana.email)
    assert await Ticket.all().count() == 0

    message = await release(office, cast, held_id)
    await file_batch([message], office, clock.now())

    assert (await Entry.get()).text == "abc"
    assert (await Intake.get()).outcome == "filed"
    assert await holding.list_held(office.sealing) == []
    assert (await AuditRow.get()).action == "held.released"


async def test_a_release_handed_out_twice_files_once(office: Office, cast: Cast, say: Say) -> None:
    held_id = await held_mail(office, cast, say(cast.ana, held_for=Reason.SENDER_NOT_PROVEN))
    message = await release(office, cast, held_id)

    await file_batch([message], office, clock.now())
    await file_batch([message, message], office, clock.now())

    assert await Entry.all().count() == 1
    with pytest.raises(Refused):
        await release(office, cast, held_id)


class BusyHouse(KeepingQueue):
    """A queue whose worker is quicker than whoever published: it files at once, on a connection of its own."""

    def __init__(self, office: Office) -> None:
        super().__init__()
        self._office = office
        self._outside = contextvars.copy_context()
        self.filing: list[asyncio.Task[object]] = []

    async def publish(self, queue: str, publications: Sequence[Publication]) -> None:
        await super().publish(queue, publications)
        message = decode(publications[0].body)
        work = file_batch([message], self._office, clock.now())
        self.filing.append(asyncio.create_task(work, context=self._outside.copy()))
        await asyncio.wait(self.filing, timeout=0.5)


async def test_a_release_never_empties_what_a_quick_worker_held_again(
    office: Office, cast: Cast, say: Say
) -> None:
    await file_batch([say(cast.ana)], office, clock.now())
    claim = Claim(kind=ClaimKind.PROTOCOL, text=(await Ticket.get()).protocol)
    held_id = await held_mail(
        office, cast, say(cast.carla, "abc", claims=(claim,), held_for=Reason.SENDER_NOT_PROVEN)
    )
    house = BusyHouse(office)

    await releasing.release(held_id, acting(cast.clara), desk_with(house, office), clock.now())
    await asyncio.gather(*house.filing)

    row = await Held.get()
    assert (row.state, row.reason) == ("held", "no_standing")
    kept = decode(office.sealing.open(bytes(row.body_sealed), f"held/{row.id}"))
    assert isinstance(kept, InboundMessage)
    assert kept.text == "abc"


async def test_of_two_decisions_at_once_the_first_alone_counts(office: Office, cast: Cast, say: Say) -> None:
    held_id = await held_mail(office, cast, say(cast.ana, held_for=Reason.SENDER_NOT_PROVEN))
    actor, queue = acting(cast.clara), KeepingQueue()
    desk = desk_with(queue, office)

    outcomes = await asyncio.gather(
        *(releasing.release(held_id, actor, desk, clock.now()) for _ in range(3)),
        holding.discard(held_id, actor, office.sealing, clock.now()),
        return_exceptions=True,
    )

    refusals = [each for each in outcomes if isinstance(each, Refused)]
    assert [each.reason for each in refusals] == [Reason.NOT_FOUND] * 3
    assert await AuditRow.all().count() == 1
    assert len(queue.kept) == ((await Held.get()).state == "released")


async def test_a_release_that_could_not_be_published_is_published_later_and_filed_once(
    office: Office, cast: Cast, say: Say
) -> None:
    class Away(KeepingQueue):
        async def publish(self, queue: str, publications: Sequence[Publication]) -> None:
            raise Unavailable("the broker is away")

    held_id = await held_mail(office, cast, say(cast.ana, "abc", held_for=Reason.SENDER_NOT_PROVEN))
    await releasing.release(held_id, acting(cast.clara), desk_with(Away(), office), clock.now())

    queue, soon = KeepingQueue(), clock.now() + releasing.AGAIN_AFTER
    assert await releasing.publish_released(queue, office.sealing, clock.now()) == 0
    assert await releasing.publish_released(queue, office.sealing, soon) == 1
    await file_batch([decode(queue.kept[0].body)], office, clock.now())

    assert (await Entry.get()).text == "abc"
    assert bytes((await Held.get()).body_sealed) == b""
    assert await releasing.publish_released(queue, office.sealing, soon) == 0


async def test_of_many_releases_none_is_forgotten_behind_those_that_were_filed(
    office: Office, cast: Cast, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releasing, "_PUBLISHED_AT_ONCE", 1)
    lost, filed = [say(cast.ana, text, held_for=Reason.SENDER_NOT_PROVEN) for text in ("abc", "def")]
    for message in (lost, filed):
        freed = await release(office, cast, await held_mail(office, cast, message))
    await file_batch([freed], office, clock.now())

    queue = KeepingQueue()
    assert await releasing.publish_released(queue, office.sealing, clock.now() + releasing.AGAIN_AFTER) == 1

    assert decode(queue.kept[0].body).intake_id == lost.intake_id


async def test_a_release_whose_key_is_gone_does_not_hold_up_the_others(office: Office, cast: Cast, say: Say) -> None:
    messages = [say(cast.ana, text, held_for=Reason.SENDER_NOT_PROVEN) for text in ("abc", "def")]
    for message in messages:
        await release(office, cast, await held_mail(office, cast, message))
    await Held.filter(id=messages[0].intake_id).update(body_sealed=b"sealed by a key that is gone")

    queue = KeepingQueue()
    assert await releasing.publish_released(queue, office.sealing, clock.now() + releasing.AGAIN_AFTER) == 1

    assert decode(queue.kept[0].body).intake_id == messages[1].intake_id


async def test_a_release_whose_mail_another_copy_brought_is_published_no_more(
    office: Office, cast: Cast, say: Say
) -> None:
    held = say(cast.ana, "abc", held_for=Reason.SENDER_NOT_PROVEN)
    message = await release(office, cast, await held_mail(office, cast, held))
    copy = say(cast.ana, "abc")
    # Two workers had the two at once: neither saw the other's row.
    await file_batch([copy], office, clock.now())
    await Intake.filter(id=copy.intake_id).update(dedupe_key=f"filed:{held.dedupe_key}")

    await file_batch([message], office, clock.now())

    assert await Entry.all().count() == 1
    assert await releasing.publish_released(KeepingQueue(), office.sealing, clock.now() + releasing.AGAIN_AFTER) == 0


async def test_release_overrides_only_the_rule_that_held_it(office: Office, cast: Cast, say: Say) -> None:
    held_id = await held_mail(office, cast, say(cast.ana, held_for=Reason.SENDER_NOT_PROVEN))
    await Person.filter(id=cast.ana.id).update(may_speak=False)

    await assert_it_stays_held(office, cast, held_id, Reason.NOT_AUTHORIZED)


async def test_a_released_third_partys_mail_joins_the_ticket_it_claims(
    office: Office, cast: Cast, say: Say
) -> None:
    await file_batch([say(cast.ana)], office, clock.now())
    ticket = await Ticket.get()
    claim = Claim(kind=ClaimKind.PROTOCOL, text=ticket.protocol)
    held_id = await held_mail(office, cast, say(cast.carla, "sou da Org B", claims=(claim,)))

    await file_batch([await release(office, cast, held_id)], office, clock.now())

    assert (await Entry.get(seq=2)).author_id == cast.carla.id


async def test_a_released_message_held_by_another_rule_loses_nothing(office: Office, cast: Cast, say: Say) -> None:
    await file_batch([say(cast.ana)], office, clock.now())
    ticket = await Ticket.get()
    claim = Claim(kind=ClaimKind.PROTOCOL, text=ticket.protocol)
    held_id = await held_mail(
        office, cast, say(cast.carla, "abc", claims=(claim,), held_for=Reason.SENDER_NOT_PROVEN)
    )

    await file_batch([await release(office, cast, held_id)], office, clock.now())

    row = await Held.get()
    assert (row.state, row.reason) == ("held", "no_standing")
    await file_batch([await release(office, cast, held_id)], office, clock.now())
    assert (await Entry.get(seq=2)).text == "abc"


async def test_T08_an_unproven_agent_is_never_released(office: Office, cast: Cast, say: Say) -> None:
    await file_batch([say(cast.ana)], office, clock.now())
    ticket = await Ticket.get()
    forged = say(cast.clara, claims=(token_claim(ticket.id, cast.clara),), held_for=Reason.SENDER_NOT_PROVEN)
    held_id = await held_mail(office, cast, forged)

    await assert_it_stays_held(office, cast, held_id, Reason.SENDER_NOT_PROVEN)


async def test_an_agents_mail_released_without_his_token_stays_internal(
    office: Office, cast: Cast, say: Say
) -> None:
    await file_batch([say(cast.ana)], office, clock.now())
    ticket = await Ticket.get()
    await Delivery.all().delete()
    claim = Claim(kind=ClaimKind.PROTOCOL, text=ticket.protocol)
    held_id = await held_mail(office, cast, say(cast.clara, "resposta", claims=(claim,)))

    await file_batch([await release(office, cast, held_id)], office, clock.now())

    assert (await Entry.get(seq=2)).visibility == "internal"
    assert await Delivery.exclude(recipient_kind="agent").count() == 0


async def test_a_discarded_message_is_gone_and_its_row_remains(office: Office, cast: Cast, say: Say) -> None:
    held_id = await held_mail(office, cast, say(cast.ana, held_for=Reason.SENDER_NOT_PROVEN))

    await holding.discard(held_id, acting(cast.clara), office.sealing, clock.now())

    row = await Held.get()
    assert (row.state, bytes(row.body_sealed)) == ("discarded", b"")
    for unknown in (held_id, "nonsense", "01a203ce-0000-7000-8000-000000000000"):
        with pytest.raises(Refused):
            await holding.discard(unknown, acting(cast.clara), office.sealing, clock.now())


async def test_what_no_key_opens_any_more_is_listed_and_can_be_discarded(office: Office, cast: Cast, say: Say) -> None:
    held_id = await held_mail(office, cast, say(cast.ana, held_for=Reason.SENDER_NOT_PROVEN))
    await Held.all().update(body_sealed=b"of a key that is gone", sender_sealed=b"of a key that is gone")

    assert [row["sender"] for row in await holding.list_held(office.sealing)] == [""]
    with pytest.raises(Unavailable):
        await release(office, cast, held_id)
    await holding.discard(held_id, acting(cast.clara), office.sealing, clock.now())

    assert (await Held.get()).state == "discarded"


async def test_a_receipt_tells_its_own_token_alone(office: Office, cast: Cast, say: Say) -> None:
    message = say(cast.ana, channel="form", token_id=7)
    receipt = receipt_for(message.intake_id, 7, office.signing)
    assert await receipt_state(receipt, 7, office.signing) == {"state": "queued"}

    await file_batch([message], office, clock.now())

    state = await receipt_state(receipt, 7, office.signing)
    assert state is not None and state["state"] == "filed"
    assert state["protocol"] == (await Ticket.get()).protocol
    assert await receipt_state(receipt, 8, office.signing) is None
    assert await receipt_state("forged-receipt", 7, office.signing) is None


async def test_a_message_that_two_rules_hold_is_released_by_two_decisions(office: Office, cast: Cast, say: Say) -> None:
    infected = say(
        cast.ana, "abc", held_for=Reason.INFECTED, flags=("infected",), authentication=Authentication.NONE
    )
    held_id = await held_mail(office, cast, infected)

    with pytest.raises(Refused) as refused:
        await release(office, cast, held_id)
    assert refused.value.reason is Reason.SENDER_NOT_PROVEN
    row = await Held.get()
    assert (row.state, row.reason) == ("held", "sender_not_proven")
    assert await AuditRow.filter(action="held.overridden.infected").count() == 1

    message = await release(office, cast, held_id)
    await file_batch([message], office, clock.now())
    assert (await Entry.get()).text == "abc"


async def test_IN16_a_sender_blocked_since_is_not_released(office: Office, cast: Cast, say: Say) -> None:
    held_id = await held_mail(office, cast, say(cast.ana, held_for=Reason.SENDER_NOT_PROVEN))
    await Block.create(
        kind="address", key_hash=office.signing.pseudonym(cast.ana.email), shown_sealed=b"", reason="abuso",
        created_by="system", created_at=clock.now(),
    )  # fmt: skip

    await assert_it_stays_held(office, cast, held_id, Reason.BLOCKED_SENDER)


async def test_T07_whoever_is_released_into_anothers_ticket_is_heard_and_told_nothing(
    office: Office, cast: Cast, say: Say
) -> None:
    await file_batch([say(cast.ana)], office, clock.now())
    ticket = await Ticket.get()
    foreign = say(cast.carla, "abc", claims=(token_claim(ticket.id, cast.ana),))
    message = await release(office, cast, await held_mail(office, cast, foreign))
    await file_batch([message], office, clock.now())

    assert [each.author_id for each in await Entry.all().order_by("seq")] == [cast.ana.id, cast.carla.id]
    assert await Participant.all().count() == 0
