"""Two rows that are one person: what the one gives to the other, who loses what, and the way back."""

import pytest

from core import clock
from core.audit import AuditRow
from core.decision import Reason
from core.deliveries import Delivery
from core.errors import InvalidFields, Refused
from core.ids import new_id
from core.people import granting, identities, link_codes, person_rows, persons, tokens
from core.people.actor import SYSTEM
from core.people.identities import NewIdentity
from core.people.persons import NewPerson
from core.people.tables import Identity, Person, PersonMerge, Session
from core.tickets import joining_persons, parting_persons
from core.tickets.tables import Event, Participant, Ticket
from tests.people.cast import NOW, PROFILE

ANA, ADM, BRUNO, CARLA = "ana@org-a.example", "adm@org-a.example", "bruno@org-a.example", "carla@org-b.example"
DOUBLE = "ana.silva@org-a.example"


@pytest.fixture
async def two(house):
    """Ana, and her double who is a key user with a telephone, a chat and a ticket of his own."""
    double = await persons.add(NewPerson(DOUBLE, "Org A", "Ana Silva", "21 99876-5432", "key_user"), PROFILE, SYSTEM, NOW)
    await link_codes.redeem(await link_codes.issue(DOUBLE, NOW), "guiche:42", NOW)
    return double, await Person.get(email=ANA)


async def keys_of(person):
    return {each.key for each in await Identity.filter(person_id=person.id)}


async def test_identities_tickets_and_participations_move_and_each_log_says_so(house, two):
    double, ana = two
    own, shared, both = [await house.file(who=who) for who in (DOUBLE, ANA, CARLA)]
    for ticket, person in ((shared, double), (both, double), (both, ana)):
        await Participant.create(ticket=ticket, person=person, added_by="agent:1", added_at=NOW)

    await joining_persons.merge(double.id, ana.id, SYSTEM, clock.now())

    assert await keys_of(ana) == {ANA, "+5511912345678", DOUBLE, "+5521998765432", "guiche:42"}
    assert await keys_of(double) == set()
    assert (await Ticket.get(id=own.id)).requester_id == ana.id
    assert {(each.ticket_id, each.person_id) for each in await Participant.all()} == {
        (shared.id, ana.id), (both.id, ana.id),
    }  # fmt: skip
    for ticket, field in ((own, "requester_id"), (shared, "participant_id"), (both, "participant_id")):
        event = await Event.filter(ticket_id=ticket.id).order_by("-version").first()
        assert (event.kind, event.changes) == ("persons_merged", {field: [str(double.id), str(ana.id)]})
    row = await AuditRow.get(action="persons_merged")
    assert row.object_id == f"person:{double.id}"
    async with house.http.get(f"/api/v1/tickets/{own.protocol}/log", headers=await house.agent("root")) as answer:
        logged = (await answer.json())["items"][-1]
    assert (logged["field"], logged["before"], logged["after"]) == ("requester", DOUBLE, ANA)


async def test_the_doubles_token_and_sessions_end_and_his_place_is_free(house, two):
    double, ana = two
    token = await tokens.issue_user_token(DOUBLE)
    await Session.create(
        digest="x" * 64, person=double, csrf_token="y", created_at=clock.now(), expires_at=clock.now().replace(year=2099)
    )

    merged = await joining_persons.merge(double.id, ana.id, SYSTEM, NOW)

    assert await tokens.bearer(token) is None
    assert not await Session.exists(person_id=double.id)
    await parting_persons.undo(merged.id, PROFILE, SYSTEM, NOW)
    assert await tokens.bearer(token) is None
    await joining_persons.merge(double.id, ana.id, SYSTEM, NOW)
    assert (await granting.authorize(BRUNO, PROFILE, SYSTEM, NOW)).may_speak


async def test_what_has_not_left_yet_goes_to_the_one_who_stays_but_never_twice(house, two):
    double, ana = two
    await house.file(who=DOUBLE)
    first = await Delivery.get(recipient_id=double.id)
    same = {"event_id": first.event_id, "kind": "reply", "channel": "email", "recipient_kind": "person"}
    for person in (double, ana):
        await Delivery.create(id=new_id(), recipient_id=person.id, next_try_at=NOW, created_at=NOW, **same)
    sent = await Delivery.create(
        id=new_id(), recipient_id=double.id, next_try_at=NOW, created_at=NOW, **{**same, "kind": "closed"}, state="sent"
    )

    await joining_persons.merge(double.id, ana.id, SYSTEM, NOW)

    assert (await Delivery.get(id=first.id)).recipient_id == ana.id
    assert (await Delivery.get(id=sent.id)).recipient_id == double.id
    assert await Delivery.filter(kind="reply", recipient_id=ana.id).count() == 1


