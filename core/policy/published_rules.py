"""What each rule of admission says, in a sentence for everybody."""

from collections.abc import Callable

from core.policy.admission import rules_of
from core.profile import SHADOWABLE, Profile
from core.texts import tr

SAYS = {
    "sender_is_not_blocked": "Nothing is taken from an address or a domain that the desk has blocked.",
    "is_an_official_channel": "Support takes place on the official channels alone.",
    "mail_was_read": "A mail that cannot be read is kept as it came until it can be.",
    "stranger_holds_no_reply_address":
        "Whoever may not speak and yet writes to a reply address of ours is shown to an operator and to nobody else.",
    "colleague_waits_for_administrator":
        "A colleague who may not speak yet waits for an administrator of the organization.",
    "sender_may_write":
        "Only registered people with the right to speak with support are heard; all others get the same refusal.",
    "sender_is_proven": "A sender is believed when his domain proves the mail; until then it is held.",
    "agent_answers_with_his_own_token":
        "An agent speaks to customers only by a reply address that was made for that agent.",
    "channel_may_do_this": "Each channel serves for what is listed here, and for nothing else.",
    "use_is_excepted": "An unofficial channel serves only the sector and the purpose of its exception.",
    "data_is_excepted": "Through an exception no sensitive data travels, unless it says so.",
    "has_rules": "A channel without rules of its own brings nothing in.",
    "person_may_ask_for_this": "Some matters need a permission of their own.",
    "carries_no_sensitive_data": "Messages with sensitive data of the kinds named here are not taken.",
    "matter_is_in_scope": "Matters that the desk does not serve are declined with an explanation.",
    "address_is_confirmed": "What comes by a form waits until its address is confirmed, unless the form proves it.",
    "chat_is_linked": "A chat speaks only for the person who linked it with a code of the desk.",
    "person_may_speak": "Only people with the right to speak with support, and not blocked.",
    "files_are_clean": "Files that are infected, or could not be checked, wait for an operator.",
}  # fmt: skip
# Rules that stop nothing at a desk whose profile gives them nothing to stop.
_APPLIES: dict[str, Callable[[Profile], bool]] = {
    "colleague_waits_for_administrator": lambda profile: profile.access.hold_colleagues,
    "carries_no_sensitive_data": lambda profile: bool(profile.sensitive.refuse),
    "matter_is_in_scope": lambda profile: any(each.out_of_scope for each in profile.categories),
    "person_may_ask_for_this": lambda profile: any(each.scope for each in profile.categories),
}


def published_rules(profile: Profile, language: str) -> list[dict[str, object]]:
    """The rules of each channel in their order; one in shadow (`in_trial`) only notes what it would have done."""
    return [
        {
            "channel": channel, "name": name, "says": tr(language, SAYS[name]),
            "applies": _APPLIES[name](profile) if name in _APPLIES else True,
            "in_trial": name in profile.policy.shadow and name in SHADOWABLE,
        }
        for channel in profile.channels
        for name in rules_of(channel, profile)
    ]  # fmt: skip
