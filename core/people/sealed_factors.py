"""What is kept of a second factor: the app's key and digests of the codes on paper, sealed in the account's row."""

import json
from dataclasses import dataclass

from core.errors import Unavailable
from core.keys import SealingKeys
from core.people.owners import Owner, name_of


@dataclass(frozen=True, slots=True)
class Factor:
    """The app's key, and digests of the recovery codes that are left."""

    key: str
    recovery: tuple[str, ...]


def factor_of(owner: Owner, sealing: SealingKeys) -> Factor | None:
    """The owner's factor; None without one, `Unavailable` when its sealing key is gone."""
    if owner.totp_sealed is None:
        return None
    try:
        kept = json.loads(sealing.open(bytes(owner.totp_sealed), _context(owner)))
    except ValueError as error:
        raise Unavailable("a second factor is sealed under a key that is gone") from error
    return Factor(kept["key"], tuple(kept["recovery"]))


async def put(owner: Owner, factor: Factor, step: int, sealing: SealingKeys) -> None:
    """Keep `factor`, whose last code was of time step `step`, in the caller's transaction. Lock first."""
    kept = json.dumps({"key": factor.key, "recovery": factor.recovery}).encode()
    owner.totp_sealed, owner.totp_step = sealing.seal(kept, _context(owner)), step
    await owner.save(update_fields=["totp_sealed", "totp_step"])


def _context(owner: Owner) -> str:
    # Bound to the account: a row's factor put into another row opens nothing.
    return f"totp/{name_of(owner)}"
