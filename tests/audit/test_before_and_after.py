"""Every change tells who, when, on what, before and after, and is undone where that cannot be told."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from core import audit, profiles_applied
from core.audit import AuditRow
from core.decision import Reason
from core.idempotency import Said
from core.keys import SealingKeys
from core.people import agents, blocks, link_codes, tokens
from core.people.actor import Actor, ActorKind
from core.people.agents import NewAgent
from core.people.blocks import Block, Keys, NewBlock
from core.people.tables import AccessToken, Agent, Identity, LinkCode, Organization, Person
from core.profiles_applied import AppliedProfile
from core.tickets import holding
from core.tickets.office import Office
from core.tickets.tables import Held
from tests.audit.moments import NOW
from webhooks.unofficial import note_unofficial

ROOT = Actor(ActorKind.AGENT, id=901, role="admin")
HELD_ID = "018f0000-0000-7000-8000-000000000001"
TABLES = (AccessToken, Agent, Block, LinkCode, Identity, AppliedProfile, Held, Said)
EVER, DAY = None, timedelta(days=1)


@dataclass
class World:
    """The office, and the acts of its admin."""

    office: Office

    async def block(self, lasts=EVER) -> None:
        keys = Keys(self.office.signing, self.office.sealing)
        await blocks.add(NewBlock("spam.example", "golpe", lasts), self.office.profile, keys, ROOT, NOW)

    async def unblock(self) -> None:
        await blocks.remove("spam.example", Keys(self.office.signing, self.office.sealing), ROOT, NOW)

    async def link(self) -> None:
        code = await link_codes.issue("ana@org-a.example", NOW, actor=ROOT)
        await link_codes.redeem(code, "guiche:7", NOW)

    async def hold(self, reason: Reason = Reason.NO_STANDING) -> None:
        sealed = SealingKeys.seal(self.office.sealing, b"x", f"held/{HELD_ID}")
        await Held.create(
            id=HELD_ID, reason=reason.value, channel="email", sender_sealed=sealed, body_sealed=sealed,
            dedupe_key="a", received_at=NOW - timedelta(days=400),
        )  # fmt: skip

    async def add_agent(self) -> None:
        await agents.add(NewAgent("diego@instituicoes.example", "n2", role="lead"), self.office.profile, ROOT, NOW)


@pytest.fixture
async def world(office) -> World:
    await Agent.create(id=901, email="root@instituicoes.example", name="Root", sector="", role="admin", created_at=NOW)
    organization = await Organization.create(name="Org A", created_at=NOW)
    ana = await Person.create(
        id=903, organization=organization, name="Ana", email="ana@org-a.example", role="key_user", may_speak=True,
        created_at=NOW,
    )  # fmt: skip
    await Identity.create(person=ana, kind="email", key="ana@org-a.example", created_at=NOW)
    return World(office)


async def nothing(_: World) -> None:
    pass


# What stands before, the change, and what its row says: actor, action, object's kind, before, after.
CHANGES = {
    "an agent is added": (nothing, World.add_agent, ("agent:901", "agent_added", "agent", "", "sector=n2 role=lead")),
    "an agent's token": (
        nothing, lambda _: tokens.issue_agent_token("root@instituicoes.example", actor=ROOT),
        ("agent:901", "token_issued", "token", "", "agent:901"),
    ),
    "a user's token": (
        nothing, lambda _: tokens.issue_user_token("ana@org-a.example", actor=ROOT),
        ("agent:901", "token_issued", "token", "", "person:903"),
    ),
    "a form's token": (
        nothing, lambda _: tokens.issue_form_token("contato", verified=False, actor=ROOT),
        ("agent:901", "token_issued", "token", "", "form=contato verified=no"),
    ),
    "a block": (nothing, World.block, ("agent:901", "blocked", "block", "", "domain until=ever")),
    "a block again": (
        World.block, lambda world: world.block(DAY),
        ("agent:901", "blocked", "block", "domain until=ever", "domain until=2026-11-23T12:00:00+00:00"),
    ),
    "no block any more": (World.block, World.unblock, ("agent:901", "unblocked", "block", "domain until=ever", "")),
    "a link code": (
        nothing, lambda _: link_codes.issue("ana@org-a.example", NOW, actor=ROOT),
        ("agent:901", "link_code_issued", "person", "", ""),
    ),
    "a discarded mail": (
        World.hold, lambda world: holding.discard(HELD_ID, ROOT, world.office.sealing, NOW),
        ("agent:901", "held.discarded", HELD_ID, "held reason=no_standing", "discarded"),
    ),
    "an expired mail": (
        World.hold, lambda world: holding.expire(world.office, NOW),
        ("system", "held.expired", HELD_ID, "held reason=no_standing", "expired"),
    ),
    "an unofficial channel": (nothing, lambda _: note_unofficial("whatsapp"), ("system", "unofficial_channel", "whatsapp", "", "")),
    "a profile": (
        nothing, lambda _: profiles_applied.apply("p", "a = 1", "agent:901", NOW),
        ("agent:901", "profile_applied", "profile", "", "p b5bc1ffd"),
    ),
    "another version of it": (
        lambda _: profiles_applied.apply("p", "a = 1", "agent:901", NOW),
        lambda _: profiles_applied.apply("p", "a = 2", "agent:901", NOW),
        ("agent:901", "profile_applied", "profile", "p b5bc1ffd", "p d6caeea6"),
    ),
}  # fmt: skip


async def rows() -> list[object]:
    return [await table.all().order_by(table._meta.pk_attr).values() for table in TABLES]


@pytest.mark.parametrize(("before", "change", "told"), CHANGES.values(), ids=CHANGES)
async def test_a_change_is_audited_with_before_and_after(world, before, change, told) -> None:
    await before(world)
    await change(world)

    row = (await AuditRow.all().order_by("-id").limit(1))[0]
    object_kind = row.object_id.partition(":")[0]
    assert (row.actor, row.action, object_kind) == told[:3]
    if row.action == "profile_applied":
        assert [row.before[:10], row.after[:10]] == list(told[3:])
    else:
        assert [row.before, row.after] == list(told[3:])
    assert row.action == "unofficial_channel" or row.at >= NOW


@pytest.mark.parametrize(("before", "change", "_"), CHANGES.values(), ids=CHANGES)
async def test_a_change_that_cannot_be_audited_does_not_happen(world, monkeypatch, before, change, _) -> None:
    await before(world)
    was = await rows()

    async def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(audit.AuditRow, "save", fail)
    monkeypatch.setattr(audit, "insert_many", fail)
    with pytest.raises(ZeroDivisionError):
        await change(world)

    assert await rows() == was


async def test_a_linked_chat_is_named_by_the_identity_it_became(world) -> None:
    await world.link()

    row = await AuditRow.get(action="telegram_linked")
    identity = await Identity.get(kind="telegram")
    assert (row.actor, row.object_id, row.after) == ("person:903", "person:903", f"identity={identity.id}")


async def test_no_row_holds_an_address_a_domain_or_a_reason_somebody_wrote(world) -> None:
    for change in (World.block, World.link, World.add_agent, World.unblock):
        await change(world)

    text = str(await AuditRow.all().values())
    assert not [word for word in ("example", "golpe", "Ana", "guiche:7") if word in text]
