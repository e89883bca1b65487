"""The second factor of an account: enrolled by one code, kept sealed, each code good once (RFC 6238)."""

from dataclasses import replace
from datetime import datetime

from core.audit import record
from core.database import transaction
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.keys import SealingKeys
from core.people.actor import Actor
from core.people.administering import require_desk_admin
from core.people.owners import Owner, lock, name_of
from core.people.recovery_codes import digest_of_code, new_codes
from core.people.sealed_factors import Factor, factor_of, put
from core.people.sessions import SignedIn, open_session, owner_of, pending_for, sign_out_everywhere
from core.people.tables import Agent, Session
from core.people.throttle import Measure, give_back, of_account, take_try
from core.people.totp import matching_step
from core.profile import Profile

WRONG = "this code is wrong, has served already, or is too old"


def owes_factor(owner: Owner, profile: Profile) -> bool:
    """Whether the desk asks a second factor of his role and he has none yet."""
    return isinstance(owner, Agent) and owner.totp_sealed is None and owner.role in profile.access.second_factor_for


def recovery_codes_left(owner: Owner, sealing: SealingKeys) -> int:
    """How many of the codes on paper have not served."""
    factor = factor_of(owner, sealing)
    return len(factor.recovery) if factor else 0


async def enrol(owner: Owner, key: str, code: str, sealing: SealingKeys, now: datetime) -> list[str]:
    """Ask for codes of `key` from now on; gives the recovery codes. All of his sessions end (W05).

    Raises `InvalidFields` for a wrong code, `Refused(INVALID_TRANSITION)` when he has a factor already.
    """
    places = await take_try(_counted(owner), now)
    step = matching_step(key, code, now, after=0)
    if step is None:
        raise InvalidFields({"code": [WRONG]})
    codes = new_codes()

    async with transaction():
        await lock(owner)
        await owner.refresh_from_db()
        if owner.totp_sealed is not None:
            raise Refused(Reason.INVALID_TRANSITION, "You have a second factor already.")

        await give_back(places, now)
        await put(owner, Factor(key, tuple(map(digest_of_code, codes))), max(step, owner.totp_step), sealing)
        await sign_out_everywhere(owner)
        await record(name_of(owner), "second_factor_enrolled", name_of(owner), now, before="none", after="totp")
    return codes


async def require_code(owner: Owner, code: str, sealing: SealingKeys, now: datetime) -> None:
    """Use up a code of the app or of the paper; raises `InvalidFields` for any other.

    Counted as passwords are, and with them (W08). Of two that show the same code at once one is right.
    """
    places = await take_try(_counted(owner), now)

    async with transaction():
        await lock(owner)
        await owner.refresh_from_db()
        factor = factor_of(owner, sealing)
        if factor is None or not await _use_up(owner, factor, code, sealing, now=now):
            raise InvalidFields({"code": [WRONG]})
        await give_back(places, now)


async def _use_up(owner: Owner, factor: Factor, code: str, sealing: SealingKeys, *, now: datetime) -> bool:
    step = matching_step(factor.key, code, now, after=owner.totp_step)
    if step is not None:
        await put(owner, factor, step, sealing)
        return True
    digest = digest_of_code(code)
    if digest not in factor.recovery:
        return False

    left = tuple(each for each in factor.recovery if each != digest)
    await put(owner, replace(factor, recovery=left), owner.totp_step, sealing)
    await record(name_of(owner), "recovery_code_used", name_of(owner), now, after=f"left={len(left)}")
    return True


async def sign_in_with_code(cookie: str, code: str, sealing: SealingKeys, now: datetime) -> SignedIn | None:
    """A session under a new id for one that owed its code, which dies (W05); None when there is none.

    Raises as `require_code` does.
    """
    pending = await pending_for(cookie, now)
    owner = owner_of(pending) if pending else None
    if pending is None or owner is None:
        return None
    await require_code(owner, code, sealing, now)

    async with transaction():
        # Two that show two good codes at once begin one session, and a password changed meanwhile none.
        if not await Session.filter(id=pending.id).delete():
            return None
        return await open_session(owner, now, pending.place_hash, has_shown_code=True)


async def reset(owner: Owner, actor: Actor, now: datetime) -> None:
    """Take the factor from somebody who lost it; `Refused(NOT_AUTHORIZED)` unless the desk's admin asks."""
    require_desk_admin(actor)
    await remove(owner, now, actor.audit_name)


async def remove(owner: Owner, now: datetime, by: str = "") -> None:
    """Ask no code of him any more; who asked is `by` when it is not himself. All of his sessions end.

    Whether he may is the caller's to ask: of himself the password and a code, of the desk's admin his role.
    """
    async with transaction():
        await lock(owner)
        await owner.refresh_from_db()
        if owner.totp_sealed is None:
            return

        # The step stays: the last code of this app serves no other one.
        owner.totp_sealed = None
        await owner.save(update_fields=["totp_sealed"])
        await sign_out_everywhere(owner)
        await record(by or name_of(owner), "second_factor_removed", name_of(owner), now, before="totp", after="none")


def _counted(owner: Owner) -> list[tuple[str, Measure]]:
    return of_account(name_of(owner), kind="code")
