"""One-time codes that bind a Telegram chat to a user: `/start CODE`."""

import secrets
from datetime import datetime, timedelta

from tortoise.exceptions import IntegrityError

from core.audit import record
from core.database import transaction
from core.people.actor import SYSTEM, Actor
from core.people.lookup import person_by_email
from core.people.secret_texts import digest_of
from core.people.tables import Identity, LinkCode, Person

LIFETIME = timedelta(minutes=10)
LENGTH = 12
# No 0, O, 1, I or L: somebody types it from one screen into another.
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


async def issue(email: str, now: datetime, *, actor: Actor = SYSTEM) -> str:
    """A code for the user, good once within ten minutes; an earlier one of his ends.

    A user without the right to speak may link. Raises `InvalidFields` for an unknown address.
    """
    person = await person_by_email(email)

    code = "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))
    async with transaction():
        await LinkCode.filter(person_id=person.id, used_at=None).delete()
        await LinkCode.create(digest=_digest(code), person=person, expires_at=now + LIFETIME)
        await record(actor.audit_name, "link_code_issued", f"person:{person.id}", now)
    return code


async def redeem(code: str, telegram_key: str, now: datetime) -> bool:
    """Link the chat `{bot}:{chat_id}` to the code's user; False when the code serves nobody.

    A chat that is somebody else's stays his, and the code stays unused.
    """
    try:
        async with transaction():
            return await _redeem(_digest(code), telegram_key, now)
    except IntegrityError:
        return False


async def _redeem(digest: str, telegram_key: str, now: datetime) -> bool:
    if not await LinkCode.filter(digest=digest, used_at=None, expires_at__gt=now).update(used_at=now):
        return False
    link = await LinkCode.get(digest=digest)
    person = await Person.get(id=link.person_id)
    if person.blocked:
        return False
    if await Identity.exists(kind="telegram", key=telegram_key, person_id=person.id):
        return True

    identity = await Identity.create(person=person, kind="telegram", key=telegram_key, created_at=now)
    await record(
        f"person:{person.id}", "telegram_linked", f"person:{person.id}", now, after=f"identity={identity.id}"
    )
    return True


def _digest(code: str) -> str:
    return digest_of(code.strip().upper())
