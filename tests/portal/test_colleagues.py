"""What waits for an organization's administrator: who may decide about it, and what then becomes of it."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta

import pytest

from core import clock
from core.audit import AuditRow
from core.decision import Reason
from core.deliveries import Delivery
from core.errors import Refused
from core.keys import Key, SealingKeys
from core.message import decode
from core.people import granting, persons
from core.people.actor import SYSTEM
from core.people.directory import Directory
from core.people.persons import NewPerson
from core.people.tables import Person
from core.queues import Consumer, Publication
from core.tickets import colleagues, holding
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.releasing import ReleaseDesk
from core.tickets.tables import Entry, Held, Ticket
from tests.people.cast import load_cast
from tests.portal.held import NEW, acting, hold

ADM = "adm@org-a.example"


class KeepingQueue:
    """A queue that only keeps what is published."""

    def __init__(self) -> None:
        self.kept: list[Publication] = []

    async def publish(self, queue: str, publications: Sequence[Publication]) -> None:
        self.kept += publications

    def consume(self, queue: str, *, limit: int, linger: timedelta) -> AbstractAsyncContextManager[Consumer]:
        raise AssertionError("nobody consumes here")


@pytest.fixture(autouse=True)
async def _cast(office: Office) -> None:
    await load_cast()


def desk_of(office: Office) -> tuple[ReleaseDesk, KeepingQueue]:
    queue = KeepingQueue()
    return ReleaseDesk(office, Directory(office.profile), queue), queue


async def authorise(office: Office, held: Held, who: str = ADM) -> Reason | None:
    """Let `who` authorise, and file what was released as a worker would."""
    desk, queue = desk_of(office)
    stopped_by = await colleagues.authorise(str(held.id), await acting(who), desk, clock.now())
    await file_batch([decode(each.body) for each in queue.kept], office, clock.now())
    return stopped_by


async def test_the_administrator_sees_who_wrote_when_and_about_what_and_never_the_text(office: Office) -> None:
    held = await hold(office)
    await hold(office, "alguem@org-b.example", "Org B")
    org_a = (await acting(ADM)).organization_id

    [shown] = await colleagues.waiting_in(org_a or 0, office.sealing)
    assert (shown.held_id, shown.name, shown.email) == (str(held.id), "Novo Colega", NEW)
    assert (shown.channel, shown.subject, shown.at) == ("email", "Acesso ao boletim", held.received_at)
    assert "texto-secreto" not in repr(shown)


async def test_operators_see_it_in_the_quarantine_too(office: Office) -> None:
    await hold(office)

    assert [row["reason"] for row in await holding.list_held(office.sealing)] == ["awaiting_administrator"]


async def test_an_unregistered_colleague_becomes_a_key_user_and_his_message_a_ticket(office: Office) -> None:
    held = await hold(office)

    assert await authorise(office, held) is None

    person = await Person.get(email=NEW)
    assert (person.role, person.may_speak, person.name) == ("key_user", True, "Novo Colega")
    assert person.organization_id == (await acting(ADM)).organization_id and not person.administers
    ticket = await Ticket.get()
    assert (ticket.requester_id, ticket.title) == (person.id, "Acesso ao boletim")
    assert await Entry.filter(text="texto-secreto").count() == 1
    assert await Delivery.filter(kind="acknowledgement", recipient_id=person.id).count() == 1
    assert (await Held.get(id=held.id)).decided_by == (await acting(ADM)).audit_name
    assert {"user_added", "held.released"} <= set(await AuditRow.all().values_list("action", flat=True))


async def test_a_registered_reader_is_authorized_and_keeps_his_name(office: Office) -> None:
    before = await Person.get(email="bruno@org-a.example")
    held = await hold(office, before.email)

    assert await authorise(office, held) is None

    bruno = await Person.get(email=before.email)
    assert (bruno.id, bruno.name, bruno.may_speak) == (before.id, before.name, True)
    assert (await Ticket.get()).requester_id == bruno.id


async def test_all_that_waits_of_him_is_released_with_it_and_nothing_of_others(office: Office) -> None:
    await hold(office, subject="Primeira")
    held = await hold(office, subject="Segunda")
    other = await hold(office, "outra@org-a.example")

    await authorise(office, held)

    assert set(await Ticket.all().values_list("title", flat=True)) == {"Primeira", "Segunda"}
    assert [row.id for row in await Held.filter(state="held")] == [other.id]


FOREIGN = [
    "carla@org-b.example", "ana@org-a.example", "bruno@org-a.example", "clara@instituicoes.example",
    "lia@instituicoes.example", "dora@instituicoes.example", "chefe@org-b.example",
]  # fmt: skip


@pytest.mark.parametrize("who", FOREIGN)
async def test_T22_to_anybody_else_there_is_nothing(office: Office, who: str) -> None:
    await persons.add(NewPerson("chefe@org-b.example", "Org B", role="admin"), office.profile, SYSTEM, clock.now())
    held = await hold(office)
    desk, queue = desk_of(office)

    with pytest.raises(Refused) as authorising:
        await colleagues.authorise(str(held.id), await acting(who), desk, clock.now())
    with pytest.raises(Refused) as dismissing:
        await colleagues.dismiss(str(held.id), await acting(who), office.sealing, clock.now())
    assert {authorising.value.reason, dismissing.value.reason} == {Reason.NOT_FOUND}

    assert (await Held.get()).state == "held" and queue.kept == []
    assert not await Person.exists(email=NEW)


async def test_the_desks_own_admin_may_decide_too(office: Office) -> None:
    assert await authorise(office, await hold(office), "root@instituicoes.example") is None

    assert (await Ticket.get()).title == "Acesso ao boletim"


@pytest.mark.parametrize("who", [ADM, "root@instituicoes.example"])
@pytest.mark.parametrize("reason", [Reason.SENDER_NOT_PROVEN, Reason.NO_STANDING, Reason.INFECTED])
async def test_what_is_held_for_another_reason_is_no_matter_of_colleagues(
    office: Office, reason: Reason, who: str
) -> None:
    held = await hold(office, held_for=reason)
    assert held.organization_id is None

    with pytest.raises(Refused) as refused:
        await authorise(office, held, who)

    assert refused.value.reason is Reason.NOT_FOUND
    assert not await Person.exists(email=NEW)


async def test_S4_20_without_a_place_of_the_quota_nothing_changes(office: Office) -> None:
    await granting.authorize("bruno@org-a.example", office.profile, SYSTEM, clock.now())
    held = await hold(office)

    with pytest.raises(Refused) as refused:
        await authorise(office, held)

    assert refused.value.reason is Reason.KEY_USER_QUOTA
    assert (await Held.get()).state == "held"
    assert not await Person.exists(email=NEW)


async def test_another_rule_keeps_the_message_though_he_is_authorized(office: Office) -> None:
    held = await hold(office, flags=("infected",))

    assert await authorise(office, held) is Reason.INFECTED

    row = await Held.get()
    assert (row.state, row.reason, row.organization_id) == ("held", "infected", None)
    assert (await Person.get(email=NEW)).may_speak
    assert await Ticket.all().count() == 0
    with pytest.raises(Refused):
        await colleagues.dismiss(str(held.id), await acting(ADM), office.sealing, clock.now())


async def test_who_loses_the_right_before_it_is_filed_waits_for_the_desk_and_for_nobody_else(office: Office) -> None:
    held = await hold(office)
    desk, queue = desk_of(office)
    await colleagues.authorise(str(held.id), await acting(ADM), desk, clock.now())
    await granting.revoke(NEW, SYSTEM, clock.now())
    await file_batch([decode(each.body) for each in queue.kept], office, clock.now())

    row = await Held.get()
    assert (row.state, row.reason, row.organization_id) == ("held", "no_standing", None)
    assert await Ticket.all().count() == 0


async def test_a_blocked_user_is_not_authorized_by_the_way(office: Office) -> None:
    held = await hold(office, "bruno@org-a.example")
    await granting.block("bruno@org-a.example", SYSTEM, clock.now())

    with pytest.raises(Refused) as refused:
        await authorise(office, held)

    assert refused.value.reason is Reason.INVALID_FIELDS
    assert not (await Person.get(email="bruno@org-a.example")).may_speak


async def test_somebody_who_has_become_another_organizations_is_not_authorized(office: Office) -> None:
    held = await hold(office)
    await persons.add(NewPerson(NEW, "Org B"), office.profile, SYSTEM, clock.now())

    with pytest.raises(Refused) as refused:
        await authorise(office, held)

    assert refused.value.reason is Reason.INVALID_FIELDS
    assert not (await Person.get(email=NEW)).may_speak


async def test_a_dismissed_message_is_gone_and_its_author_nobody(office: Office) -> None:
    held = await hold(office)

    await colleagues.dismiss(str(held.id), await acting(ADM), office.sealing, clock.now())

    row = await Held.get()
    assert (row.state, bytes(row.body_sealed)) == ("discarded", b"")
    assert not await Person.exists(email=NEW)
    assert await Delivery.all().count() == 0
    with pytest.raises(Refused) as refused:
        await authorise(office, held)
    assert refused.value.reason is Reason.NOT_FOUND


async def test_one_whose_key_is_gone_is_listed_and_can_only_be_dismissed(office: Office) -> None:
    held = await hold(office)
    blind = replace(office, sealing=SealingKeys([Key("later", b"1" * 32)]))

    [shown] = await colleagues.waiting_in(held.organization_id or 0, blind.sealing)
    await colleagues.dismiss(shown.held_id, await acting(ADM), blind.sealing, clock.now())

    assert (shown.email, shown.subject) == ("", "")
    assert (await Held.get()).state == "discarded"


@pytest.mark.parametrize("held_id", ["", "x", "00000000-0000-7000-8000-000000000000", "../held"])
async def test_what_names_no_message_is_not_found(office: Office, held_id: str) -> None:
    with pytest.raises(Refused) as refused:
        await colleagues.dismiss(held_id, await acting(ADM), office.sealing, clock.now())

    assert refused.value.reason is Reason.NOT_FOUND


async def test_an_administrator_who_has_stopped_being_one_decides_nothing(office: Office) -> None:
    held = await hold(office)
    await Person.filter(email=ADM).update(administers=False)

    with pytest.raises(Refused) as refused:
        await authorise(office, held)

    assert refused.value.reason is Reason.NOT_FOUND
