"""Bearer tokens of programs: an agent's, a user's, a form's."""

from core import clock
from core.audit import record
from core.database import transaction
from core.errors import InvalidFields
from core.people.actor import SYSTEM, Actor
from core.people.lookup import agent_by_email, person_by_email
from core.people.secret_texts import digest_of, new_secret
from core.people.tables import AccessToken
from core.profile import Profile


async def issue_agent_token(email: str, *, actor: Actor = SYSTEM) -> str:
    """A new token of an agent, told only now; raises `InvalidFields` for an unknown address."""
    agent = await agent_by_email(email)

    return await _issue(AccessToken(kind="agent", agent_id=agent.id), actor)


async def issue_user_token(email: str, *, actor: Actor = SYSTEM) -> str:
    """A new token of a user, told only now; raises `InvalidFields` for an unknown address."""
    person = await person_by_email(email)

    return await _issue(AccessToken(kind="user", person_id=person.id), actor)


async def issue_form_token(form: str, *, verified: bool = True, actor: Actor = SYSTEM) -> str:
    """A new token for posting `form`; `require_form` says whether the profile knows it."""
    return await _issue(AccessToken(kind="form", form=form, verified=verified), actor)


def require_form(form: str, profile: Profile) -> None:
    """Raise `InvalidFields` unless it is a form, or an unofficial channel that has an exception."""
    rule = profile.channels.get(form)
    if profile.form(form) is None and not (rule and rule.exceptions):
        raise InvalidFields({"form": ["the profile has no such form"]})


async def _issue(token: AccessToken, actor: Actor) -> str:
    secret = new_secret()
    token.digest = digest_of(secret)
    token.created_at = clock.now()
    async with transaction():
        await token.save()
        await record(
            actor.audit_name, "token_issued", f"token:{token.id}", token.created_at, token.kind, after=_shown(token)
        )
    return secret


def _shown(token: AccessToken) -> str:
    """Whose it is and what it is good for, in words of the audit."""
    if token.kind == "form":
        return f"form={token.form} verified={'yes' if token.verified else 'no'}"
    return f"agent:{token.agent_id}" if token.agent_id else f"person:{token.person_id}"


async def bearer(secret: str) -> AccessToken | None:
    """The token with its agent or person; None when unknown, revoked, or its owner is blocked."""
    token = (
        await AccessToken.filter(digest=digest_of(secret), revoked_at=None)
        .select_related("agent", "person")
        .first()
    )
    if token is None or _is_blocked(token):
        return None
    return token


def _is_blocked(token: AccessToken) -> bool:
    owner = token.agent or token.person
    return owner is not None and owner.blocked
