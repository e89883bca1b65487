"""Customers' organizations: adding one, and showing them with their key-user places."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.exceptions import IntegrityError

from core.audit import record
from core.database import transaction
from core.errors import InvalidFields
from core.people.actor import Actor
from core.people.addresses import canonical_email
from core.people.lookup import organization_by_name
from core.people.tables import Organization, OrganizationDomain, Person
from core.profile import Profile

KEY_USER = "key_user"
MAX_KEY_USERS = 1_000_000


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """What is said of an organization when it comes; without a quota the profile's holds."""

    name: str
    domains: Sequence[str] = ()
    document: str | None = None
    key_user_quota: int | None = None
    board_mailbox: str | None = None


async def add(new: NewOrganization, actor: Actor, now: datetime) -> Organization:
    """Add an organization; raises `InvalidFields` for a name or a domain that is taken or wrong."""
    name = new.name.strip()
    _require_sense(new, name)
    domains = sorted({_canonical_domain(domain) for domain in new.domains})

    try:
        async with transaction():
            organization = await Organization.create(
                name=name, document=new.document, key_user_quota=new.key_user_quota,
                board_mailbox=new.board_mailbox and _board_key(new.board_mailbox), created_at=now,
            )  # fmt: skip
            await _require_free_domains(domains)
            for domain in domains:
                await OrganizationDomain.create(organization=organization, domain=domain)
            await record(actor.audit_name, "organization_added", f"organization:{organization.id}", now)
    except IntegrityError as error:
        raise InvalidFields({"name": ["an organization of this name exists"]}) from error
    return organization


def _require_sense(new: NewOrganization, name: str) -> None:
    errors: dict[str, list[str]] = {}
    if not name or len(name) > 200 or not name.isprintable():
        errors["name"] = ["must have between 1 and 200 characters"]
    if new.document is not None and len(new.document) > 32:
        errors["document"] = ["must have at most 32 characters"]
    if new.key_user_quota is not None and not 0 <= new.key_user_quota <= MAX_KEY_USERS:
        errors["key_user_quota"] = [f"must be a number from 0 to {MAX_KEY_USERS}"]
    if errors:
        raise InvalidFields(errors)


def _canonical_domain(domain: str) -> str:
    address = canonical_email(f"postmaster@{domain.strip().rstrip('.')}")
    if address is None or "@" in domain:
        raise InvalidFields({"domains": ["not a mail domain"]})
    return address.partition("@")[2]


def _board_key(address: str) -> str:
    key = canonical_email(address)
    if key is None:
        raise InvalidFields({"board_mailbox": ["not a mail address"]})
    return key


async def _require_free_domains(domains: Sequence[str]) -> None:
    if await OrganizationDomain.exists(domain__in=domains):
        raise InvalidFields({"domains": ["the domain belongs to another organization"]})


def quota_of(organization: Organization, profile: Profile) -> int | None:
    """How many key users it may have; None is as many as it likes."""
    own: int | None = organization.key_user_quota
    return profile.access.key_user_quota if own is None else own


async def show(name: str, profile: Profile) -> dict[str, Any]:
    """One organization as JSON; raises `InvalidFields` when there is none of that name."""
    return await row(await organization_by_name(name), profile)


async def list_all(profile: Profile) -> list[dict[str, Any]]:
    """All organizations as JSON, by name."""
    return [await row(each, profile) for each in await Organization.all().order_by("name")]


async def row(organization: Organization, profile: Profile) -> dict[str, Any]:
    """The organization as INTERFACES.md shows it."""
    domains = await OrganizationDomain.filter(organization_id=organization.id).order_by("domain")
    return {
        "id": organization.id,
        "name": organization.name,
        "domains": [each.domain for each in domains],
        "document": organization.document,
        "key_user_quota": quota_of(organization, profile),
        "key_users": await Person.filter(organization_id=organization.id, role=KEY_USER).count(),
    }
