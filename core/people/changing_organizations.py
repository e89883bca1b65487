"""Changing what is known of an organization: the desk's own admin alone does it."""

from collections.abc import Callable
from datetime import datetime

from tortoise.exceptions import IntegrityError

from core.audit import record
from core.database import transaction
from core.decision import Reason
from core.errors import Refused
from core.message import Override
from core.people.actor import Actor
from core.people.administering import lock, require_desk_admin
from core.people.organizations import (
    NewOrganization,
    canonical_data,
    name_is_taken,
    require_fit,
    require_free_board,
    require_free_domains,
)
from core.people.overrides import overrides_of, spelled
from core.people.tables import Organization, OrganizationDomain
from core.profile import Profile

Edit = Callable[[NewOrganization], NewOrganization]


async def change(organization_id: int, edit: Edit, profile: Profile, actor: Actor, *, now: datetime) -> Organization:
    """Make of what is said of the organization what `edit` makes of it; a smaller quota takes nobody's place.

    Raises `Refused(NOT_FOUND)`, and `InvalidFields` as `organizations.add` does.
    """
    require_desk_admin(actor)

    try:
        async with transaction():
            await lock(organization_id, actor)
            organization = await organization_by_id(organization_id)
            before = await _said_of(organization)
            said = canonical_data(edit(before))
            require_fit(said, profile, now)
            await require_free_board(said.board_mailbox, organization.id)
            await require_free_domains(said.domains, organization.id)

            await _write(organization, said)
            await record(
                actor.audit_name, "organization_changed", f"organization:{organization.id}", now,
                _differing(before, said), before=_audited(before), after=_audited(said),
            )  # fmt: skip
    except IntegrityError as error:
        raise name_is_taken() from error
    return organization


async def organization_by_id(organization_id: int) -> Organization:
    """The organization, or `Refused(NOT_FOUND)`."""
    organization = await Organization.get_or_none(id=organization_id)
    if organization is None:
        raise Refused(Reason.NOT_FOUND)
    return organization


async def _said_of(organization: Organization) -> NewOrganization:
    domains = await OrganizationDomain.filter(organization_id=organization.id).order_by("domain")
    return NewOrganization(
        organization.name, tuple(each.domain for each in domains), organization.document, organization.key_user_quota,
        organization.board_mailbox, overrides_of(organization.overrides),
    )  # fmt: skip


async def _write(organization: Organization, said: NewOrganization) -> None:
    organization.name, organization.document = said.name, said.document
    organization.key_user_quota, organization.board_mailbox = said.key_user_quota, said.board_mailbox
    organization.overrides = spelled(said.overrides)
    await organization.save(update_fields=["name", "document", "key_user_quota", "board_mailbox", "overrides"])
    await OrganizationDomain.filter(organization_id=organization.id).exclude(domain__in=list(said.domains)).delete()
    kept = {each.domain for each in await OrganizationDomain.filter(organization_id=organization.id)}
    for domain in said.domains:
        if domain not in kept:
            await OrganizationDomain.create(organization=organization, domain=domain)


def _differing(before: NewOrganization, after: NewOrganization) -> str:
    """Which parts are other than they were, by name: what they say may be personal."""
    names = ("name", "domains", "document", "key_user_quota", "board_mailbox", "overrides")
    return " ".join(name for name in names if _plain(getattr(before, name)) != _plain(getattr(after, name)))


def _plain(value: object) -> object:
    return list(value) if isinstance(value, list | tuple) else value


def _audited(said: NewOrganization) -> str:
    quota = "profile" if said.key_user_quota is None else said.key_user_quota
    overrides = ",".join(_audited_override(each) for each in said.overrides)
    return f"key_user_quota={quota} overrides={overrides or 'none'}"


def _audited_override(override: Override) -> str:
    days = f"({override.since or ''}..{override.until or ''})" if override.since or override.until else ""
    return f"{override.channel}:{'+'.join(override.may) or 'nothing'}{days}"
