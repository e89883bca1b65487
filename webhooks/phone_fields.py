"""What an agent writes down of a call, checked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.errors import InvalidFields
from core.message import Intent
from core.people.addresses import canonical_email, canonical_phone
from core.texts import tr
from gateway.channels.phone import Call

_LIMITS = {
    "caller_phone": 40, "caller_email": 320, "caller_name": 200, "intent": 16, "protocol": 64,
    "summary": 100_000, "started_at": 40, "ended_at": 40,
}  # fmt: skip


def parse_call(values: Mapping[str, Any], language: str) -> Call:
    """The call, or `InvalidFields` with every complaint."""
    errors: dict[str, list[str]] = {}
    texts = _texts(values, errors, language)
    intent = _intent(texts.get("intent", ""), errors)
    if not texts.get("summary"):
        errors.setdefault("summary", ["is required"])
    if intent is Intent.COMPLEMENT and not texts.get("protocol"):
        errors.setdefault("protocol", ["is required"])
    if intent is Intent.OPEN and texts.get("protocol"):
        errors.setdefault("protocol", ["a new ticket has no protocol yet"])
    phone, email = canonical_phone(texts.get("caller_phone", "")), canonical_email(texts.get("caller_email", ""))
    if texts.get("caller_phone") and phone is None:
        errors["caller_phone"] = ["is not a telephone number"]
    if texts.get("caller_email") and email is None:
        errors["caller_email"] = ["is not a mail address"]
    started, ended = _moment("started_at", texts, errors), _moment("ended_at", texts, errors)
    if started and ended and ended < started:
        errors["ended_at"] = ["is before the beginning"]
    if errors or intent is None:
        raise InvalidFields(errors)
    return Call(
        intent=intent, summary=texts["summary"], protocol=texts.get("protocol", ""), caller_phone=phone or "",
        caller_email=email or "", caller_name=texts.get("caller_name", ""), started_at=started, ended_at=ended,
    )  # fmt: skip


def _texts(values: Mapping[str, Any], errors: dict[str, list[str]], language: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, value in values.items():
        if name not in _LIMITS:
            errors[name] = ["no such field"]
        elif value is None:
            continue
        elif not isinstance(value, str):
            errors[name] = ["has the wrong type"]
        elif len(value) > _LIMITS[name]:
            errors[name] = [tr(language, "must have at most {limit} characters", limit=_LIMITS[name])]
        else:
            texts[name] = value.replace("\x00", "").strip()
    return texts


def _intent(text: str, errors: dict[str, list[str]]) -> Intent | None:
    try:
        return Intent(text)
    except ValueError:
        errors.setdefault("intent", ["must be one of open, complement, inquire"])
        return None


def _moment(name: str, texts: Mapping[str, str], errors: dict[str, list[str]]) -> datetime | None:
    text = texts.get(name, "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        errors[name] = ["is not a time with its zone (RFC 3339)"]
        return None
    return moment
