"""The policy as it is published: made from the same profile that the rules of admission ask (S4-04)."""

from datetime import date, datetime

from core.message import Intent
from core.policy.published_rules import published_rules
from core.profile import ChannelException, ChannelRule, DataClass, MailboxPurpose, Profile, SensitiveKind
from core.texts import tr

_INTENTS = {
    Intent.OPEN: "open a ticket", Intent.COMPLEMENT: "add to a ticket", Intent.INQUIRE: "ask for news of a ticket",
}  # fmt: skip
_DATA = {DataClass.ANY: "any data", DataClass.NOT_SENSITIVE: "without sensitive data"}
_KINDS = {
    SensitiveKind.CPF: "CPF numbers", SensitiveKind.CNPJ: "CNPJ numbers", SensitiveKind.CARD: "payment card numbers",
    SensitiveKind.HEALTH: "health data",
}  # fmt: skip
_CHANGE = (
    "A new administrator is asked for by mail from the registered mailbox of the organization's board to {mailbox},"
    " with name, CPF and e-mail address of the new one. Two people of the desk approve it, every present"
    " administrator is told, and any of them may contest it within {hours} hours."
)
_PURPOSES = {"negotiation": "negotiation of products and prices"}


def published(profile: Profile, at: datetime, language: str) -> dict[str, object]:
    """What everybody may know of a desk at that time: only what its profile publishes, as JSON values.

    Codes stand under the names of the profile; `says` and `*_says` are sentences in `language`.
    """
    day = profile.day_of(at)
    return {
        "desk": profile.title,
        "language": language,
        "day": day.isoformat(),
        "official_channels": [
            _official(channel, rule, day, language) for channel, rule in profile.channels.items() if rule.may_on(day)
        ],
        "not_channels": [
            {"channel": channel, "title": rule.title, "changes": _changes(rule, day, language),
             "exceptions": _exceptions(rule, profile, day, language)}
            for channel, rule in profile.channels.items() if not rule.may_on(day)
        ],
        "who_may_speak": _who_may_speak(profile, at, language),
        "change_of_administrator": _change_of_administrator(profile, language),
        "from_elsewhere": {"held_days": profile.mail.held_days, "says": _from_elsewhere(profile, language)},
        "sectors": [
            {
                "sector": each.slug, "title": each.title, "responsible": each.responsible, "contact": each.contact,
                "duties": each.duties,
            }
            for each in profile.sectors
        ],
        "privacy": _privacy(profile, language),
        "rules": published_rules(profile, language),
    }  # fmt: skip


def _official(channel: str, rule: ChannelRule, day: date, language: str) -> dict[str, object]:
    return {
        "channel": channel, "title": rule.title, **_may(rule.may_on(day), language),
        "changes": _changes(rule, day, language),
    }  # fmt: skip


def _exceptions(rule: ChannelRule, profile: Profile, day: date, language: str) -> list[dict[str, object]]:
    """Those in force, and those that will be."""
    return [_exception(each, profile, language) for each in rule.exceptions if each.until is None or day < each.until]


def _may(intents: tuple[Intent, ...], language: str) -> dict[str, object]:
    return {"may": [each.value for each in intents], "says": [tr(language, _INTENTS[each]) for each in intents]}


def _changes(rule: ChannelRule, day: date, language: str) -> list[dict[str, object]]:
    """What is decided already and not in force yet."""
    return [{"since": each.since.isoformat(), **_may(each.may, language)} for each in rule.changes if each.since > day]


def _exception(exception: ChannelException, profile: Profile, language: str) -> dict[str, object]:
    title = next((each.title for each in profile.sectors if each.slug == exception.sector), exception.sector)
    purpose = tr(language, _PURPOSES[exception.purpose]) if exception.purpose in _PURPOSES else exception.purpose
    return {
        "sector": exception.sector, "purpose": exception.purpose, "data": exception.data.value,
        "since": exception.since.isoformat() if exception.since else None,
        "until": exception.until.isoformat() if exception.until else None,
        "says": f"{title}: {purpose}, {tr(language, _DATA[exception.data])}",
    }  # fmt: skip


def _who_may_speak(profile: Profile, at: datetime, language: str) -> dict[str, object]:
    access, phone = profile.access, profile.may("phone", at)
    says = [
        tr(language, "Only registered people with the role of key user speak with support for their organization."),
        tr(language, "An organization's own administrators register its people and grant or revoke that right."
                     " Readers get information, and do not speak with support."),
    ]  # fmt: skip
    if access.key_user_quota is not None:
        says.append(tr(language, "Key users of each organization: at most {count}.", count=access.key_user_quota))
    if access.colleagues_have_standing:
        says.append(tr(language, "Key users of one organization see and complete each other's tickets."))
    else:
        says.append(tr(language, "A ticket is seen by its requester and by those who were added to it."))
    if phone and Intent.OPEN not in phone:
        says.append(tr(language, "No ticket is opened by telephone: nobody can prove there who is calling."))
    if profile.is_official("telegram", at):
        says.append(tr(language, "A Telegram chat is heard once its owner has linked it with a one-time code."))
    if not access.agents_may_open:
        says.append(tr(language, "Agents do not open tickets on anybody's behalf."))
    return {
        "role": "key_user", "quota": access.key_user_quota, "agents_may_open": access.agents_may_open,
        "colleagues_have_standing": access.colleagues_have_standing, "phone_may_open": Intent.OPEN in phone,
        "permissions": [
            {"category": each.slug, "title": each.title, "scope": each.scope.value}
            for each in profile.categories if each.scope
        ],
        "says": says,
    }  # fmt: skip


def _change_of_administrator(profile: Profile, language: str) -> dict[str, object] | None:
    """None where the desk has no mailbox for it."""
    boxes = [each.address for each in profile.mailboxes if each.purpose is MailboxPurpose.ADMINISTRATORS]
    if not boxes:
        return None
    hours = profile.access.contest_hours
    return {"mailbox": boxes[0], "contest_hours": hours, "says": tr(language, _CHANGE, mailbox=boxes[0], hours=hours)}


def _from_elsewhere(profile: Profile, language: str) -> list[str]:
    return [
        tr(language, "Mail from anybody without the right is refused while it is handed over, and the refusal names the"
                     " official channels. Neither its text nor its sender's address is kept."),
        tr(language, "Mail in a registered name that is not proven to come from there is held for an operator, and"
                     " dropped after {days} days.", days=profile.mail.held_days),
        tr(language, "What comes by a channel that is not official is refused, and nothing of it is kept."),
    ]  # fmt: skip


def _privacy(profile: Profile, language: str) -> dict[str, object]:
    mask, refuse = profile.sensitive.mask, profile.sensitive.refuse
    return {
        "officer": profile.privacy.officer, "contact": profile.privacy.contact,
        "masked": [each.value for each in mask], "masked_says": [tr(language, _KINDS[each]) for each in mask],
        "refused": [each.value for each in refuse], "refused_says": [tr(language, _KINDS[each]) for each in refuse],
    }  # fmt: skip
