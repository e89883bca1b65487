"""Letters about accounts and organizations: who may have one, and what it says; pure."""

from collections.abc import Callable

from core.deliveries import DeliveryKind
from core.people.tables import Agent, Person
from core.profile import Profile
from core.texts import tr

# To whoever administers, and to nobody who has stopped doing so since.
_FOR_ADMINISTRATORS = (DeliveryKind.COLLEAGUES_DIGEST, DeliveryKind.ADMINISTRATOR_CHANGE, DeliveryKind.ACCOUNT_ALERT)

Words = tuple[str, str]


def may_have(kind: DeliveryKind, owner: Agent | Person) -> bool:
    """Whether `owner` may have a letter of `kind` at this moment (O19)."""
    if owner.blocked:
        return False
    if kind not in _FOR_ADMINISTRATORS:
        return kind in _WORDS
    return owner.role == "admin" if isinstance(owner, Agent) else owner.administers


def words_of(kind: DeliveryKind, base_url: str, secret_or_id: str, profile: Profile) -> Words:
    """Subject and text; `secret_or_id` is the last part of the page the letter leads to."""
    return _WORDS[kind](f"{base_url.rstrip('/')}", secret_or_id, profile)


def _invitation(base_url: str, secret: str, profile: Profile) -> Words:
    subject = tr(profile.language, "{desk}: your access", desk=profile.title)
    text = tr(
        profile.language,
        "Hello,\n\nyou were given access to {desk}. Open this page within an hour and choose a password:\n\n{link}\n\n"
        "If the hour is over, ask for a new link under {again}.",
        desk=profile.title, link=f"{base_url}/begin/{secret}", again=f"{base_url}/forgot",
    )  # fmt: skip
    return subject, text


def _password_link(base_url: str, secret: str, profile: Profile) -> Words:
    subject = tr(profile.language, "{desk}: a new password", desk=profile.title)
    text = tr(
        profile.language,
        "Hello,\n\nsomebody asked for a new password for this address. If it was you, open this page within an"
        " hour:\n\n{link}\n\nIf it was not, do nothing: your password stays as it is.",
        link=f"{base_url}/begin/{secret}",
    )
    return subject, text


def _colleagues_digest(base_url: str, _: str, profile: Profile) -> Words:
    subject = tr(profile.language, "{desk}: colleagues wait for your decision", desk=profile.title)
    text = tr(
        profile.language,
        "Hello,\n\nsomebody of your organization wrote to {desk} without the permission to speak with support."
        " Sign in to decide about it:\n\n{link}\n\nWithout your decision nothing is answered.",
        desk=profile.title, link=f"{base_url}/portal/people",
    )  # fmt: skip
    return subject, text


def _administrator_change(base_url: str, change_id: str, profile: Profile) -> Words:
    subject = tr(profile.language, "{desk}: change of administrator", desk=profile.title)
    text = tr(
        profile.language,
        "Hello,\n\nthe board of your organization asked {desk} for another administrator, and two people of"
        " ours have approved it. Unless an administrator contests it within {hours} hours, it takes effect."
        " To see or contest it, sign in:\n\n{link}",
        desk=profile.title, hours=profile.access.contest_hours,
        link=f"{base_url}/portal/administrator-changes/{change_id}",
    )  # fmt: skip
    return subject, text


def _account_alert(base_url: str, _: str, profile: Profile) -> Words:
    subject = tr(profile.language, "{desk}: an account may be shared", desk=profile.title)
    text = tr(
        profile.language,
        "Hello,\n\nsomebody's password seems to be used by several people. A password is personal. Sign in to"
        " block the account or to settle the matter:\n\n{link}",
        link=f"{base_url}/alerts",
    )
    return subject, text


_WORDS: dict[DeliveryKind, Callable[[str, str, Profile], Words]] = {
    DeliveryKind.INVITATION: _invitation,
    DeliveryKind.PASSWORD_LINK: _password_link,
    DeliveryKind.COLLEAGUES_DIGEST: _colleagues_digest,
    DeliveryKind.ADMINISTRATOR_CHANGE: _administrator_change,
    DeliveryKind.ACCOUNT_ALERT: _account_alert,
}
