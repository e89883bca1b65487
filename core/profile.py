"""A desk as data: the profile's parts, and a strict loader that tells every mistake at once."""

import re
import tomllib
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from core.errors import Misconfigured
from core.message import Intent
from core.texts import LANGUAGES

SHIPPED = Path(__file__).parent / "profiles"
# Sixty-four octets (RFC 5321 §4.5.3.1.1) less a plus sign and the signed token.
MAILBOX_LOCAL_PART = 64 - 1 - 44


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("no such time zone") from error
    return name


def _language(name: str) -> str:
    if name not in LANGUAGES:
        raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
    return name


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
MailAddress = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+@[a-z0-9.-]+$", max_length=254)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class MailboxPurpose(StrEnum):
    """What a mailbox of the desk is for."""

    SUPPORT = "support"
    ADMINISTRATORS = "administrators"


class Mailbox(_Part):
    """An address the desk receives at, and sends from; what a board writes there is of `category`."""

    address: MailAddress
    purpose: MailboxPurpose = MailboxPurpose.SUPPORT
    category: Slug | None = None


class ChannelException(_Part):
    """A use of an otherwise unofficial channel that the profile allows."""

    sector: Slug
    purpose: Slug
    data: str = "not_sensitive"


class ChannelRule(_Part):
    """What may be done through a channel; nothing at all makes it unofficial."""

    title: str
    may: tuple[Intent, ...] = ()
    exceptions: tuple[ChannelException, ...] = ()

    @property
    def is_official(self) -> bool:
        return bool(self.may)


class Sector(_Part):
    """A team with a queue."""

    slug: Slug
    title: str


class Move(_Part):
    """A hand-over from one sector to another, and the fields it demands (`S0-09`)."""

    source: Slug
    target: Slug
    required: tuple[str, ...] = ()


class Subcategory(_Part):
    """A leaf of the category tree."""

    slug: Slug
    title: str


class Category(_Part):
    """A kind of matter; `sector` receives it, `out_of_scope` declines it with an explanation."""

    slug: Slug
    title: str
    sector: Slug | None = None
    out_of_scope: str | None = None
    subcategories: tuple[Subcategory, ...] = ()

    def has_subcategory(self, slug: str) -> bool:
        return any(each.slug == slug for each in self.subcategories)


class Form(_Part):
    """A web form other systems post to."""

    slug: Slug
    title: str
    fields: tuple[str, ...] = ()
    message_limit: int = Field(default=100_000, gt=0)


class Access(_Part):
    """Who may speak, and how many."""

    key_user_quota: int | None = None
    agents_may_open: bool = True
    colleagues_have_standing: bool = False


class MailRules(_Part):
    """How the desk handles mail beside its policy.

    A reply from the console may be taken back for `undo_seconds`; what is held is dropped after
    `held_days`; one address hears at most `automatic_a_day` automatic mails about one ticket in a day.
    `arc_sealers` are the domains of forwarders whose word on a mail's sender is believed (RFC 8617).
    """

    undo_seconds: int = Field(default=10, ge=0, le=600)
    held_days: int = Field(default=30, ge=1)
    arc_sealers: tuple[str, ...] = ()
    automatic_a_day: int = Field(default=3, ge=1)


class Limits(_Part):
    """How many mails and forms are taken in a time; trusted networks are exempt (INTERFACES.md §2).

    A sender and his domain are counted for each peer apart. Each process that listens counts for itself.
    """

    sender_per_minute: int = Field(default=50, gt=0)
    sender_per_five_minutes: int = Field(default=120, gt=0)
    sender_per_hour: int = Field(default=600, gt=0)
    domain_per_minute: int = Field(default=600, gt=0)
    peer_per_minute: int = Field(default=1_200, gt=0)
    total_per_minute: int = Field(default=6_000, gt=0)
    form_token_per_minute: int = Field(default=600, gt=0)
    form_address_per_minute: int = Field(default=30, gt=0)


