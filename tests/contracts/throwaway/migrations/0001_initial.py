"""A house with rooms and tenants."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


def _key():
    return ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True))


def _house(on_delete):
    return (
        "house",
        fields.ForeignKeyField(
            "core.House", source_field="house_id", db_constraint=True, to_field="id", on_delete=on_delete
        ),
    )


def _options(table):
    return {"table": table, "app": "core", "pk_attr": "id"}


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="House", fields=[_key(), ("name", fields.CharField(max_length=20))],
            options=_options("house"), bases=["Model"],
        ),
        ops.CreateModel(
            name="Room", fields=[_key(), _house(OnDelete.CASCADE)], options=_options("room"), bases=["Model"]
        ),
        ops.CreateModel(
            name="Tenant", fields=[_key(), _house(OnDelete.RESTRICT)], options=_options("tenant"),
            bases=["Model"],
        ),
    ]
