"""A token that got lost: it opens nothing from its next request on, and the audit says who ended it (W06)."""

import pytest

from core.audit import AuditRow
from core.decision import Reason
from core.errors import Refused
from core.people.actor import SYSTEM
from core.people.actors import actor_of
from core.people.tables import AccessToken, Agent
from core.people.token_rows import revoke_token
from core.people.tokens import issue_agent_token
from tests.people.cast import NOW

CLARA = "clara@instituicoes.example"


async def test_W06_a_revoked_token_opens_nothing_and_its_owners_others_go_on(house):
    lost, kept = await house.agent("clara"), {"Authorization": f"Bearer {await issue_agent_token(CLARA)}"}
    row = await AccessToken.filter(kind="agent").order_by("id").first()

    await revoke_token(row.id, SYSTEM, NOW)

    for headers, status in ((lost, 401), (kept, 200)):
        async with house.http.get("/api/v1/tickets", headers=headers) as answer:
            assert answer.status == status
    noted = await AuditRow.get(action="token_revoked")
    assert (noted.actor, noted.object_id, noted.before, noted.after) == ("system", f"token:{row.id}", "valid", "revoked")


@pytest.mark.parametrize(("name", "reason"), [("clara", Reason.NOT_AUTHORIZED), ("root", Reason.NOT_FOUND)])
async def test_W10_only_the_desks_admin_ends_tokens_and_only_those_there_are(house, name, reason):
    await house.agent("clara")
    actor = actor_of(await Agent.get(email=f"{name}@instituicoes.example"))

    with pytest.raises(Refused) as refused:
        await revoke_token(999, actor, NOW)

    assert refused.value.reason is reason
    assert not await AuditRow.exists(action="token_revoked")
