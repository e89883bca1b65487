"""One message out of a mailbox: fetched, judged and made durable, or refused unread, and where it goes then."""

from dataclasses import dataclass, replace
from uuid import NAMESPACE_OID, uuid5

import structlog

from core import clock
from core.decision import Reason, Verdict
from core.errors import Unavailable, Unproven
from core.imap_accounts import ImapAccount
from core.message import InboundMessage, RefusedMessage
from core.policy.admission import judge
from gateway.channels.email import CHANNEL, MailArrival, normalise, prove_refused
from gateway.channels.imap_folders import PROCESSED, QUARANTINE
from gateway.channels.imap_mail import arrival_of
from gateway.channels.imap_thread import RemoteBox
from gateway.channels.imap_tries import MAX_TRIES, Tries
from gateway.ingest.desk import Desk
from gateway.ingest.rates import LimitReached
from gateway.ingest.receive import note_refused, receive
from gateway.metrics import count_mailbox_alert

GONE = ""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Letterbox:
    """A selected folder with whom it is read for; `uid_validity` names its numbering."""

    box: RemoteBox
    account: ImapAccount
    desk: Desk
    tries: Tries
    uid_validity: int


async def take(uid: int, size: int, raw: bytes | None, letterbox: Letterbox) -> str | None:
    """The folder it belongs into now that it is durable, `GONE`, or None when it is tried again later.

    `raw` is the mail where it was fetched before. Raises `FetchFailed` and `Unavailable`.
    """
    if size > letterbox.desk.settings.max_message_bytes:
        return await _refuse(uid, size, Reason.TOO_LARGE, letterbox)
    if letterbox.tries.count(uid) >= MAX_TRIES:
        return await _refuse(uid, size, Reason.UNREADABLE, letterbox)
    if raw is None:
        raw = (await letterbox.box.fetch([uid])).get(uid)
    if raw is None:
        return GONE
    try:
        return await _judge(uid, raw, letterbox)
    except Unproven:
        letterbox.tries.failed(uid)
        _log.warning("sender_unproven_yet", uid=uid, tries=letterbox.tries.count(uid))
        return None
    except LimitReached:
        # The mail has time, and whoever sent too many of them is waited for (SECURITY.md S18).
        raise Unavailable("too many at once") from None
    except Unavailable:
        raise
    except Exception:  # noqa: BLE001 - whatever it is about this mail, the others must flow (N04)
        _log.exception("mail_not_taken", uid=uid)
        if letterbox.tries.failed(uid) < MAX_TRIES:
            return None
    return await _refuse(uid, size, Reason.UNREADABLE, letterbox)


async def _judge(uid: int, raw: bytes, letterbox: Letterbox) -> str:
    desk = letterbox.desk
    arrival = arrival_of(raw, letterbox.account, desk.profile, clock.now())
    try:
        verdict = await _received(arrival, desk)
    except Unproven:
        if letterbox.tries.count(uid) < MAX_TRIES - 1:
            raise
        # Five times DNS did not answer: held, for an operator may know the sender (INTERFACES.md §5).
        verdict = await _received(replace(arrival, dns_gave_up=True), desk)
    return QUARANTINE if verdict is Verdict.REFUSE else PROCESSED


async def _received(arrival: MailArrival, desk: Desk) -> Verdict:
    message = await normalise(arrival, desk)
    if isinstance(message, InboundMessage) and not message.is_automatic:
        verdict = judge(message, desk.profile).verdict
        message = await prove_refused(message, arrival, desk) if verdict is Verdict.REFUSE else message
    return (await receive(message, desk, tells_refused=True)).decision.verdict


async def _refuse(uid: int, size: int, reason: Reason, letterbox: Letterbox) -> str:
    """Set it aside unread; the ledger's row has the same id however often a crash repeats this."""
    account = letterbox.account
    name = f"{account.key}/{account.folder}/{letterbox.uid_validity}/{uid}"
    refused = RefusedMessage(
        intake_id=uuid5(NAMESPACE_OID, name), channel=CHANNEL, reason=reason, received_at=clock.now(), size=size
    )
    await note_refused(refused, letterbox.desk)
    _log.error("mail_set_aside", uid=uid, reason=reason.value, size=size)
    count_mailbox_alert("set_aside")
    return QUARANTINE
