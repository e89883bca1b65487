"""A desk as data: the parts of a profile."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from core.message import Intent
from core.texts import LANGUAGES

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


class Scope(StrEnum):
    """What a person may ask of the desk beside speaking with it (S4-03)."""

    REQUEST_SERVICES = "request_services"
    APPROVE_QUOTES = "approve_quotes"
    HIGH_IMPACT = "high_impact"


class SensitiveKind(StrEnum):
    """Kinds of data that are found in a text by their form and check digits, or by words."""

    CPF = "cpf"
    CNPJ = "cnpj"
    CARD = "card"
    HEALTH = "health"


class MailboxPurpose(StrEnum):
    """What a mailbox of the desk is for."""

    SUPPORT = "support"
    ADMINISTRATORS = "administrators"


class Mailbox(_Part):
    """An address the desk receives at, and sends from; what a board writes there is of `category`."""

    address: MailAddress
    purpose: MailboxPurpose = MailboxPurpose.SUPPORT
    category: Slug | None = None


class DataClass(StrEnum):
    """What kind of data may travel by an exception."""

    ANY = "any"
    NOT_SENSITIVE = "not_sensitive"


class ChannelException(_Part):
    """A use of an otherwise unofficial channel that the profile allows from `since` until before `until`."""

    sector: Slug
    purpose: Slug
    data: DataClass = DataClass.NOT_SENSITIVE
    since: date | None = None
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


class ChannelChange(_Part):
    """From the day `since` on, by the desk's clock, a channel may be used for this and nothing else."""

    since: date
    may: tuple[Intent, ...] = ()


class ChannelRule(_Part):
    """What may be done through a channel; nothing at all makes it unofficial. `changes` come in their order."""

    title: str
    may: tuple[Intent, ...] = ()
    changes: tuple[ChannelChange, ...] = ()
    exceptions: tuple[ChannelException, ...] = ()

    def may_on(self, day: date) -> tuple[Intent, ...]:
        """What it may be used for on `day`."""
        in_force = [change.may for change in self.changes if change.since <= day]
        return in_force[-1] if in_force else self.may


class Sector(_Part):
    """A team with a queue; who answers for it, what it does and how to reach it is published (S4-14)."""

    slug: Slug
    title: str
    responsible: str = ""
    contact: str = ""
    duties: str = ""


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
    """A kind of matter; `sector` receives it, `out_of_scope` declines it with an explanation.

    Whoever asks for it needs the permission `scope` (S4-03).
    """

    slug: Slug
    title: str
    sector: Slug | None = None
    out_of_scope: str | None = None
    scope: Scope | None = None
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
    """Who may speak, and how many.

    `hold_colleagues` holds a proven sender of an organization's domain who may not speak, until one of
    its administrators decides. A change of administrator may be contested for `contest_hours`.
    `block_shared_passwords` blocks an account by itself where several people seem to use it.
    `second_factor_for` names the roles of agents that sign in with a second factor.
    """

    key_user_quota: int | None = None
    agents_may_open: bool = True
    colleagues_have_standing: bool = False
    hold_colleagues: bool = False
    contest_hours: int = Field(default=48, ge=1, le=24 * 30)
    block_shared_passwords: bool = False
    second_factor_for: tuple[str, ...] = ()


class Sensitive(_Part):
    """Data that is hidden where messages are shown (`mask`), or not taken at all (`refuse`).

    `health_words` are whole words, compared without accents and case.
    """

    mask: tuple[SensitiveKind, ...] = ()
    refuse: tuple[SensitiveKind, ...] = ()
    health_words: tuple[str, ...] = ()


# Rules of admission that a profile may try out in shadow. Who speaks, whether that is proven and by which
# channel is not among them: without those rules anybody would be let in.
SHADOWABLE = frozenset({
    "carries_no_sensitive_data", "colleague_waits_for_administrator", "files_are_clean", "matter_is_in_scope",
    "person_may_ask_for_this",
})  # fmt: skip


class Policy(_Part):
    """`shadow` names rules of admission, of `SHADOWABLE`, that only record what they would have done."""

    shadow: tuple[str, ...] = ()


class Privacy(_Part):
    """Who answers for personal data (LGPD art. 41), as the published policy names him."""

    officer: str = ""
    contact: str = ""


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
    sensitive: Sensitive = Sensitive()
    policy: Policy = Policy()
    privacy: Privacy = Privacy()
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

    def day_of(self, at: datetime) -> date:
        """The day `at` belongs to by the desk's clock: rules begin and end at its midnight."""
        return at.astimezone(self.zone).date()

    def official_channels(self, at: datetime) -> tuple[str, ...]:
        """The titles of the official channels, as every refusal names them."""
        return tuple(rule.title for slug, rule in self.channels.items() if self.may(slug, at))

    def is_official(self, channel: str, at: datetime) -> bool:
        return bool(self.may(channel, at))

    def may(self, channel: str, at: datetime) -> tuple[Intent, ...]:
        """What `channel` may be used for at that time; nothing makes it unofficial."""
        rule = self.channels.get(channel)
        if rule is None:
            return ()
        return rule.may_on(self.day_of(at)) if rule.changes else rule.may

    def has_sector(self, slug: str) -> bool:
        return any(sector.slug == slug for sector in self.sectors)

    def category(self, slug: str) -> Category | None:
        return next((each for each in self.categories if each.slug == slug), None)

    def form(self, slug: str) -> Form | None:
        return next((each for each in self.forms if each.slug == slug), None)

    def move(self, source: str, target: str) -> Move | None:
        """The hand-over contract between two sectors; None where the profile names none."""
        return next((m for m in self.moves if m.source == source and m.target == target), None)
