"""The fields of a form's post, checked against the profile before anything is done with them."""

import re
from collections.abc import Mapping
from typing import Any

from core.errors import InvalidFields
from core.people.addresses import canonical_email
from core.profile import Form, Profile
from core.texts import tr
from gateway.channels.form import FormPost

_LIMITS = {
    "name": 200, "email": 320, "phone": 40, "title": 300, "category": 64, "subcategory": 64, "protocol": 64,
}  # fmt: skip
_LIMIT_OF_EXTRAS = 4_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def parse_post(values: Mapping[str, Any], form: Form, profile: Profile, language: str) -> FormPost:
    """The post, or `InvalidFields` with every complaint; a field nobody named is one (W11)."""
    errors: dict[str, list[str]] = {}
    texts = _texts(values, form, errors, language)
    email = canonical_email(texts.get("email", ""))
    for name in ("email", "message"):
        if not texts.get(name) and name not in errors:
            errors[name] = ["is required"]
    if email is None:
        errors.setdefault("email", ["is not a mail address"])
    _check_category(texts, profile, errors)
    if errors or email is None:
        raise InvalidFields(errors)
    known = {name: texts.get(name, "") for name in ("name", "title", "category", "subcategory", "protocol")}
    extra = {name: text for name, text in texts.items() if name == "phone" or name in form.fields}
    return FormPost(email=email, message=texts["message"], extra=extra, **known)


def _texts(
    values: Mapping[str, Any], form: Form, errors: dict[str, list[str]], language: str
) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, value in values.items():
        limit = _limit(name, form)
        text = _text(value)
        if limit is None:
            errors[name] = ["no such field"]
        elif text is None:
            errors[name] = ["has the wrong type"]
        elif len(text) > limit:
            errors[name] = [tr(language, "must have at most {limit} characters", limit=limit)]
        else:
            texts[name] = text if name == "message" else " ".join(text.split())
    return texts


def _limit(name: str, form: Form) -> int | None:
    if name == "message":
        return form.message_limit
    return _LIMITS.get(name) or (_LIMIT_OF_EXTRAS if name in form.fields else None)


def _text(value: Any) -> str | None:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    # A browser sends lines with CRLF; a NUL and its like mean nothing and break databases (S22).
    return _CONTROL.sub("", value.replace("\r\n", "\n")).strip() if isinstance(value, str) else None


def _check_category(texts: Mapping[str, str], profile: Profile, errors: dict[str, list[str]]) -> None:
    slug, sub = texts.get("category", ""), texts.get("subcategory", "")
    category = profile.category(slug)
    if slug and category is None:
        errors["category"] = ["no such category"]
    elif sub and not (category and category.has_subcategory(sub)):
        errors["subcategory"] = ["no such subcategory"]
