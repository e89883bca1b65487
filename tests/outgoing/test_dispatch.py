"""A delivery leaves once, to whoever may still have it, and its row says what became of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core import clock
from core.attachments import FileBlobs, keep
from core.deliveries import Delivery, DeliveryKind, DeliveryState, announced, next_try, seal_recipient
from core.idempotency import IdempotencyKey, Said, first_time
from core.ids import new_id
from core.message import INLINE_LIMIT, Attachment
from core.people.tables import Session
from core.settings import Settings
from core.tickets.acting import ActionBody, act
from core.tickets.intake import file_batch
from core.tickets.letters import Facts, PostOffice
from core.tickets.office import Office
from core.tickets.replying import EntryDraft, add_entry
from core.tickets.tables import Entry, Event, Participant, Ticket
from gateway.channels import email_out
from gateway.channels.email_out import EmailOut
from gateway.channels.failure import SendFailed
from gateway.delivering import BEGIN_WITHIN, LEASE, note_failure, note_sent, put_back, take
from gateway.dispatch import deliver
from gateway.scheduler import announce_due, drop_expired
from tests.fakes.relay import fake_relay
from tests.harness.outbox import SentMail, read_outbox
from tests.outgoing.conftest import NOW
from tests.tickets.conftest import Cast, Say, acting

CANARY = "canary-77aa"


class Failing:
    """A channel that fails as told, then takes everything."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.sent: list[Facts] = []

    async def send(self, facts: Facts) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(facts)

    async def close(self) -> None: ...


@pytest.fixture
def email(office: Office, outbox_settings: Settings) -> EmailOut:
    return EmailOut(outbox_settings, PostOffice(office.profile, office.signing, outbox_settings.base_url), office.blobs)


async def opened(office: Office, cast: Cast, say: Say, **more: object) -> Ticket:
    await file_batch([say(cast.ana, text="Meu boleto", title="Boleto", **more)], office, clock.now())
    return await Ticket.all().order_by("-id").first()


async def ids(**which: object) -> list:
    return [each.id for each in await Delivery.filter(**which).order_by("id")]


def outbox(settings: Settings) -> list[SentMail]:
    return read_outbox(settings.data_dir / "outbox")


async def test_a_new_ticket_is_acknowledged_and_its_sector_told(
    office: Office, cast: Cast, say: Say, email: EmailOut, outbox_settings: Settings
) -> None:
    ticket = await opened(office, cast, say, message_id="first@ana")
    await deliver(await ids(), email, office)
    sent = {mail.to: mail for mail in outbox(outbox_settings)}
    assert set(sent) == {cast.ana.email, cast.clara.email, cast.lia.email}
    assert sent[cast.ana.email].subject == f"[Protocolo {ticket.protocol}]"
    assert sent[cast.ana.email]["In-Reply-To"] == "<first@ana>"
    assert "+" in sent[cast.ana.email].return_path
    assert {each.state for each in await Delivery.all()} == {DeliveryState.SENT}


async def test_each_file_of_the_outbox_begins_with_its_envelope(
    office: Office, cast: Cast, say: Say, email: EmailOut, outbox_settings: Settings
) -> None:
    await opened(office, cast, say)
    await deliver(await ids(), email, office)
    for mail in outbox(outbox_settings):
        assert mail.raw.startswith(b"Return-Path: <")
        assert mail.raw.split(b"\n")[1] == f"Delivered-To: {mail.to}".encode()
        assert mail["To"].endswith(f"{mail.to}>") or mail["To"] == mail.to


async def test_a_delivery_heard_of_twice_leaves_once(office: Office, cast: Cast, say: Say) -> None:
    await opened(office, cast, say)
    channel = Failing()
    every = await ids()
    await deliver([*every, *every], channel, office)
    await deliver(every, channel, office)
    assert len(channel.sent) == len(every)


async def test_one_reader_gets_what_concerns_one_ticket_in_its_order(office: Office, cast: Cast, say: Say) -> None:
    class FirstIsSlow(Failing):
        async def send(self, facts: Facts) -> None:
            if facts.delivery.kind == DeliveryKind.ACKNOWLEDGEMENT:
                await asyncio.sleep(0.3)
            await super().send(facts)

    channel, ticket = FirstIsSlow(), await opened(office, cast, say)
    await add_entry(ticket.protocol, EntryDraft("Segue o boleto."), acting(cast.clara), office)
    await deliver(await ids(), channel, office)
    to_ana = [facts.delivery.kind for facts in channel.sent if facts.delivery.recipient_kind == "person"]
    assert to_ana == [DeliveryKind.ACKNOWLEDGEMENT, DeliveryKind.REPLY]


