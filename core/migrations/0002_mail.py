from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('core', '0001_initial')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Block',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('kind', fields.CharField(max_length=8)),
                ('key_hash', fields.CharField(unique=True, max_length=64)),
                ('shown_sealed', fields.BinaryField()),
                ('reason', fields.CharField(max_length=200)),
                ('created_by', fields.CharField(max_length=320)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'block', 'app': 'core', 'pk_attr': 'id', 'table_description': 'An address or a domain that is blocked, found by its keyed hash and shown from its sealed text.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='BounceScore',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('recipient_kind', fields.CharField(max_length=8)),
                ('recipient_id', fields.IntField()),
                ('score', fields.FloatField()),
                ('scored_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'bounce_score', 'app': 'core', 'unique_together': (('recipient_kind', 'recipient_id'),), 'pk_attr': 'id', 'table_description': "The score of one person's or agent's address as it was at `scored_at`."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='MailboxCursor',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('account', fields.CharField(max_length=64)),
                ('folder', fields.CharField(max_length=255)),
                ('uid_validity', fields.BigIntField()),
                ('uid', fields.BigIntField()),
                ('failing_uid', fields.BigIntField(null=True)),
                ('failures', fields.IntField(default=0)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'mailbox_cursor', 'app': 'core', 'unique_together': (('account', 'folder'),), 'pk_attr': 'id', 'table_description': 'The last message of a folder that needs no reading any more (RFC 3501 §2.3.1.1).'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Entry',
            name='html',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Entry',
            name='subject',
            field=fields.CharField(db_default='', max_length=500),
        ),
        ops.AddField(
            model_name='EntryAttachment',
            name='content_id',
            field=fields.CharField(db_default='', max_length=255),
        ),
        ops.AddField(
            model_name='Held',
            name='digests',
            field=fields.TextField(db_default='', unique=False),
        ),
        ops.AlterModelOptions(
            name='Intake',
            options={'table': 'intake', 'app': 'core', 'pk_attr': 'id', 'table_description': 'The ledger: one row for each message received, with what became of it and by which rules.'},
        ),
        ops.AlterField(
            model_name='Intake',
            name='message_id_hash',
            field=fields.CharField(default='', db_index=True, max_length=64),
        ),
        ops.AlterField(
            model_name='Intake',
            name='sender_hash',
            field=fields.CharField(default='', db_index=True, max_length=64),
        ),
        ops.AddField(
            model_name='Intake',
            name='flags',
            field=fields.CharField(db_default='', max_length=500),
        ),
        ops.AddField(
            model_name='Intake',
            name='trail',
            field=fields.TextField(db_default='', unique=False),
        ),
    ]
