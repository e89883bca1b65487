"""Customers' organizations: what may be said of one, and adding it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tortoise.exceptions import IntegrityError

from core.audit import record
from core.database import transaction
from core.errors import InvalidFields
from core.message import Override
from core.people.actor import Actor
from core.people.addresses import canonical_email
from core.people.documents import canonical_document
from core.people.lookup import require_free_address, require_not_ours
from core.people.overrides import require_official, spelled
from core.people.tables import Organization, OrganizationDomain
from core.profile import Profile

MAX_KEY_USERS = 1_000_000
# Each domain is a row to write, and each rule is read again with every message of theirs.
MAX_DOMAINS = 1_000
MAX_OVERRIDES = 100
_TOO_MANY = "there are too many"


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """What is said of an organization; without a quota the profile's holds.

    `overrides` are what its people may do by an official channel where that is not the profile's.
    """

    name: str
    domains: Sequence[str] = ()
    document: str | None = None
    key_user_quota: int | None = None
    board_mailbox: str | None = None
    overrides: tuple[Override, ...] = ()


async def add(new: NewOrganization, actor: Actor, now: datetime) -> Organization:
    """Add an organization; raises `InvalidFields` for a name or a domain that is taken or wrong."""
    said = canonical_data(new)

    try:
        async with transaction():
            organization = await Organization.create(
                name=said.name, document=said.document, key_user_quota=said.key_user_quota,
                board_mailbox=said.board_mailbox, overrides=spelled(said.overrides), created_at=now,
            )  # fmt: skip
            await require_free_board(said.board_mailbox, organization.id)
            await require_free_domains(said.domains, organization.id)
            for domain in said.domains:
                await OrganizationDomain.create(organization=organization, domain=domain)
            await record(actor.audit_name, "organization_added", f"organization:{organization.id}", now)
    except IntegrityError as error:
        raise name_is_taken() from error
    return organization


def canonical_data(said: NewOrganization) -> NewOrganization:
    """The same in canonical form; `InvalidFields` names every part that is wrong."""
    errors: dict[str, list[str]] = {}
    name = said.name.strip()
    if not name or len(name) > 200 or not name.isprintable():
        errors["name"] = ["must have between 1 and 200 characters"]
    errors |= {each: [_TOO_MANY] for each in _too_many(said)}
    domains = {_canonical_domain(domain) for domain in said.domains[:MAX_DOMAINS]}
    if None in domains:
        errors["domains"] = ["not a mail domain"]
    document = canonical_document(said.document) if said.document is not None else None
    if said.document is not None and document is None:
        errors["document"] = ["neither a CPF nor a CNPJ"]
    if said.key_user_quota is not None and not 0 <= said.key_user_quota <= MAX_KEY_USERS:
        errors["key_user_quota"] = [f"must be a number from 0 to {MAX_KEY_USERS}"]
    board = canonical_email(said.board_mailbox) if said.board_mailbox else None
    if said.board_mailbox and board is None:
        errors["board_mailbox"] = ["not a mail address"]
    if errors:
        raise InvalidFields(errors)
    return replace(
        said, name=name, domains=sorted(each for each in domains if each), document=document, board_mailbox=board
    )


def _too_many(said: NewOrganization) -> list[str]:
    bounds = {"domains": (said.domains, MAX_DOMAINS), "overrides": (said.overrides, MAX_OVERRIDES)}
    return [name for name, (given, most) in bounds.items() if len(given) > most]


def _canonical_domain(domain: str) -> str | None:
    address = canonical_email(f"postmaster@{domain.strip().rstrip('.')}")
    return address.partition("@")[2] if address and "@" not in domain else None


def require_fit(said: NewOrganization, profile: Profile, now: datetime) -> None:
    """Raise `InvalidFields` for a board that is the desk itself, or an override of no official channel."""
    if said.board_mailbox and (key := canonical_email(said.board_mailbox)):
        require_not_ours(key, profile, field="board_mailbox")
    require_official(said.overrides, profile, now)


async def require_free_board(key: str | None, organization_id: int) -> None:
    """Raise `InvalidFields` when the mailbox is somebody's, or another organization's board's."""
    if key:
        await require_free_address(key, field="board_mailbox", unless_board_of=organization_id)


async def require_free_domains(domains: Sequence[str], organization_id: int) -> None:
    """Raise `InvalidFields` when one belongs to another organization."""
    if await OrganizationDomain.filter(domain__in=domains).exclude(organization_id=organization_id).exists():
        raise InvalidFields({"domains": ["the domain belongs to another organization"]})


def name_is_taken() -> InvalidFields:
    """The complaint about a name that another organization has."""
    return InvalidFields({"name": ["an organization of this name exists"]})