@pytest.mark.parametrize("outcome", ["failed", "put back"])
async def test_an_outcome_that_comes_after_the_lease_changes_nothing(
    office: Office, cast: Cast, say: Say, outcome: str
) -> None:
    await opened(office, cast, say)
    [ours] = await take(await ids(kind="acknowledgement"), clock.now())
    [theirs] = await take([ours.id], clock.now() + LEASE)
    await note_sent(theirs, clock.now())

    if outcome == "failed":
        await note_failure(ours, SendFailed("the relay does not answer"), "Ana", office, clock.now())
    else:
        await put_back(ours, clock.now())

    assert (await Delivery.get(id=ours.id)).state == DeliveryState.SENT


async def test_a_store_that_hangs_ends_a_send_before_its_lease_ends(
    office: Office, cast: Cast, say: Say, outbox_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hanging(FileBlobs):
        async def get(self, digest: str) -> bytes | None:
            await asyncio.Event().wait()

    assert timedelta(seconds=email_out.WHOLE_SECONDS) + BEGIN_WITHIN < LEASE
    monkeypatch.setattr(email_out, "WHOLE_SECONDS", 0.1)
    ticket = await opened(office, cast, say)
    blob = await keep(office.blobs, b"x" * (INLINE_LIMIT + 1))
    file = Attachment(filename="a.bin", content_type="application/octet-stream", blob=blob)
    await add_entry(ticket.protocol, EntryDraft("Segue.", attachments=(file,)), acting(cast.clara), office)
    post = PostOffice(office.profile, office.signing, outbox_settings.base_url)
    channel = EmailOut(outbox_settings, post, Hanging(outbox_settings.data_dir / "blobs"))

    await asyncio.wait_for(deliver(await ids(kind="reply"), channel, office), 10)

    assert (await Delivery.get(kind="reply")).state == DeliveryState.RETRYING


async def test_two_dispatchers_never_take_the_same_delivery(office: Office, cast: Cast, say: Say) -> None:
    await opened(office, cast, say)
    first = await take(await ids(), clock.now())
    assert len(first) == 3
    assert await take(await ids(), clock.now()) == []


async def test_O11_what_a_crash_left_uncertain_is_tried_again_after_its_lease(
    office: Office, cast: Cast, say: Say
) -> None:
    await opened(office, cast, say)
    now = clock.now()
    await take(await ids(), now)
    assert {each.state for each in await Delivery.all()} == {DeliveryState.UNCERTAIN}
    again = await take(await ids(), now + timedelta(minutes=6))
    assert {each.attempts for each in again} == {2}


async def test_a_delivery_that_waited_too_long_for_its_turn_is_left_to_whoever_is_free(
    office: Office, cast: Cast, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened(office, cast, say)
    monkeypatch.setattr("gateway.delivering.BEGIN_WITHIN", -timedelta(seconds=1))
    channel = Failing()
    await deliver(await ids(), channel, office)
    assert channel.sent == []
    assert {(each.state, each.attempts) for each in await Delivery.all()} == {("queued", 0)}
    monkeypatch.undo()
    await deliver(await ids(), channel, office)
    assert len(channel.sent) == 3


async def test_O12_a_temporary_failure_is_tried_again_within_a_minute(office: Office, cast: Cast, say: Say) -> None:
    await opened(office, cast, say)
    which = (await ids(kind=DeliveryKind.ACKNOWLEDGEMENT))[:1]
    channel = Failing(SendFailed("the relay answered 451 4.3.0"))
    await deliver(which, channel, office)
    row = await Delivery.get(id=which[0])
    assert (row.state, row.attempts, row.last_error) == ("retrying", 1, "the relay answered 451 4.3.0")
    assert row.next_try_at - clock.now() <= timedelta(seconds=60)
    await Delivery.filter(id=row.id).update(next_try_at=clock.now())
    await deliver(which, channel, office)
    row = await Delivery.get(id=which[0])
    assert (row.state, row.attempts, row.last_error) == ("sent", 2, None)


async def test_a_channel_that_asks_for_patience_gets_it(office: Office, cast: Cast, say: Say) -> None:
    await opened(office, cast, say)
    which = (await ids())[:1]
    await deliver(which, Failing(SendFailed("slow down", retry_after=timedelta(hours=2))), office)
    row = await Delivery.get(id=which[0])
    assert row.next_try_at - clock.now() > timedelta(hours=1)


async def test_O13_a_permanent_failure_is_said_on_the_ticket_and_mailed_to_nobody(
    office: Office, cast: Cast, say: Say
) -> None:
    ticket = await opened(office, cast, say)
    which = await ids(kind=DeliveryKind.ACKNOWLEDGEMENT)
    before = await Delivery.all().count()
    await deliver(which, Failing(SendFailed("the relay answered 550 5.1.1", permanent=True)), office)
    row = await Delivery.get(id=which[0])
    assert (row.state, row.last_error) == ("failed", "the relay answered 550 5.1.1")
    said = await Entry.filter(ticket_id=ticket.id).order_by("-seq").first()
    assert (said.kind, said.visibility, said.author_role) == ("system", "internal", "system")
    assert "550 5.1.1" in said.text
    event = await Event.filter(ticket_id=ticket.id).order_by("-version").first()
    assert event.kind == "delivery_failed"
    assert await Delivery.all().count() == before


async def test_after_five_days_a_delivery_is_given_up(office: Office, cast: Cast, say: Say) -> None:
    await opened(office, cast, say)
    which = await ids(kind=DeliveryKind.ACKNOWLEDGEMENT)
    await Delivery.filter(id=which[0]).update(created_at=clock.now() - timedelta(days=5, minutes=1))
    await deliver(which, Failing(SendFailed("the relay does not answer")), office)
    assert (await Delivery.get(id=which[0])).state == "failed"


async def test_a_mistake_of_ours_loses_no_mail(office: Office, cast: Cast, say: Say) -> None:
    await opened(office, cast, say)
    which = (await ids())[:1]
    await deliver(which, Failing(KeyError("ana@org-a.example")), office)
    row = await Delivery.get(id=which[0])
    assert row.state == "retrying"
    assert "ana" not in str(row.last_error)


BACKOFF = [
    (1, timedelta(0), timedelta(seconds=30)),
    (2, timedelta(minutes=1), timedelta(minutes=1)),
    (5, timedelta(hours=1), timedelta(minutes=8)),
    (11, timedelta(days=1), timedelta(hours=8)),
    (500, timedelta(days=4), timedelta(hours=8)),
    (1, timedelta(days=5), None),
]


@pytest.mark.parametrize(("attempts", "age", "pause"), BACKOFF)
def test_O12_pauses_double_to_eight_hours_for_five_days(
    attempts: int, age: timedelta, pause: timedelta | None
) -> None:
    expected = None if pause is None else NOW + pause
    assert next_try(attempts, NOW - age, NOW) == expected


async def replied(office: Office, cast: Cast, ticket: Ticket, text: str = "Resposta", **more: object) -> list:
    await add_entry(ticket.protocol, EntryDraft(text, **more), acting(cast.clara), office)
    return await ids(kind=DeliveryKind.REPLY)


async def test_a_reply_reaches_each_party_in_a_mail_of_its_own(
    office: Office, cast: Cast, say: Say, email: EmailOut, outbox_settings: Settings
) -> None:
    ticket = await opened(office, cast, say)
    await Participant.create(ticket=ticket, person=cast.bea, added_by="rule", added_at=clock.now())
    await deliver(await replied(office, cast, ticket, CANARY), email, office)
    mails = outbox(outbox_settings)
    assert sorted(mail.to for mail in mails) == [cast.ana.email, cast.bea.email]
    for mail in mails:
        assert CANARY in mail.text
        other = cast.bea.email if mail.to == cast.ana.email else cast.ana.email
        assert other.encode() not in mail.raw
        assert cast.clara.email.encode() not in mail.raw


async def test_O04_who_is_no_party_any_more_gets_nothing(
    office: Office, cast: Cast, say: Say, email: EmailOut, outbox_settings: Settings
) -> None:
    ticket = await opened(office, cast, say)
    part = await Participant.create(ticket=ticket, person=cast.carla, added_by="agent:1", added_at=clock.now())
    which = await replied(office, cast, ticket)
    await part.delete()
    await deliver(which, email, office)
    assert [mail.to for mail in outbox(outbox_settings)] == [cast.ana.email]
    row = await Delivery.get(recipient_id=cast.carla.id, kind=DeliveryKind.REPLY)
    assert row.state == "withheld"


@pytest.mark.parametrize("loss", [{"blocked": True}, {"may_speak": False}])
async def test_who_lost_the_right_to_speak_gets_nothing(
    office: Office, cast: Cast, say: Say, email: EmailOut, outbox_settings: Settings, loss: dict[str, bool]
) -> None:
    ticket = await opened(office, cast, say)
    which = await replied(office, cast, ticket)
    await cast.ana.update_from_dict(loss).save()
    await deliver(which, email, office)
    assert outbox(outbox_settings) == []


async def test_O19_an_agent_whose_sector_it_is_no_more_is_not_told(
    office: Office, cast: Cast, say: Say, email: EmailOut, outbox_settings: Settings
) -> None:
    await opened(office, cast, say)
    await cast.clara.update_from_dict({"sector": "n2"}).save()
    await deliver(await ids(kind=DeliveryKind.AGENT_NOTICE), email, office)
    assert [mail.to for mail in outbox(outbox_settings)] == [cast.lia.email]


async def test_O01_an_internal_note_reaches_agents_and_nobody_else(
    office: Office, cast: Cast, say: Say, email: EmailOut, outbox_settings: Settings
) -> None:
    ticket = await opened(office, cast, say)
    await add_entry(ticket.protocol, EntryDraft(CANARY, "internal"), acting(cast.clara), office)
    await replied(office, cast, ticket, "Para o cliente")
    await act(ticket.protocol, "close", ActionBody(fields={"resolution": "Feito"}), acting(cast.clara), office)
    await deliver(await ids(), email, office)
    mails = outbox(outbox_settings)
    told = {mail.to for mail in mails if CANARY in mail.text}
    assert told == {cast.lia.email}
    assert len([mail for mail in mails if mail.to == cast.ana.email]) == 3


@pytest.mark.parametrize("visibility", ["public", "internal"])
async def test_O15_only_a_public_entrys_files_go_to_the_customer(
    office: Office, cast: Cast, say: Say, email: EmailOut, outbox_settings: Settings, visibility: str
) -> None:
    ticket = await opened(office, cast, say)
    files = []
    for content in (CANARY.encode(), CANARY.encode() * 10_000):
        blob = await keep(office.blobs, content)
        files.append(Attachment(filename="relatório.pdf", content_type="application/pdf", blob=blob))
    draft = EntryDraft("Segue", visibility, attachments=tuple(files))
    await add_entry(ticket.protocol, draft, acting(cast.clara), office)
    await deliver(await ids(), email, office)
    carried = [mail.to for mail in outbox(outbox_settings) for _ in mail.message.iter_attachments()]
    assert carried == ([cast.ana.email] * 2 if visibility == "public" else [])


async def test_a_retry_after_a_crash_makes_no_second_file(
    office: Office, cast: Cast, say: Say, email: EmailOut, outbox_settings: Settings
) -> None:
    await opened(office, cast, say)
    which = await ids(kind=DeliveryKind.ACKNOWLEDGEMENT)
    await deliver(which, email, office)
    before = outbox(outbox_settings)
    await Delivery.filter(id=which[0]).update(state="uncertain", next_try_at=clock.now())
    await deliver(which, email, office)
    assert [mail.raw for mail in outbox(outbox_settings)] == [mail.raw for mail in before]


async def test_I7_the_message_id_is_the_same_at_every_try(
    office: Office, cast: Cast, say: Say, outbox_settings: Settings
) -> None:
    await opened(office, cast, say)
    which = await ids(kind=DeliveryKind.ACKNOWLEDGEMENT)
    async with fake_relay() as fake:
        settings = replace(outbox_settings, relay_url=fake.url)
        post = PostOffice(office.profile, office.signing, settings.base_url)
        email = EmailOut(settings, post, office.blobs)
        fake.script.append("drop")
        await deliver(which, email, office)
        await Delivery.filter(id=which[0]).update(next_try_at=clock.now())
        await deliver(which, email, office)
        await email.close()
    assert len(fake.taken) == 2
    assert fake.taken[0].content == fake.taken[1].content
    assert not (outbox_settings.data_dir / "outbox").exists()


class Announced:
    """A queue that only remembers what was announced."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def publish(self, queue: str, publications: list) -> None:
        self.said += [str(each) for one in publications for each in announced(one.body)]


async def test_the_scheduler_announces_what_is_due_and_not_what_waits(office: Office, cast: Cast, say: Say) -> None:
    await opened(office, cast, say)
    now = clock.now()
    due, waiting, lost = await ids()
    await Delivery.filter(id=due).update(state="retrying", next_try_at=now)
    await Delivery.filter(id=waiting).update(state="retrying", next_try_at=now + timedelta(minutes=1))
    await Delivery.filter(id=lost).update(next_try_at=now - timedelta(minutes=1))
    queue = Announced()
    await announce_due(queue, {}, now)
    assert sorted(queue.said) == sorted([str(due), str(lost)])


async def test_a_scheduler_does_not_repeat_itself_while_a_dispatcher_is_slow(
    office: Office, cast: Cast, say: Say
) -> None:
    await opened(office, cast, say)
    now = clock.now()
    await Delivery.all().update(state="retrying", next_try_at=now)
    queue, said_lately = Announced(), {}
    await announce_due(queue, said_lately, now)
    await announce_due(queue, said_lately, now + timedelta(seconds=2))
    assert len(queue.said) == 3
    await announce_due(queue, said_lately, now + timedelta(seconds=40))
    assert len(queue.said) == 6


async def test_an_outbox_that_cannot_be_written_is_tried_again(
    office: Office, cast: Cast, say: Say, email: EmailOut, tmp_path: Path
) -> None:
    await opened(office, cast, say)
    (tmp_path / "outbox").write_text("in the way")
    which = (await ids())[:1]
    await deliver(which, email, office)
    assert (await Delivery.get(id=which[0])).state == "retrying"


async def test_a_question_for_an_address_goes_out_only_while_the_form_is_held(
    office: Office, email: EmailOut, outbox_settings: Settings
) -> None:
    now = clock.now()
    delivery = await Delivery.create(
        id=new_id(), kind=DeliveryKind.CONFIRM_ADDRESS, channel="email", recipient_kind="address",
        recipient_sealed=seal_recipient(office.sealing, "who@x.example"), detail=str(new_id()), next_try_at=now,
        created_at=now,
    )
    await deliver([delivery.id], email, office)
    assert outbox(outbox_settings) == []
    assert (await Delivery.get(id=delivery.id)).state == "withheld"


async def test_what_expired_is_forgotten_and_what_runs_is_kept(office: Office, cast: Cast) -> None:
    now = clock.now()
    for name, until in (("over", now - timedelta(days=2)), ("running", now + timedelta(hours=1))):
        assert await first_time(name, now - timedelta(days=3), until)
        await IdempotencyKey.create(key=name, body_digest="", created_at=now, expires_at=until)
        await Session.create(digest=name, person=cast.ana, csrf_token="x", created_at=now, expires_at=until)
    await drop_expired(now)
    assert await Said.all().values_list("key", flat=True) == ["running"]
    assert await IdempotencyKey.all().values_list("key", flat=True) == ["running"]
    assert await Session.all().values_list("digest", flat=True) == ["running"]


async def test_O15_a_ticket_closed_with_a_note_sends_none_of_the_notes_files(
    office: Office, cast: Cast, say: Say, email: EmailOut, outbox_settings: Settings
) -> None:
    ticket = await opened(office, cast, say)
    note = Attachment(filename="a.pdf", content_type="application/pdf", blob=await keep(office.blobs, b"interno"))
    await add_entry(ticket.protocol, EntryDraft("Só nós", "internal", (note,)), acting(cast.clara), office)
    internal = await Entry.get(visibility="internal")
    await act(ticket.protocol, "close", ActionBody(fields={"resolution": "Feito"}), acting(cast.clara), office)
    which = await ids(kind=DeliveryKind.CLOSED)
    await Delivery.filter(id__in=which).update(entry_id=internal.id)
    await deliver(which, email, office)
    mail = outbox(outbox_settings)[0]
    assert list(mail.message.iter_attachments()) == []
    assert "Só nós" not in mail.text
