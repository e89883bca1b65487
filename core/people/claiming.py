"""Whose an address or a telephone may become: nobody else's, none of the desk's, none of another organization's."""

from core.errors import InvalidFields
from core.people.actor import Actor, ActorKind
from core.people.addresses import canonical_phone
from core.people.lookup import require_free_address, require_not_ours
from core.people.tables import Identity, OrganizationDomain
from core.profile import Profile


async def require_address(key: str, organization_id: int, profile: Profile, actor: Actor) -> None:
    """Raise `InvalidFields` unless somebody of the organization may have the canonical address.

    An organization's administrator claims none of the desk's or of another organization's domain; the
    desk's own admin knows what he does.
    """
    require_not_ours(key, profile)
    if actor.kind is ActorKind.PERSON:
        await _require_domain(key.partition("@")[2], organization_id, profile)
    await require_free_address(key)


async def _require_domain(domain: str, organization_id: int, profile: Profile) -> None:
    labels = domain.split(".")
    above = [".".join(labels[at:]) for at in range(len(labels))]
    is_foreign = await OrganizationDomain.filter(domain__in=above).exclude(organization_id=organization_id).exists()
    if is_foreign or profile.mail_domain in above:
        raise InvalidFields({"email": ["the domain belongs to another organization"]})


def canonical_telephone(text: str) -> str:
    """The canonical key of a telephone; raises `InvalidFields` when it is none."""
    key = canonical_phone(text)
    if key is None:
        raise InvalidFields({"phone": ["not a telephone number"]})
    return key


async def require_free_telephone(key: str) -> None:
    """Raise `InvalidFields` when somebody has it."""
    if await Identity.exists(kind="phone", key=key):
        raise InvalidFields({"phone": ["somebody already has this telephone"]})
