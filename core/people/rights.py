"""What a person may do, and what becomes of it when one part is changed."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from core.errors import InvalidFields
from core.people.administering import KEY_USER
from core.people.scopes import TOTAL
from core.people.tables import Person
from core.profile import Scope

ADMIN = "admin"
READER = "reader"
ROLES = (KEY_USER, ADMIN, READER)
_COLUMNS = ("role", "may_speak", "administers", "scopes", "blocked", "version")
# Only a key user may administer or not.
_NEVER = {ADMIN: False, READER: True}


@dataclass(frozen=True, slots=True)
class Rights:
    """A person's rights: he may speak with support exactly when he is a key user."""

    role: str = READER
    administers: bool = False
    scopes: tuple[str, ...] = ()
    blocked: bool = False

    @property
    def may_speak(self) -> bool:
        return self.role == KEY_USER

    @property
    def counts_as_administrator(self) -> bool:
        return self.administers and not self.blocked

    def are_less_than(self, before: "Rights") -> bool:
        """Whether something was taken, or the role is another: his sessions end (W06)."""
        return (
            self.role != before.role
            or (before.administers and not self.administers)
            or not set(before.scopes) <= set(self.scopes)
            or (self.blocked and not before.blocked)
        )

    @property
    def audited(self) -> str:
        """The rights in words of ours."""
        claims = {"may_speak": self.may_speak, "administers": self.administers, "blocked": self.blocked}
        words = [f"role={self.role}", *(f"{name}={'yes' if holds else 'no'}" for name, holds in claims.items())]
        return " ".join([*words, f"scopes={','.join(self.scopes) or 'none'}"])


@dataclass(frozen=True, slots=True)
class RightsChange:
    """What is to be different; None leaves a part as it is."""

    role: str | None = None
    may_speak: bool | None = None
    administers: bool | None = None
    scopes: Collection[str] | None = None
    blocked: bool | None = None


NOTHING = RightsChange()


def rights_of(person: Person) -> Rights:
    """The rights a row keeps."""
    return Rights(person.role, person.administers, tuple(person.scopes.split()), person.blocked)


async def give(person: Person, rights: Rights, *others: str) -> None:
    """Write the rights and the next version, with what else of the row is named in `others`."""
    person.role, person.may_speak, person.administers = rights.role, rights.may_speak, rights.administers
    person.scopes, person.blocked = " ".join(rights.scopes), rights.blocked
    person.version += 1
    await person.save(update_fields=[*_COLUMNS, *others])


def after(before: Rights, change: RightsChange) -> Rights:
    """The rights after `change`; raises `InvalidFields` where its parts contradict each other.

    A role alone takes the administration away unless it is `admin`; the right to speak alone keeps
    it. Whoever becomes a key user may ask for everything (S4-03).
    """
    _require_sense(change)
    wanted = _with_voice(_with_role(before, change), change)
    if change.administers is not None:
        wanted = _with_administration(wanted, administers=change.administers)
    if change.scopes is not None:
        if change.scopes and not wanted.may_speak:
            raise InvalidFields({"scopes": ["only a key user has permissions"]})
        wanted = replace(wanted, scopes=tuple(each.value for each in Scope if each.value in change.scopes))
    return wanted if change.blocked is None else replace(wanted, blocked=change.blocked)


def _require_sense(change: RightsChange) -> None:
    errors: dict[str, list[str]] = {}
    if change.role is not None and change.role not in ROLES:
        errors["role"] = [f"must be one of {', '.join(ROLES)}"]
    elif change.role is not None and change.may_speak not in (None, change.role == KEY_USER):
        errors["may_speak"] = ["does not fit the role"]
    if change.role in _NEVER and change.administers is _NEVER[change.role]:
        errors["administers"] = ["does not fit the role"]
    if set(change.scopes or ()) - {each.value for each in Scope}:
        errors["scopes"] = [f"must be among {', '.join(Scope)}"]
    if errors:
        raise InvalidFields(errors)


def _with_role(before: Rights, change: RightsChange) -> Rights:
    if change.role is None:
        return before
    return _as(before, change.role, administers=change.role == ADMIN)


def _with_voice(before: Rights, change: RightsChange) -> Rights:
    if change.may_speak is None or change.may_speak == before.may_speak:
        return before
    silent = ADMIN if before.administers else READER
    return _as(before, KEY_USER if change.may_speak else silent, administers=before.administers)


def _with_administration(before: Rights, *, administers: bool) -> Rights:
    if before.may_speak:
        return replace(before, administers=administers)
    return _as(before, ADMIN if administers else READER, administers=administers)


def _as(before: Rights, role: str, *, administers: bool) -> Rights:
    if role != KEY_USER:
        scopes: tuple[str, ...] = ()
    else:
        scopes = before.scopes if before.may_speak else TOTAL
    return replace(before, role=role, administers=administers, scopes=scopes)