async def test_rights_never_grow_by_a_merge(house, two):
    double, _ = two
    bruno = await Person.get(email=BRUNO)

    await joining_persons.merge(double.id, bruno.id, SYSTEM, NOW)

    merged = await Person.get(id=bruno.id)
    assert (merged.role, merged.may_speak, merged.scopes) == ("reader", False, "")


async def test_no_list_shows_a_double_and_no_id_finds_him(house, two):
    double, ana = two
    adm, organization_id = await house.customer(ADM), ana.organization_id
    await joining_persons.merge(double.id, ana.id, SYSTEM, NOW)

    assert DOUBLE not in [row["email"] for row in await person_rows.list_all()]
    path = f"/api/v1/organizations/{organization_id}/users"
    async with house.http.get(path, headers=adm) as answer:
        assert double.id not in [each["id"] for each in (await answer.json())["items"]]
    for method, end, body in (
        ("GET", "", None), ("PATCH", "", {"blocked": False}), ("GET", "/identities", None),
        ("POST", "/identities", {"kind": "phone", "value": "31 99876-5432"}), ("POST", "/merge", {"into": ana.id}),
    ):  # fmt: skip
        async with house.http.request(method, f"{path}/{double.id}{end}", json=body, headers=adm) as answer:
            assert (method, end, answer.status) == (method, end, 404)
    assert (await Person.get(id=double.id)).blocked


async def test_undoing_puts_everything_back_that_is_still_there(house, two):
    double, ana = two
    first, second = [await house.file(who=DOUBLE) for _ in range(2)]
    shared, both, left = await house.file(who=ANA), await house.file(who=CARLA), await house.file(who=CARLA)
    for ticket, person in ((shared, double), (both, double), (both, ana), (left, double), (left, ana)):
        await Participant.create(ticket=ticket, person=person, added_by="agent:1", added_at=NOW)
    merged = await joining_persons.merge(double.id, ana.id, SYSTEM, NOW)
    await Participant.filter(ticket=left).delete()
    later = await house.file(who=ANA)
    # One ticket has gone to somebody else meanwhile, and one telephone is nobody's any more.
    await Ticket.filter(id=second.id).update(requester_id=(await Person.get(email=ADM)).id)
    await identities.remove(ana.id, (await Identity.get(key="+5521998765432")).id, SYSTEM, NOW)

    back = await parting_persons.undo(merged.id, PROFILE, SYSTEM, NOW)

    assert (back.role, back.may_speak, back.blocked, back.merged_into_id) == ("key_user", True, False, None)
    assert back.scopes == double.scopes
    assert await keys_of(double) == {DOUBLE, "guiche:42"}
    assert await keys_of(ana) == {ANA, "+5511912345678"}
    assert (await Ticket.get(id=first.id)).requester_id == double.id
    assert (await Ticket.get(id=second.id)).requester_id not in (double.id, ana.id)
    assert (await Ticket.get(id=later.id)).requester_id == ana.id
    # Whoever took part himself goes on doing so, and the double takes part again beside him.
    assert {(each.ticket_id, each.person_id, each.added_by) for each in await Participant.all()} == {
        (shared.id, double.id, "agent:1"), (both.id, double.id, "agent:1"), (both.id, ana.id, "agent:1"),
    }  # fmt: skip
    event = await Event.filter(ticket_id=both.id).order_by("-version").first()
    assert (event.kind, event.changes) == ("merge_undone", {"participant_id": [None, str(double.id)]})
    assert (await Event.filter(ticket_id=first.id).order_by("-version").first()).kind == "merge_undone"
    merged_row, undone_row = [await AuditRow.get(action=each) for each in ("persons_merged", "merge_undone")]
    assert (merged_row.before, merged_row.after) == (undone_row.after, undone_row.before)
    assert undone_row.object_id == f"person:{double.id}" and "role=key_user" in undone_row.after


async def test_a_merge_is_undone_once_and_not_past_a_later_one(house, two):
    double, ana = two
    first = await joining_persons.merge(double.id, ana.id, SYSTEM, NOW)
    second = await joining_persons.merge(ana.id, (await Person.get(email=BRUNO)).id, SYSTEM, NOW)

    with pytest.raises(InvalidFields):
        await parting_persons.undo(first.id, PROFILE, SYSTEM, NOW)
    await parting_persons.undo(second.id, PROFILE, SYSTEM, NOW)
    await parting_persons.undo(first.id, PROFILE, SYSTEM, NOW)
    with pytest.raises(InvalidFields):
        await parting_persons.undo(first.id, PROFILE, SYSTEM, NOW)

    assert await keys_of(double) == {DOUBLE, "+5521998765432", "guiche:42"}
    assert await keys_of(ana) == {ANA, "+5511912345678"}


