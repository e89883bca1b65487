"""The administrators' daily letter: once for each message, at most once a day, and it names nobody."""

import asyncio
from datetime import datetime, timedelta

import pytest

from core import clock
from core.deliveries import Delivery, DeliveryKind, DeliveryState
from core.people import persons
from core.people.actor import SYSTEM
from core.people.persons import NewPerson
from core.people.tables import Person
from core.settings import Settings
from core.tickets import colleagues
from core.tickets.colleagues_digest import tell_administrators
from core.tickets.letters import PostOffice
from core.tickets.office import Office
from gateway.channels.email_out import EmailOut
from gateway.dispatch import deliver
from gateway.scheduler import drop_expired
from tests.harness.outbox import read_outbox
from tests.outgoing.conftest import outbox_settings
from tests.people.cast import load_cast
from tests.portal.held import NEW, acting, hold
from tests.portal.test_colleagues import ADM, KeepingQueue

__all__ = ["outbox_settings"]

KEEP_FOR = timedelta(days=30)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
async def _cast(office: Office) -> None:
    await load_cast()


async def told(now: datetime) -> int:
    return await tell_administrators(KeepingQueue(), KEEP_FOR, now)


async def test_nobody_is_written_to_while_nothing_waits(office: Office) -> None:
    assert await told(clock.now()) == 0


async def test_one_letter_for_all_that_waits_and_none_again(office: Office) -> None:
    await hold(office)
    await hold(office, "outra@org-a.example")
    now, queue = clock.now(), KeepingQueue()

    assert await tell_administrators(queue, KEEP_FOR, now) == 1
    assert [await told(now + days * DAY) for days in (0, 1, 2, 20)] == [0, 0, 0, 0]

    letter = await Delivery.get()
    assert (letter.kind, letter.recipient_id) == (DeliveryKind.COLLEAGUES_DIGEST, (await acting(ADM)).id)
    assert len(queue.kept) == 1


async def test_what_comes_the_same_day_waits_for_the_next_letter(office: Office) -> None:
    now = clock.now()
    await hold(office)
    await told(now)
    await hold(office, "outra@org-a.example")

    assert await told(now + DAY - timedelta(minutes=1)) == 0
    assert await told(now + DAY) == 1
    assert await told(now + 2 * DAY) == 0


async def test_a_day_without_anything_said_costs_no_memory_of_what_was_told(office: Office) -> None:
    now = clock.now()
    await hold(office)
    await told(now)
    await drop_expired(now + 3 * DAY)

    assert await told(now + 3 * DAY) == 0


async def test_every_administrator_of_that_organization_has_one_and_nobody_else(office: Office) -> None:
    for email, organization in (("adm2@org-a.example", "Org A"), ("chefe@org-b.example", "Org B")):
        await persons.add(NewPerson(email, organization, role="admin"), office.profile, SYSTEM, clock.now())
    await persons.add(NewPerson("adm3@org-a.example", "Org A", role="admin"), office.profile, SYSTEM, clock.now())
    await Person.filter(email="adm3@org-a.example").update(blocked=True)
    await hold(office)

    assert await told(clock.now()) == 2
    recipients = {(await Person.get(id=each.recipient_id)).email for each in await Delivery.all()}
    assert recipients == {ADM, "adm2@org-a.example"}


async def test_an_organization_without_administrators_is_told_once_it_has_one(office: Office) -> None:
    await hold(office, "alguem@org-b.example", "Org B")
    assert await told(clock.now()) == 0

    await persons.add(NewPerson("chefe@org-b.example", "Org B", role="admin"), office.profile, SYSTEM, clock.now())
    assert await told(clock.now()) == 1


async def test_what_was_decided_before_is_not_told_of(office: Office) -> None:
    held = await hold(office)
    await colleagues.dismiss(str(held.id), await acting(ADM), office.sealing, clock.now())

    assert await told(clock.now()) == 0


async def test_several_schedulers_at_once_write_one_letter(office: Office) -> None:
    await hold(office)
    now = clock.now()

    assert sum(await asyncio.gather(*(told(now) for _ in range(5)))) == 1
    assert await Delivery.all().count() == 1


async def test_the_letter_leads_to_the_page_and_names_nobody(office: Office, outbox_settings: Settings) -> None:
    await hold(office)
    await told(clock.now())
    post = PostOffice(office.profile, office.signing, outbox_settings.base_url)
    email = EmailOut(outbox_settings, post, office.blobs)
    await deliver([(await Delivery.get()).id], email, office)

    [sent] = read_outbox(outbox_settings.data_dir / "outbox")
    text = sent.message.get_content()
    assert sent.to == ADM and f"{outbox_settings.base_url}/portal/people" in text
    assert [word for word in (NEW, "Novo Colega", "Acesso ao boletim", "texto-secreto") if word in text] == []


async def test_a_letter_to_whoever_stopped_administering_is_withheld(office: Office, outbox_settings: Settings) -> None:
    await hold(office)
    await told(clock.now())
    await Person.filter(email=ADM).update(administers=False)
    post = PostOffice(office.profile, office.signing, outbox_settings.base_url)
    email = EmailOut(outbox_settings, post, office.blobs)
    await deliver([(await Delivery.get()).id], email, office)

    assert (await Delivery.get()).state == DeliveryState.WITHHELD
    assert read_outbox(outbox_settings.data_dir / "outbox") == []
