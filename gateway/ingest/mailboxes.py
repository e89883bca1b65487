"""Our own addresses in a mail: whose mailbox it is for, and what stands after the plus sign."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.profile import Profile
from gateway.ingest.mail import Mail


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """A mailbox of the desk, and the plus-suffix it was written with."""

    mailbox: str
    suffix: str = ""


def own_address(address: str, profile: Profile) -> OwnAddress | None:
    """The mailbox of ours that `address` reaches, whatever its case; None for anybody else's."""
    local, _, domain = address.lower().rpartition("@")
    base, _, suffix = local.partition("+")
    wanted = f"{base}@{domain}"
    for mailbox in profile.mailboxes:
        if mailbox.address == wanted:
            return OwnAddress(wanted, suffix)
    return None


def has_our_domain(address: str, profile: Profile) -> bool:
    """Whether `address` is at a domain of ours, though perhaps nobody's mailbox."""
    domain = address.lower().rpartition("@")[2]
    return any(mailbox.address.rpartition("@")[2] == domain for mailbox in profile.mailboxes)


def own_mailbox(mail: Mail, recipients: Iterable[str], profile: Profile) -> str | None:
    """The mailbox that owns a mail: the first of ours in To, then Cc, else in the envelope (T13)."""
    written = [each.email for each in (*mail.to, *mail.cc)]
    for address in (*written, *recipients):
        if found := own_address(address, profile):
            return found.mailbox
    return None
