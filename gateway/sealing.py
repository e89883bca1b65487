"""Each second, audit rows that are not in the chain yet are sealed into it."""

import asyncio
from datetime import datetime, timedelta

import structlog

from core import clock
from core.database import AWAY_ERRORS, telling_away
from core.errors import Unavailable
from core.keys import SigningKeys
from core.sealing_audit import AT_ONCE, ChainBroken, seal, sign_anew

EVERY = timedelta(seconds=1)
# Trouble that lasts is told again, but not each second.
TELL_AGAIN_AFTER = timedelta(minutes=10)

_log = structlog.get_logger(__name__)


async def seal_each_second(signing: SigningKeys) -> None:
    """Run until cancelled; several may run, and there is one chain."""
    is_signed = False
    told_at: datetime | None = None
    while True:
        now = clock.now()
        sealed = 0
        try:
            async with telling_away():
                if not is_signed:
                    await sign_anew(signing, now)
                    is_signed = True
                sealed = await seal(signing, now)
        except ChainBroken as broken:
            if told_at is None or now - told_at >= TELL_AGAIN_AFTER:
                _log.error("audit_chain_broken", problem=str(broken))
                told_at = now
        except (Unavailable, *AWAY_ERRORS) as error:
            _log.warning("audit_not_sealed", error=type(error).__name__)
        if sealed < AT_ONCE:
            await asyncio.sleep(EVERY.total_seconds())