async def test_S4_20_undoing_needs_the_place_that_was_given_away(house, two):
    double, ana = two
    merged = await joining_persons.merge(double.id, ana.id, SYSTEM, NOW)
    await granting.authorize(BRUNO, PROFILE, SYSTEM, NOW)

    with pytest.raises(Refused) as refused:
        await parting_persons.undo(merged.id, PROFILE, SYSTEM, NOW)

    assert refused.value.reason is Reason.KEY_USER_QUOTA
    assert await keys_of(double) == set()


async def test_a_main_address_taken_meanwhile_comes_back_and_one_of_somebody_else_stops_the_undoing(house, two):
    double, ana = two
    merged = await joining_persons.merge(double.id, ana.id, SYSTEM, NOW)
    await identities.remove(ana.id, (await Identity.get(key=DOUBLE)).id, SYSTEM, NOW)
    bruno = await Person.get(email=BRUNO)
    taken = await identities.add(NewIdentity(bruno.id, "email", DOUBLE), PROFILE, SYSTEM, NOW)

    with pytest.raises(InvalidFields):
        await parting_persons.undo(merged.id, PROFILE, SYSTEM, NOW)
    assert (await Person.get(id=double.id)).merged_into_id == ana.id
    await identities.remove(bruno.id, taken.id, SYSTEM, NOW)
    await parting_persons.undo(merged.id, PROFILE, SYSTEM, NOW)

    assert DOUBLE in await keys_of(double)


async def test_S4_16_the_last_administrator_is_merged_into_nobody_who_is_none(house):
    adm, ana = await Person.get(email=ADM), await Person.get(email=ANA)

    with pytest.raises(Refused) as refused:
        await joining_persons.merge(adm.id, ana.id, SYSTEM, NOW)

    assert refused.value.reason is Reason.LAST_ADMINISTRATOR
    eva = await persons.add(NewPerson("eva@org-a.example", "Org A", role="admin"), PROFILE, SYSTEM, NOW)
    await joining_persons.merge(adm.id, eva.id, SYSTEM, NOW)


@pytest.mark.parametrize("into", ["himself", "a foreigner", "nobody", "somebody blocked"])
async def test_who_cannot_be_one_stays_two(house, two, into):
    double, ana = two
    if into == "somebody blocked":
        await granting.block(ANA, SYSTEM, NOW)
    ids = {
        "himself": double.id, "a foreigner": (await Person.get(email=CARLA)).id, "nobody": 999_999,
        "somebody blocked": ana.id,
    }  # fmt: skip

    with pytest.raises(InvalidFields) as invalid:
        await joining_persons.merge(double.id, ids[into], SYSTEM, NOW)

    assert list(invalid.value.errors) == ["into"]
    assert not await PersonMerge.all().exists()


async def test_an_administrator_merges_and_undoes_through_the_api(house, two):
    double, ana = two
    path, headers = f"/api/v1/organizations/{ana.organization_id}", await house.customer(ADM)

    for into in (str(ana.id), True, 10**17, -1):
        async with house.http.post(f"{path}/users/{double.id}/merge", json={"into": into}, headers=headers) as answer:
            assert (answer.status, list((await answer.json())["errors"])) == (422, ["into"])
    async with house.http.post(f"{path}/users/{double.id}/merge", json={"into": ana.id}, headers=headers) as answer:
        merged = await answer.json()
    async with house.http.get(f"{path}/merges", headers=headers) as answer:
        assert (await answer.json())["items"] == [merged]
    async with house.http.post(f"{path}/merges/{merged['id']}/undo", headers=headers) as answer:
        back = await answer.json()
    async with house.http.post(f"{path}/merges/{merged['id']}/undo", headers=headers) as answer:
        assert answer.status == 422

    assert (merged["user"], merged["into"], merged["undone_at"]) == (double.id, ana.id, None)
    assert (back["id"], back["email"], back["role"]) == (double.id, DOUBLE, "key_user")


async def test_T22_a_merge_of_another_organization_is_not_found(house, two):
    double, ana = two
    merged = await joining_persons.merge(double.id, ana.id, SYSTEM, NOW)
    chefe = await persons.add(NewPerson("chefe@org-b.example", "Org B", role="admin"), PROFILE, SYSTEM, NOW)
    path = f"/api/v1/organizations/{chefe.organization_id}/merges/{merged.id}/undo"

    for headers in (await house.customer("chefe@org-b.example"), await house.agent("root")):
        async with house.http.post(path, headers=headers) as answer:
            assert answer.status == 404
