"""The rows of people: organizations, persons, agents, and what they prove themselves with."""

from tortoise import fields
from tortoise.models import Model


class Organization(Model):
    """A customer's organization. `board_mailbox` is the canonical key of the board's address."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(200, unique=True)
    document = fields.CharField(32, null=True)
    key_user_quota = fields.IntField(null=True)
    board_mailbox = fields.CharField(320, null=True, db_index=True)
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
    """Somebody of an organization. `role` is key_user, admin or reader."""

    id = fields.IntField(primary_key=True)
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "core.Organization", related_name="persons", on_delete=fields.RESTRICT
    )
    organization_id: int
    name = fields.CharField(200)
    email = fields.CharField(320)
    role = fields.CharField(16)
    may_speak = fields.BooleanField()
    blocked = fields.BooleanField(default=False)
    password_hash = fields.CharField(200, null=True)
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
    """An employee who handles tickets. `email` is canonical, `role` is agent, lead, direction or admin."""

    id = fields.IntField(primary_key=True)
    email = fields.CharField(320, unique=True)
    name = fields.CharField(200)
    sector = fields.CharField(64, db_index=True)
    role = fields.CharField(16)
    blocked = fields.BooleanField(default=False)
    password_hash = fields.CharField(200, null=True)
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
    """A signed-in browser, kept on the server so that it can be revoked."""

    id = fields.IntField(primary_key=True)
    digest = fields.CharField(64, unique=True)
    agent: fields.ForeignKeyNullableRelation[Agent] = fields.ForeignKeyField("core.Agent", null=True)
    agent_id: int | None
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField("core.Person", null=True)
    person_id: int | None
    csrf_token = fields.CharField(64)
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
    """A one-time link by which an agent signs in without a password."""

    id = fields.IntField(primary_key=True)
    digest = fields.CharField(64, unique=True)
    agent: fields.ForeignKeyRelation[Agent] = fields.ForeignKeyField("core.Agent")
    agent_id: int
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "sign_in_link"
