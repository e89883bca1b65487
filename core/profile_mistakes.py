"""What no single part of a profile can see: names that must exist or not repeat, and rules that would do nothing."""

import re
from collections.abc import Iterator

from core.profile import MAILBOX_LOCAL_PART, SHADOWABLE, ChannelRule, MailboxPurpose, Profile, SensitiveKind

# These have doors and rules of their own, which know of no exception.
_OWN_DOORS = ("email", "form", "portal", "telegram", "phone")
# The counter's own addresses beside `/webhooks/{channel}`.
_RESERVED = ("forms", "receipts")
_MAX_NAME = 32  # as a ticket keeps how it was opened
_ROLES = ("agent", "lead", "direction", "admin")
_WORD = re.compile(r"[^\W\d_][^\W_]*")


def mistakes_of(profile: Profile) -> list[str]:
    """Every mistake, by the place where it stands."""
    return [
        *_mailbox_mistakes(profile),
        *_name_mistakes(profile),
        *_channel_mistakes(profile),
        *_rule_mistakes(profile),
        *_repeated(profile),
        *(f"protocol: {complaint}" for complaint in _protocol_complaints(profile.protocol)),
    ]


def _mailbox_mistakes(profile: Profile) -> Iterator[str]:
    if not any(box.purpose is MailboxPurpose.SUPPORT for box in profile.mailboxes):
        yield "mailboxes: none has the purpose support"
    for index, box in enumerate(profile.mailboxes):
        if len(box.address.partition("@")[0]) > MAILBOX_LOCAL_PART:
            yield (
                f"mailboxes[{index}].address: local part over {MAILBOX_LOCAL_PART} characters leaves"
                " no room for the signed reply address"
            )
        if box.category and profile.category(box.category) is None:
            yield f"mailboxes[{index}].category names no category"


def _name_mistakes(profile: Profile) -> Iterator[str]:
    for index, move in enumerate(profile.moves):
        for end in ("source", "target"):
            if not profile.has_sector(getattr(move, end)):
                yield f"moves[{index}].{end} names no sector"
    for index, category in enumerate(profile.categories):
        if category.sector and not profile.has_sector(category.sector):
            yield f"categories[{index}].sector names no sector"
        if category.scope and category.out_of_scope:
            yield f"categories[{index}].scope: nobody may ask for what is out of scope"


def _channel_mistakes(profile: Profile) -> Iterator[str]:
    for slug, rule in profile.channels.items():
        place = f"channels.{slug}"
        if slug in _RESERVED:
            yield f"{place}: the name is taken"
        days = [each.since for each in rule.changes]
        if days != sorted(set(days)):
            yield f"{place}.changes: must stand in the order of their days"
        yield from _exception_mistakes(place, slug, rule, profile)


def _exception_mistakes(place: str, slug: str, rule: ChannelRule, profile: Profile) -> Iterator[str]:
    if rule.exceptions and slug in _OWN_DOORS:
        yield f"{place}.exceptions: this channel has rules of its own and no exceptions"
    elif rule.exceptions and (rule.may or any(each.may for each in rule.changes)):
        yield f"{place}.exceptions: an official channel needs none"
    if rule.exceptions and len(slug) > _MAX_NAME:
        yield f"{place}: the name of a channel with exceptions has at most {_MAX_NAME} characters"
    if rule.exceptions and profile.form(slug):
        yield f"{place}: a form has this name, and one token would open both"
    for index, exception in enumerate(rule.exceptions):
        if not profile.has_sector(exception.sector):
            yield f"{place}.exceptions[{index}].sector names no sector"
        if exception.since and exception.until and exception.until <= exception.since:
            yield f"{place}.exceptions[{index}].until: not after since, so it never holds"


def _rule_mistakes(profile: Profile) -> Iterator[str]:
    for name in profile.policy.shadow:
        if name not in SHADOWABLE:
            yield f"policy.shadow: {name} may not be in shadow, only {', '.join(sorted(SHADOWABLE))}"
    sensitive = profile.sensitive
    for word in sensitive.health_words:
        if not _WORD.fullmatch(word):
            yield f"sensitive.health_words: {word!r} is not one word"
    for part in ("mask", "refuse"):
        if SensitiveKind.HEALTH in getattr(sensitive, part) and not sensitive.health_words:
            yield f"sensitive.{part}: health finds nothing without health_words"
    for role in profile.access.second_factor_for:
        if role not in _ROLES:
            yield f"access.second_factor_for: {role} is no role, only {', '.join(_ROLES)}"


def _repeated(profile: Profile) -> Iterator[str]:
    for part in ("sectors", "categories", "forms"):
        slugs = [each.slug for each in getattr(profile, part)]
        for slug in sorted({each for each in slugs if slugs.count(each) > 1}):
            yield f"{part}: {slug} stands twice"


def _protocol_complaints(template: str) -> list[str]:
    allowed = r"\{date:%Y%m%d\}|\{seq:0[0-9]d\}|\{check\}|[0-9A-Z-]"
    rest = re.sub(allowed, "", template)
    complaints = [f"does not understand {rest!r}"] if rest else []
    if "{date:%Y%m%d}" not in template or "{seq:" not in template:
        complaints.append("needs {date:%Y%m%d} and {seq:06d}")
    return complaints
