"""Agents who are blocked, moved or lose their telephone: every door closes at once (W06)."""

import asyncio

import pyotp
import pytest

from core.audit import AuditRow
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people import changing_agents, second_factor, sessions, tokens, totp
from core.people.actor import SYSTEM
from core.people.actors import actor_of
from core.people.agents import NewAgent, add
from core.people.changing_agents import Post
from core.people.tables import Agent
from tests.people.cast import NOW, PROFILE, load_cast

CLARA, ROOT, SECOND = "clara@instituicoes.example", "root@instituicoes.example", "second@instituicoes.example"


@pytest.fixture
async def clara(database):
    await load_cast()
    return await Agent.get(email=CLARA)


async def assign(agent, post, actor=SYSTEM):
    return await changing_agents.assign(agent, post, PROFILE, actor, now=NOW)


async def test_W06_a_blocked_agent_is_nobody_by_cookie_and_by_token_until_unblocked(clara):
    begun, token = await sessions.open_session(clara, NOW), await tokens.issue_agent_token(CLARA)

    await changing_agents.block(clara, SYSTEM, NOW)
    assert await sessions.session_for(begun.cookie, NOW) is None
    assert await tokens.bearer(token) is None

    await changing_agents.unblock(clara, SYSTEM, NOW)
    assert await sessions.session_for(begun.cookie, NOW) is None
    assert await tokens.bearer(token)


async def test_W06_another_role_ends_sessions_and_is_audited_with_what_it_was(clara):
    begun = await sessions.open_session(clara, NOW)

    await assign(clara, Post("lead", "n2"))

    assert await sessions.session_for(begun.cookie, NOW) is None
    (row,) = await AuditRow.filter(action="agent_assigned")
    assert (row.before, row.after) == (
        "role=agent sector=n1 blocked=no", "role=lead sector=n2 blocked=no",
    )  # fmt: skip


async def test_the_same_post_again_changes_nothing(clara):
    begun = await sessions.open_session(clara, NOW)

    await assign(clara, Post("agent", "n1"))

    assert await sessions.session_for(begun.cookie, NOW)
    assert not await AuditRow.exists(action="agent_assigned")


@pytest.mark.parametrize("post", [Post("chief", "n1"), Post("agent"), Post("agent", "nowhere")])
async def test_a_post_that_the_desk_does_not_have_is_refused(clara, post):
    with pytest.raises(InvalidFields):
        await assign(clara, post)


@pytest.mark.parametrize("act", ["assign", "block"])
async def test_the_desk_keeps_its_last_admin(clara, act):
    root = await Agent.get(email=ROOT)

    with pytest.raises(Refused) as refused:
        await (assign(root, Post("agent", "n1")) if act == "assign" else changing_agents.block(root, SYSTEM, NOW))

    assert refused.value.reason is Reason.LAST_ADMINISTRATOR
    assert (await Agent.get(email=ROOT)).role == "admin"


async def test_of_two_admins_who_block_each_other_at_once_one_stays(clara):
    second = await add(NewAgent(SECOND, role="admin"), PROFILE, SYSTEM, NOW)
    root = await Agent.get(email=ROOT)
    for _ in range(10):
        await asyncio.gather(
            changing_agents.block(second, SYSTEM, NOW), assign(root, Post("agent", "n1")), return_exceptions=True
        )

        assert await Agent.filter(role="admin", blocked=False).count() == 1
        for agent in (root, second):
            await changing_agents.unblock(agent, SYSTEM, NOW)
            await assign(agent, Post("admin"))


async def test_only_the_desks_admin_changes_agents_and_resets_factors(clara):
    for act in (
        lambda: changing_agents.block(clara, actor_of(clara), NOW),
        lambda: changing_agents.unblock(clara, actor_of(clara), NOW),
        lambda: assign(clara, Post("admin"), actor_of(clara)),
        lambda: second_factor.reset(clara, actor_of(clara), NOW),
    ):
        with pytest.raises(Refused) as refused:
            await act()
        assert refused.value.reason is Reason.NOT_AUTHORIZED


async def test_a_lost_telephone_is_reset_by_the_desks_admin_and_ends_sessions(clara, office):
    key, root = totp.new_key(), await Agent.get(email=ROOT)
    await second_factor.enrol(clara, key, pyotp.TOTP(key).at(NOW), office.sealing, NOW)
    begun = await sessions.open_session(clara, NOW, has_shown_code=True)

    await second_factor.reset(clara, actor_of(root), NOW)
    await second_factor.reset(clara, actor_of(root), NOW)

    assert await sessions.session_for(begun.cookie, NOW) is None
    assert not (await sessions.open_session(await Agent.get(email=CLARA), NOW)).awaits_code
    (row,) = await AuditRow.filter(action="second_factor_removed")
    assert (row.actor, row.before, row.after) == (f"agent:{root.id}", "totp", "none")
