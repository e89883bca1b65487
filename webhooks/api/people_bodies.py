"""The bodies about organizations and their people, each a frozen value."""

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field

from core.message import Intent, Override
from webhooks.api.bodies import Body, Line

_Word = Annotated[Intent, Field(strict=False)]


def _day(value: object) -> object:
    """A number is no day, though pydantic would count seconds with it."""
    if value is not None and not isinstance(value, str):
        raise ValueError("no day")
    return value


_Day = Annotated[date | None, Field(strict=False), BeforeValidator(_day)]


class OverrideBody(Body):
    """What an organization's people may do by a channel from `since` until before `until`."""

    channel: Line
    # JSON has no tuples, no dates and no words of ours: they come as lists and texts.
    may: Annotated[tuple[_Word, ...], Field(strict=False, max_length=len(Intent))] = ()
    since: _Day = None
    until: _Day = None

    @property
    def override(self) -> Override:
        return Override(channel=self.channel, may=self.may, since=self.since, until=self.until)


class OrganizationPatch(Body):
    """`PATCH /api/v1/organizations/{id}`: what is not named stays, null takes it away."""

    name: Line = ""
    domains: list[Line] = []
    document: Line | None = None
    key_user_quota: int | None = None
    board_mailbox: Line | None = None
    overrides: list[OverrideBody] = []

    @property
    def given(self) -> dict[str, object]:
        """What was named, as `NewOrganization` calls it."""
        given: dict[str, object] = {name: getattr(self, name) for name in self.model_fields_set}
        if "overrides" in given:
            given["overrides"] = tuple(each.override for each in self.overrides)
        return given


class OrganizationBody(OrganizationPatch):
    """`POST /api/v1/organizations`."""

    name: Line


class UserBody(Body):
    """`POST …/users`; `invite` sends a letter whose link lets the person choose a password."""

    email: Line
    name: Line | None = None
    phone: Line | None = None
    role: Line | None = None
    may_speak: bool | None = None
    administers: bool | None = None
    scopes: list[Line] | None = None
    invite: bool = False


class UserPatch(Body):
    """`PATCH …/users/{id}`: what is not named stays."""

    name: Line | None = None
    role: Line | None = None
    may_speak: bool | None = None
    administers: bool | None = None
    scopes: list[Line] | None = None
    blocked: bool | None = None
    version: int | None = None


class IdentityBody(Body):
    """`POST …/users/{id}/identities`."""

    kind: Line
    value: Line


class MergeBody(Body):
    """`POST …/users/{id}/merge`."""

    into: int
