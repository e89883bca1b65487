"""How far a remote mailbox was read: the place survives crashes and never runs ahead of what is durable."""

from datetime import datetime

from tortoise import fields
from tortoise.models import Model


class MailboxCursor(Model):
    """The last message of a folder that needs no reading any more (RFC 3501 §2.3.1.1).

    `account` is a hash of server and user. `failing_uid` is a message that could not be taken yet,
    `failures` how often.
    """

    id = fields.IntField(primary_key=True)
    account = fields.CharField(64)
    folder = fields.CharField(255)
    uid_validity = fields.BigIntField()
    uid = fields.BigIntField()
    failing_uid: int | None = fields.BigIntField(null=True)
    failures = fields.IntField(default=0)
    updated_at: datetime = fields.DatetimeField()

    class Meta:
        table = "mailbox_cursor"
        unique_together = (("account", "folder"),)
