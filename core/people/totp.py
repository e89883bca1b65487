"""Codes of an authenticator app, one for each thirty seconds (RFC 6238); pure."""

import hmac
from datetime import datetime

import pyotp

STEP_SECONDS = 30
DIGITS = 6
# One step before and after: a telephone's clock is not ours, and typing takes time (RFC 6238 §5.2).
_WINDOW = (0, -1, 1)


def new_key() -> str:
    """A fresh secret of 160 bits in base 32, as apps take it (RFC 4226 §4, R6)."""
    return pyotp.random_base32(32)


def step_of(now: datetime) -> int:
    """The number of the time step that `now` is in."""
    return int(now.timestamp()) // STEP_SECONDS


def matching_step(key: str, code: str, now: datetime, after: int) -> int | None:
    """The time step whose code this is, around `now` and later than `after`; None for a wrong code."""
    generator = pyotp.TOTP(key, digits=DIGITS, interval=STEP_SECONDS)
    shown = code.replace(" ", "").encode("utf-8", "replace")
    for step in (step_of(now) + each for each in _WINDOW):
        expected = generator.at(step * STEP_SECONDS)
        if step > after and hmac.compare_digest(expected.encode(), shown):
            return step
    return None


def link_of(key: str, account: str, desk: str) -> str:
    """The `otpauth://` link that an app reads from a QR code."""
    return pyotp.TOTP(key, digits=DIGITS, interval=STEP_SECONDS).provisioning_uri(name=account, issuer_name=desk)
