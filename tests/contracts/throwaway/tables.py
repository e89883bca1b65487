"""A parent with children of both kinds: those that go with it and those that forbid it to go."""

from tortoise import fields
from tortoise.models import Model


class House(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(200)
    colour = fields.CharField(20, db_default="white")

    class Meta:
        table = "house"


class Room(Model):
    id = fields.IntField(primary_key=True)
    house: fields.ForeignKeyRelation[House] = fields.ForeignKeyField("core.House")

    class Meta:
        table = "room"


class Tenant(Model):
    id = fields.IntField(primary_key=True)
    house: fields.ForeignKeyRelation[House] = fields.ForeignKeyField(
        "core.House", on_delete=fields.RESTRICT
    )

    class Meta:
        table = "tenant"
