"""Longer names, and a colour that the database itself gives to the houses that stand."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        ops.AlterField(model_name="House", name="name", field=fields.CharField(max_length=200)),
        ops.AddField(
            model_name="House", name="colour", field=fields.CharField(max_length=20, db_default="white")
        ),
    ]
