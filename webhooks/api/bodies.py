"""The bodies the API takes, each a frozen value; what is wrong is told by the body's own path."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from core.errors import InvalidFields
from core.texts import tr

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=1_000_000, pattern=r"\S")]
MAX_UNDO_SECONDS = 600


class Body(BaseModel):
    """A JSON object whose every key is known (SECURITY.md W11)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class NewTicketBody(Body):
    """`POST /api/v1/tickets`."""

    organization: Line | None = None
    requester: Line
    title: Line
    text: Words
    category: Line | None = None
    subcategory: Line | None = None
    priority: Line | None = None
    sector: Line | None = None
    agent: Line | None = None
    affected_customer: Annotated[str, StringConstraints(max_length=200)] | None = None


class EntryBody(Body):
    """`POST …/entries`, beside its files."""

    text: Words
    visibility: str = "public"
    # A form's fields are texts.
    undo_seconds: Annotated[int, Field(ge=0, le=MAX_UNDO_SECONDS, strict=False)] = 0


class ParticipantBody(Body):
    """`POST …/participants`."""

    # None at all is nobody's: said of the field, and only to whom the ticket exists.
    email: Annotated[str, StringConstraints(max_length=320)] = ""


class ActBody(Body):
    """`POST …/{action}`; which fields an action needs is the action's affair."""

    version: int | None = None
    sector: str | None = None
    agent: str | None = None
    reason: str | None = None
    text: str | None = None
    fields: dict[str, JsonValue] = {}


_Body = TypeVar("_Body", bound=Body)


def parse_body(model: type[_Body], values: Mapping[str, Any], language: str) -> _Body:
    """`values` as `model`, or `InvalidFields` with every complaint in the user's language."""
    try:
        return model.model_validate(_without_nul(values))
    except ValidationError as error:
        errors: dict[str, list[str]] = {}
        for each in error.errors():
            path = ".".join(str(part) for part in each["loc"])
            errors.setdefault(path, []).append(_complaint(each, language))
        raise InvalidFields(errors) from error


def _without_nul(value: Any) -> Any:
    """The same JSON without NUL characters, which mean nothing and break databases (S22)."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, Mapping):
        return {_without_nul(key): _without_nul(each) for key, each in value.items()}
    return [_without_nul(each) for each in value] if isinstance(value, list) else value


def _complaint(error: ErrorDetails, language: str) -> str:
    kind, limits = error["type"], error.get("ctx", {})
    if kind == "missing":
        return tr(language, "is required")
    if kind == "extra_forbidden":
        return tr(language, "no such field")
    if kind in ("string_too_short", "string_pattern_mismatch"):
        return tr(language, "must not be empty")
    if kind == "string_too_long":
        return tr(language, "must have at most {limit} characters", limit=limits["max_length"])
    if kind in ("greater_than_equal", "less_than_equal"):
        return tr(language, "must be a number from {least} to {most}", least=0, most=MAX_UNDO_SECONDS)
    return tr(language, "has the wrong type")
