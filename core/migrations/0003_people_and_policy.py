from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('core', '0002_mail')]

    initial = False

    operations = [
        ops.CreateModel(
            name='AccountAlert',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('kind', fields.CharField(max_length=32)),
                ('agent', fields.ForeignKeyField('core.Agent', source_field='agent_id', null=True, db_constraint=True, to_field='id', on_delete=OnDelete.CASCADE)),
                ('person', fields.ForeignKeyField('core.Person', source_field='person_id', null=True, db_constraint=True, to_field='id', on_delete=OnDelete.CASCADE)),
                ('places', fields.IntField()),
                ('raised_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('settled_by', fields.CharField(null=True, max_length=80)),
                ('settled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'account_alert', 'app': 'core', 'pk_attr': 'id', 'table_description': 'A sign that several people may use one account, open until an administrator settles it.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AdministratorChange',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('ticket', fields.ForeignKeyField('core.Ticket', source_field='ticket_id', db_constraint=True, to_field='id', on_delete=OnDelete.CASCADE)),
                ('organization', fields.ForeignKeyField('core.Organization', source_field='organization_id', db_constraint=True, to_field='id', on_delete=OnDelete.CASCADE)),
                ('state', fields.CharField(db_index=True, max_length=16)),
                ('asked_sealed', fields.BinaryField()),
                ('first_approval_by', fields.IntField(null=True)),
                ('second_approval_by', fields.IntField(null=True)),
                ('contest_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('decided_by', fields.CharField(null=True, max_length=80)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('reason', fields.CharField(default='', max_length=200)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'administrator_change', 'app': 'core', 'pk_attr': 'id', 'table_description': "A board's request for another administrator. `asked_sealed` is JSON of name, CPF, address, whom he replaces."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AuditHead',
            fields=[
                ('id', fields.IntField(generated=False, primary_key=True, unique=True, db_index=True)),
                ('seq', fields.BigIntField()),
                ('digest', fields.CharField(max_length=64)),
                ('mac', fields.CharField(max_length=64)),
                ('sealed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'audit_head', 'app': 'core', 'pk_attr': 'id', 'table_description': 'Where the chain of audit rows ends, `mac` is made with a key the database does not hold.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PersonMerge',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('person', fields.ForeignKeyField('core.Person', source_field='person_id', db_constraint=True, to_field='id', related_name='merges', on_delete=OnDelete.CASCADE)),
                ('into', fields.ForeignKeyField('core.Person', source_field='into_id', db_constraint=True, to_field='id', related_name='merged', on_delete=OnDelete.CASCADE)),
                ('moved', fields.TextField(unique=False)),
                ('merged_by', fields.CharField(max_length=80)),
                ('merged_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('undone_by', fields.CharField(null=True, max_length=80)),
                ('undone_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'person_merge', 'app': 'core', 'pk_attr': 'id', 'table_description': 'Two persons joined into one, with what is needed to part them again (`moved` is JSON of ids).'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Agent',
            name='also',
            field=fields.CharField(default='', db_default='', max_length=500),
        ),
        ops.AddField(
            model_name='Agent',
            name='totp_sealed',
            field=fields.BinaryField(null=True),
        ),
        ops.AddField(
            model_name='Agent',
            name='totp_step',
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AlterModelOptions(
            name='AuditRow',
            options={'table': 'audit', 'app': 'core', 'pk_attr': 'id', 'table_description': 'One act: who, what, on which object, before and after. Never an address, a document or a text.'},
        ),
        ops.AddField(
            model_name='AuditRow',
            name='after',
            field=fields.CharField(default='', db_default='', max_length=200),
        ),
        ops.AddField(
            model_name='AuditRow',
            name='before',
            field=fields.CharField(default='', db_default='', max_length=200),
        ),
        ops.AddField(
            model_name='AuditRow',
            name='digest',
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name='AuditRow',
            name='seq',
            field=fields.BigIntField(null=True, unique=True),
        ),
        ops.AddField(
            model_name='Held',
            name='organization_id',
            field=fields.IntField(null=True, db_index=True),
        ),
        ops.AddField(
            model_name='Organization',
            name='overrides',
            field=fields.TextField(db_default='', unique=False),
        ),
        ops.AddField(
            model_name='Person',
            name='administers',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Person',
            name='merged_into_id',
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name='Person',
            name='scopes',
            field=fields.CharField(default='', db_default='', max_length=120),
        ),
        ops.AddField(
            model_name='Person',
            name='totp_sealed',
            field=fields.BinaryField(null=True),
        ),
        ops.AddField(
            model_name='Person',
            name='totp_step',
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name='Person',
            name='version',
            field=fields.IntField(default=1, db_default=1),
        ),
        ops.AddField(
            model_name='Session',
            name='awaits_code',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Session',
            name='place_hash',
            field=fields.CharField(default='', db_default='', max_length=64),
        ),
        ops.AlterModelOptions(
            name='SignInLink',
            options={'table': 'sign_in_link', 'app': 'core', 'pk_attr': 'id', 'table_description': 'A one-time link: to sign in (`sign_in`), to begin (`invitation`) or to choose a new password (`reset`).'},
        ),
        ops.AlterField(
            model_name='SignInLink',
            name='agent',
            field=fields.ForeignKeyField('core.Agent', source_field='agent_id', null=True, db_constraint=True, to_field='id', on_delete=OnDelete.CASCADE),
        ),
        ops.AddField(
            model_name='SignInLink',
            name='kind',
            field=fields.CharField(default='sign_in', db_default='sign_in', max_length=16),
        ),
        ops.AddField(
            model_name='SignInLink',
            name='person',
            field=fields.ForeignKeyField('core.Person', source_field='person_id', null=True, db_constraint=True, to_field='id', on_delete=OnDelete.CASCADE),
        ),
        ops.RunSQL("UPDATE person SET administers = TRUE WHERE role = 'admin'"),
        ops.RunSQL(
            "UPDATE person SET scopes = 'request_services approve_quotes high_impact' WHERE role = 'key_user'"
        ),
    ]
