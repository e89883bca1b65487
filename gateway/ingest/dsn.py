"""What a delivery report says: action and status of RFC 3464, or as good a guess as its text allows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.ingest.mail_files import MailAttachment

FAILED, DELAYED = "failed", "delayed"

_TYPES = ("message/delivery-status", "message/global-delivery-status")
# Worst first (RFC 3464 §2.3.3).
_ACTIONS = (FAILED, DELAYED, "expanded", "relayed", "delivered")
_READ_BYTES = 64 * 1024
_READ_TEXT = 6_000
_MOST_GROUPS = 100
_MOST_PARTS = 5

_FIELD = re.compile(r"^(action|status|diagnostic-code)[ \t]*:[ \t]*(.*(?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_EMPTY_LINES = re.compile(r"\n[ \t]*\n")
# RFC 3463 knows the subjects 0 to 7; what is longer or goes on with another dot is an address or a version.
_STATUS = re.compile(r"(?<![\d.])([245]\.[0-7]\.\d{1,3})(?!\.?\d)")
# In prose a version looks the same: "Android 4.4.2".
_SAID_STATUS = re.compile(
    r"(?:^|[#(:\[\"'>=,;]|\b(?:said|error|status|code|respon[a-z]+))\s{0,20}([245]\.[0-7]\.\d{1,3})(?!\.?\d)",
    re.IGNORECASE | re.MULTILINE,
)
_CODE = re.compile(r"(?<![\d.])([45])[0-7]\d[ -](?=\D)")
_CODE_AND_STATUS = re.compile(r"(?<![\d.])[45][0-7]\d[ \t-]*#?\(?([45]\.[0-7]\.\d{1,3})(?!\.?\d)")
_REPLY = re.compile(r"(?:^|[\s:>(\[\"'=#])([45])[0-7]\d(?:[ -](?=[^\d\s])|[)\]:;,.\"']|$)", re.MULTILINE)
_ORIGINAL = re.compile(
    r"^.{0,20}(?:original message|this is a copy of|below this line|undelivered message headers|mensagem original"
    r"|message headers|returned message|content-type: message/rfc822)",
    re.IGNORECASE | re.MULTILINE,
)
_STILL_TRYING = re.compile(
    r"\bdelayed\b|\bwarning\b|not (?:yet )?been delivered|attempts will (?:continue|be)|will (?:be )?(?:re)?tr(?:y|ied)"
    r"|(?:keep|continue) trying|not need to re-?send|temporary failure|ser[aá] (?:feita )?(?:uma )?nova tentativa"
    r"|n[aã]o [eé] (?:necess[aá]rio|preciso) reenviar",
    re.IGNORECASE,
)
_NOBODY = (
    r"(?:unknown|invalid|no such|disabled|inactive) .{0,12}(?:user|mailbox|recipient|address|account)|user unknown"
    r"|(?:user|address|mailbox|account|recipient)\S* .{0,60}(?:does ?n[o']t exist|not found|unknown|disabled)"
    r"|doesn't have an? \S+ account|n[aã]o existe|inexistente|no existe|n'existe pas|existiert nicht|unbekannt"
)
_NOWHERE = r"(?:host|domain)\S* .{0,40}(?:unknown|not found|does ?n[o']t exist)|unknown host|couldn't find any host"
_WORDS = (
    ("5.2.2", r"quota|mailbox (?:is )?full|exceed\w* .{0,30}(?:size|limit)|caixa .{0,20}cheia|sobrecarregad"),
    ("5.1.1", _NOBODY),
    ("5.1.2", _NOWHERE),
    ("4.4.7", r"timed? ?out|not (?:been )?delivered within|retry time|too long|expired"),
)
_GUESSES = tuple((status, re.compile(words, re.IGNORECASE)) for status, words in _WORDS)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """`action` is RFC 3464's word, `status` three numbers of RFC 3463; empty where nothing is known."""

    action: str = ""
    status: str = ""


def read_report(attachments: Sequence[MailAttachment], text: str) -> DeliveryReport:
    """The worst that the report says of any recipient, for each letter of ours has one alone.

    Without a delivery status part the text is guessed at. Bounded, and never raises.
    """
    parts = [each.content[:_READ_BYTES] for each in attachments if each.content_type in _TYPES][:_MOST_PARTS]
    reports = [report for part in parts for report in _recipients(part.decode("utf-8", "replace"))]
    if not reports:
        return _guess(text[:_READ_TEXT])
    return min(reports, key=_badness)


def _badness(report: DeliveryReport) -> tuple[int, bool]:
    at = _ACTIONS.index(report.action) if report.action in _ACTIONS else len(_ACTIONS)
    return at, not report.status.startswith("5")


def _recipients(part: str) -> list[DeliveryReport]:
    """One for each group of fields that says something of a recipient."""
    found = []
    for group in _EMPTY_LINES.split(part.replace("\r\n", "\n"))[:_MOST_GROUPS]:
        fields = {name.lower(): value for name, value in _FIELD.findall(group)}
        if fields:
            found.append(_of_recipient(fields))
    return found


def _of_recipient(fields: dict[str, str]) -> DeliveryReport:
    status = _first(_STATUS, fields.get("status", ""))
    diagnosed = _status_in(fields.get("diagnostic-code", ""), _STATUS)
    # "5.0.0" says no more than that it failed; what the other side said may say why.
    if diagnosed and (not status or (status.endswith(".0.0") and diagnosed[0] == status[0])):
        status = diagnosed
    words = fields.get("action", "").strip().lower().split()
    action = words[0] if words and words[0] in _ACTIONS else ""
    if not action:
        action = {"5": FAILED, "4": DELAYED, "2": "delivered"}.get(status[:1], "")
    if action == FAILED and status.startswith("2"):
        status = ""
    return DeliveryReport(action, status)


def _guess(text: str) -> DeliveryReport:
    original = _ORIGINAL.search(text, min(len(text), 100))
    said = text[: original.start()] if original else text
    status = _status_in(said, _SAID_STATUS) or next((status for status, words in _GUESSES if words.search(said)), "")
    if not status.startswith("5") and _STILL_TRYING.search(said):
        return DeliveryReport(DELAYED, status)
    return DeliveryReport(FAILED, status)


def _status_in(text: str, alone: re.Pattern[str]) -> str:
    """The status in an SMTP answer: as such, else its code's class alone."""
    found = _first(_CODE_AND_STATUS, text) or _first(alone, text)
    if found:
        return found
    code = _first(_CODE, text[:10]) or _first(_REPLY, text)
    return f"{code}.0.0" if code else ""


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match.group(1) if match else ""