class Profile(_Part):
    """One desk. Everything that differs between desks is here and nowhere else."""

    name: Slug
    title: str
    language: Annotated[str, AfterValidator(_language)] = "pt-BR"
    time_zone: Annotated[str, AfterValidator(_zone)] = "America/Sao_Paulo"
    mailboxes: tuple[Mailbox, ...] = Field(min_length=1)
    channels: dict[Slug, ChannelRule]
    access: Access = Access()
    mail: MailRules = MailRules()
    limits: Limits = Limits()
    sectors: tuple[Sector, ...] = Field(min_length=1)
    moves: tuple[Move, ...] = ()
    categories: tuple[Category, ...] = ()
    forms: tuple[Form, ...] = ()
    protocol: str = "{date:%Y%m%d}{seq:06d}{check}"
    reopen_days: int = Field(default=14, ge=0)

    @property
    def support_mailbox(self) -> Mailbox:
        """The mailbox that stands for the desk where no other is named."""
        return next(box for box in self.mailboxes if box.purpose is MailboxPurpose.SUPPORT)

    @property
    def mail_domain(self) -> str:
        """The domain of our Message-IDs."""
        return self.support_mailbox.address.rpartition("@")[2]

    @property
    def first_sector(self) -> str:
        return self.sectors[0].slug

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def reopen_within(self) -> timedelta:
        return timedelta(days=self.reopen_days)

    @cached_property
    def official_channels(self) -> tuple[str, ...]:
        """The titles of the official channels, as every refusal names them."""
        return tuple(rule.title for rule in self.channels.values() if rule.is_official)

    def is_official(self, channel: str) -> bool:
        rule = self.channels.get(channel)
        return rule is not None and rule.is_official

    def may(self, channel: str, intent: Intent) -> bool:
        """Whether `channel` may be used for `intent`."""
        rule = self.channels.get(channel)
        return rule is not None and intent in rule.may

    def has_sector(self, slug: str) -> bool:
        return any(sector.slug == slug for sector in self.sectors)

    def category(self, slug: str) -> Category | None:
        return next((each for each in self.categories if each.slug == slug), None)

    def form(self, slug: str) -> Form | None:
        return next((each for each in self.forms if each.slug == slug), None)

    def move(self, source: str, target: str) -> Move | None:
        """The hand-over contract between two sectors; None where the profile names none."""
        return next((m for m in self.moves if m.source == source and m.target == target), None)


def load_profile(name_or_path: str) -> Profile:
    """A shipped profile by name, or a file by its path; raises `Misconfigured` with all mistakes."""
    path = profile_path(name_or_path)
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Misconfigured([f"{path.name}: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured([f"{path.name}: {error}"]) from error
    return parse_profile(table, path.name)


def profile_path(name_or_path: str) -> Path:
    """The file of a shipped profile, or the path itself."""
    shipped = SHIPPED / f"{name_or_path}.toml"
    is_name = re.fullmatch(r"[a-z0-9-]+", name_or_path)
    return shipped if is_name and shipped.exists() else Path(name_or_path)


def parse_profile(table: dict[str, Any], source: str) -> Profile:
    """The profile in `table`; `source` names the file in complaints."""
    try:
        profile = Profile.model_validate(table)
    except ValidationError as error:
        raise Misconfigured([_complaint(source, each) for each in error.errors()]) from error
    complaints = [f"{source}: {text}" for text in _cross_references(profile)]
    if complaints:
        raise Misconfigured(complaints)
    return profile


def _complaint(source: str, error: Any) -> str:
    path = ""
    for part in error["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    message = "no such key" if error["type"] == "extra_forbidden" else error["msg"]
    return f"{source}: {path}: {message}"


def _cross_references(profile: Profile) -> list[str]:
    """What no single part can see: names that must exist, and names that must not repeat."""
    found = []
    if not any(box.purpose is MailboxPurpose.SUPPORT for box in profile.mailboxes):
        found.append("mailboxes: none has the purpose support")
    for index, box in enumerate(profile.mailboxes):
        if len(box.address.partition("@")[0]) > MAILBOX_LOCAL_PART:
            found.append(
                f"mailboxes[{index}].address: local part over {MAILBOX_LOCAL_PART} characters leaves"
                " no room for the signed reply address"
            )
        if box.category and profile.category(box.category) is None:
            found.append(f"mailboxes[{index}].category names no category")
    for index, move in enumerate(profile.moves):
        for end in ("source", "target"):
            if not profile.has_sector(getattr(move, end)):
                found.append(f"moves[{index}].{end} names no sector")
    for index, category in enumerate(profile.categories):
        if category.sector and not profile.has_sector(category.sector):
            found.append(f"categories[{index}].sector names no sector")
    for slug, rule in profile.channels.items():
        for index, exception in enumerate(rule.exceptions):
            if not profile.has_sector(exception.sector):
                found.append(f"channels.{slug}.exceptions[{index}].sector names no sector")
    for part in ("sectors", "categories", "forms"):
        slugs = [each.slug for each in getattr(profile, part)]
        found += [f"{part}: {slug} stands twice" for slug in sorted({s for s in slugs if slugs.count(s) > 1})]
    found += [
        f"protocol: {complaint}" for complaint in _protocol_complaints(profile.protocol)
    ]
    return found


def _protocol_complaints(template: str) -> list[str]:
    allowed = r"\{date:%Y%m%d\}|\{seq:0[0-9]d\}|\{check\}|[0-9A-Z-]"
    rest = re.sub(allowed, "", template)
    complaints = [f"does not understand {rest!r}"] if rest else []
    if "{date:%Y%m%d}" not in template or "{seq:" not in template:
        complaints.append("needs {date:%Y%m%d} and {seq:06d}")
    return complaints


