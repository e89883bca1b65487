"""The rows of people: organizations, persons, agents, and what they prove themselves with."""

from tortoise import fields
from tortoise.models import Model


class Organization(Model):
    """A customer's organization. `board_mailbox` is the canonical key of the board's address.

    `overrides` is JSON: what its people may do by a channel where that differs from the profile.
    """

    id = fields.IntField(primary_key=True)
    name = fields.CharField(200, unique=True)
    document = fields.CharField(32, null=True)
    key_user_quota = fields.IntField(null=True)
    board_mailbox = fields.CharField(320, null=True, db_index=True)
    overrides = fields.TextField(db_default="")
    created_at = fields.DatetimeField()

    class Meta:
        table = "organization"


class OrganizationDomain(Model):
    """A mail domain that belongs to one organization."""

    id = fields.IntField(primary_key=True)
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "core.Organization", related_name="domains"
    )
    domain = fields.CharField(255, unique=True)

    class Meta:
        table = "organization_domain"


class Person(Model):
    """Somebody of an organization. `role` is key_user, admin or reader.

    `scopes` are words of `core.people.scopes`; an administrator may be a key user, too. `version`
    grows with every change of his rights; `merged_into` is set while he is another person's double.
    """

    id = fields.IntField(primary_key=True)
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "core.Organization", related_name="persons", on_delete=fields.RESTRICT
    )
    organization_id: int
    name = fields.CharField(200)
    email = fields.CharField(320)
    role = fields.CharField(16)
    may_speak = fields.BooleanField()
    administers = fields.BooleanField(default=False, db_default=False)
    scopes = fields.CharField(120, default="", db_default="")
    blocked = fields.BooleanField(default=False)
    version = fields.IntField(default=1, db_default=1)
    merged_into_id: int | None = fields.IntField(null=True)
    password_hash = fields.CharField(200, null=True)
    totp_sealed: bytes | None = fields.BinaryField(null=True)
    totp_step = fields.BigIntField(default=0, db_default=0)
    created_at = fields.DatetimeField()

    class Meta:
        table = "person"


class Identity(Model):
    """An address, telephone or linked chat of a person, under its canonical key."""

    id = fields.IntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="identities"
    )
    person_id: int
    kind = fields.CharField(16)  # email | phone | telegram
    key = fields.CharField(320)
    created_at = fields.DatetimeField()

    class Meta:
        table = "identity"
        unique_together = (("kind", "key"),)


class Agent(Model):
    """An employee who handles tickets. `email` is canonical, `role` is agent, lead, direction or admin.

    `also` are rights beyond his own sector: `sector:read`, `sector:note` or `sector:work`, by spaces.
    `totp_step` is the last time step whose code he used (RFC 6238 §5.2).
    """

    id = fields.IntField(primary_key=True)
    email = fields.CharField(320, unique=True)
    name = fields.CharField(200)
    sector = fields.CharField(64, db_index=True)
    role = fields.CharField(16)
    also = fields.CharField(500, default="", db_default="")
    blocked = fields.BooleanField(default=False)
    password_hash = fields.CharField(200, null=True)
    totp_sealed: bytes | None = fields.BinaryField(null=True)
    totp_step = fields.BigIntField(default=0, db_default=0)
    created_at = fields.DatetimeField()

    class Meta:
        table = "agent"


class AccessToken(Model):
    """A bearer token of a program, kept as its SHA-256 (256 random bits need no salt)."""

    id = fields.IntField(primary_key=True)
    digest = fields.CharField(64, unique=True)
    kind = fields.CharField(16)  # agent | user | form
    agent: fields.ForeignKeyNullableRelation[Agent] = fields.ForeignKeyField("core.Agent", null=True)
    agent_id: int | None
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField("core.Person", null=True)
    person_id: int | None
    form = fields.CharField(64, null=True)
    verified = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "access_token"


class Session(Model):
    """A signed-in browser, kept on the server so that it can be revoked.

    While it `awaits_code` its owner has shown a password and owes the second factor: it opens nothing.
    `place_hash` is a keyed hash of the network and browser it was begun from.
    """

    id = fields.IntField(primary_key=True)
    digest = fields.CharField(64, unique=True)
    agent: fields.ForeignKeyNullableRelation[Agent] = fields.ForeignKeyField("core.Agent", null=True)
    agent_id: int | None
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField("core.Person", null=True)
    person_id: int | None
    csrf_token = fields.CharField(64)
    awaits_code = fields.BooleanField(default=False, db_default=False)
    place_hash = fields.CharField(64, default="", db_default="")
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()

    class Meta:
        table = "session"


class LinkCode(Model):
    """A one-time code that links a Telegram chat to a person."""

    id = fields.IntField(primary_key=True)
    digest = fields.CharField(64, unique=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField("core.Person")
    person_id: int
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "link_code"


class SignInLink(Model):
    """A one-time link: to sign in (`sign_in`), to begin (`invitation`) or to choose a new password (`reset`)."""

    id = fields.IntField(primary_key=True)
    digest = fields.CharField(64, unique=True)
    kind = fields.CharField(16, default="sign_in", db_default="sign_in")
    agent: fields.ForeignKeyNullableRelation[Agent] = fields.ForeignKeyField("core.Agent", null=True)
    agent_id: int | None
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField("core.Person", null=True)
    person_id: int | None
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "sign_in_link"


class PersonMerge(Model):
    """Two persons joined into one, with what is needed to part them again (`moved` is JSON of ids)."""

    id = fields.IntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField("core.Person", related_name="merges")
    person_id: int
    into: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField("core.Person", related_name="merged")
    into_id: int
    moved = fields.TextField()
    merged_by = fields.CharField(80)
    merged_at = fields.DatetimeField()
    undone_by = fields.CharField(80, null=True)
    undone_at = fields.DatetimeField(null=True)

    class Meta:
        table = "person_merge"


class AccountAlert(Model):
    """A sign that several people may use one account, open until an administrator settles it."""

    id = fields.IntField(primary_key=True)
    kind = fields.CharField(32)  # shared_password
    agent: fields.ForeignKeyNullableRelation[Agent] = fields.ForeignKeyField("core.Agent", null=True)
    agent_id: int | None
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField("core.Person", null=True)
    person_id: int | None
    places = fields.IntField()
    raised_at = fields.DatetimeField()
    settled_by = fields.CharField(80, null=True)
    settled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "account_alert"
