"""A key that is offered to an app and not kept yet: it travels sealed in the form that confirms it."""

import base64
import io
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import segno
from markupsafe import Markup

from core.keys import SealingKeys
from core.people import totp
from core.people.owners import Owner, name_of
from core.tickets.office import Office

WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A key and when it was offered."""

    key: str
    offered_at: datetime

    @classmethod
    def fresh(cls, now: datetime) -> "Enrolment":
        return cls(totp.new_key(), now)


def shown(enrolment: Enrolment, owner: Owner, office: Office) -> dict[str, object]:
    """What the page tells: the QR code, the key in groups, the link, and the sealed key for the form."""
    link = totp.link_of(enrolment.key, owner.email, office.profile.title)
    key = enrolment.key
    return {
        "qr": _drawing(link), "link": link, "key": " ".join(key[at : at + 4] for at in range(0, len(key), 4)),
        "enrolment": _sealed(enrolment, owner, office.sealing),
    }  # fmt: skip


def _drawing(link: str) -> Markup:
    """The QR code as elements of the page: the content policy forbids `data:` pictures of ours and all styles."""
    out = io.BytesIO()
    segno.make(link, error="m").save(
        out, kind="svg", scale=5, border=4, xmldecl=False, svgns=False, nl=False, light="#fff", dark="#000",
        svgclass="qr", lineclass=None,
    )  # fmt: skip
    return Markup(out.getvalue().decode())  # noqa: S704 - drawn by segno out of bits, no text of anybody in it


def _sealed(enrolment: Enrolment, owner: Owner, sealing: SealingKeys) -> str:
    kept = json.dumps({"key": enrolment.key, "at": enrolment.offered_at.isoformat()}).encode()
    return base64.urlsafe_b64encode(sealing.seal(kept, _context(owner))).decode()


def opened(text: str, owner: Owner, sealing: SealingKeys, now: datetime) -> Enrolment | None:
    """What `shown` sealed for this very account, within a quarter of an hour; None for anything else."""
    try:
        kept = json.loads(sealing.open(base64.urlsafe_b64decode(text.encode("ascii")), _context(owner)))
    except ValueError:
        return None
    enrolment = Enrolment(kept["key"], datetime.fromisoformat(kept["at"]))
    return enrolment if now - enrolment.offered_at < WITHIN else None


def _context(owner: Owner) -> str:
    return f"totp-enrolment/{name_of(owner)}"
