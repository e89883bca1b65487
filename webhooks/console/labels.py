"""What the codes of a ticket are called on the page."""

from core.profile import Profile
from core.texts import tr

VIEWS = {
    "open": "Open", "pending": "Pending", "pending_mine": "Pending with me", "closed": "Closed", "all": "All",
}  # fmt: skip
_STATUSES = {
    "open": "open", "pending": "pending", "awaiting_customer": "awaiting customer",
    "awaiting_return": "awaiting return", "closed": "closed", "cancelled": "cancelled",
}  # fmt: skip
_PRIORITIES = {"high": "high priority", "medium": "medium priority", "low": "low priority"}
_PRIORITY_FACTS = {"high": "high", "medium": "medium", "low": "low"}
_CHANNELS = {
    "email": "e-mail", "form": "form", "portal": "customer area", "telegram": "Telegram", "phone": "telephone",
    "console": "console", "api": "program",
}  # fmt: skip
_ROLES = {"customer": "customer", "agent": "agent", "system": "system"}
_AUTHENTICATIONS = {
    "dmarc": "sender proven", "trusted_network": "from a trusted network", "form_token": "by a form of ours",
    "telegram_link": "linked chat", "session": "signed in", "agent": "vouched for by an agent",
    "none": "sender not proven",
}  # fmt: skip
_DELIVERIES = {
    "queued": "queued", "sent": "sent", "retrying": "trying again", "failed": "failed",
    "uncertain": "uncertain", "withheld": "withheld", "withdrawn": "taken back",
}  # fmt: skip

# The people of a customer's organization (webhooks.portal).
_PERSON_ROLES = {"key_user": "key user", "admin": "administrator", "reader": "reader"}
_SCOPES = {
    "request_services": "request services", "approve_quotes": "approve quotes",
    "high_impact": "ask for high-impact changes",
}  # fmt: skip
_IDENTITIES = {"email": "e-mail", "phone": "telephone", "telegram": "Telegram"}

# Agents, as the desk's admin sees them (webhooks.admin).
_AGENT_ROLES = {"agent": "agent", "lead": "lead", "direction": "direction", "admin": "desk's admin"}
_LEVELS = {"read": "read", "note": "read and keep notes", "work": "do everything"}

_INTENTS = {"open": "open a ticket", "complement": "add to a ticket", "inquire": "ask for news of a ticket"}

_CHANGE_STATES = {
    "incomplete": "incomplete", "requested": "waits for two approvals", "announced": "may be contested",
    "contested": "contested", "rejected": "rejected", "done": "in effect", "failed": "impossible",
}  # fmt: skip

_DELIVERY_KINDS = {
    "acknowledgement": "acknowledgement", "reply": "answer", "closed": "closing", "agent_notice": "notice to agent",
    "note_notice": "note to agent", "command_refused": "command refused", "chat_text": "chat text",
    "confirm_address": "address confirmation", "reply_held_back": "answer held back",
}  # fmt: skip


_RULES = {
    "is_an_official_channel": "Is the channel official?",
    "mail_was_read": "Could the mail be read?",
    "sender_is_not_blocked": "Is the sender off the block list?",
    "stranger_holds_no_reply_address": "Does somebody without the right hold a reply address?",
    "colleague_waits_for_administrator": "Has a colleague's administrator still to decide?",
    "sender_may_write": "May the sender write?",
    "sender_is_proven": "Is the sender proven?",
    "agent_answers_with_his_own_token": "Does the agent answer by his own address?",
    "channel_may_do_this": "May the channel do this?",
    "use_is_excepted": "Is this use of the channel an exception of the desk?",
    "data_is_excepted": "Is the message free of data the exception excludes?",
    "has_rules": "Has anybody written rules for the channel?",
    "person_may_ask_for_this": "May the person ask for this matter?",
    "carries_no_sensitive_data": "Is it free of sensitive data?",
    "matter_is_in_scope": "Does the desk serve this matter?",
    "address_is_confirmed": "Is the address confirmed?",
    "chat_is_linked": "Is the chat linked?",
    "person_may_speak": "May the person speak with support?",
    "files_are_clean": "Are the files free of malware?",
    "is_a_bounce": "Is it a report about one of our mails?",
    "envelope_is_taken": "Are sender and recipient of the envelope taken?",
    "is_not_too_large": "Is it small enough?",
    "comes_for_the_first_time": "Does it come for the first time?",
    "has_part_in_the_ticket": "Has the sender a part in the ticket?",
    "released": "Released by an operator",
    "filing": "When it was filed",
}
_RULE_OUTCOMES = {
    "passed": "passed", "released": "overridden", "hold": "held", "refuse": "refused", "accept": "accepted",
    "held": "held", "refused": "refused", "defer": "asked to come again", "filed_before": "filed before",
    "would_hold": "would have held it (in trial)",
    "would_refuse": "would have refused it (in trial)",
}  # fmt: skip

_DECISIONS = {
    "accept": "would be taken", "hold": "would wait for a decision", "refuse": "would be refused",
    "defer": "its sender would be asked to come again",
}  # fmt: skip

_STOPS = {
    "not_authorized": "The sender may not speak with support.",
    "sender_not_proven": "It is not proven that the sender wrote it.",
    "no_standing": "The sender has no part in the ticket he writes about.",
    "blocked_sender": "The sender is on the block list.",
    "channel_not_linked": "The chat is linked to nobody registered.",
    "unofficial_channel": "The channel is not official.",
    "phone_may_not_open": "A telephone call may not open a ticket.",
    "address_not_confirmed": "The address has not been confirmed yet.",
    "unreadable": "The mail could not be read; it is kept as it came.",
    "infected": "A file in the message is infected.",
    "too_large": "The message is larger than we accept.",
    "not_found": "There is no such mailbox, channel or ticket.",
    "temporarily_unavailable": "Something that is asked does not answer at the moment.",
    "rate_limited": "Too many messages came at once.",
    "awaiting_administrator": "The sender's administrator has to decide first.",
    "sensitive_data": "It holds sensitive data, which is not taken here.",
    "scope_missing": "The sender is not permitted to ask for this.",
    "out_of_scope": "The desk does not serve this matter.",
    "invalid_fields": "Something the message needed was missing.",
}  # fmt: skip


def stop_label(language: str, reason: str) -> str:
    """Why a message was stopped, as operators speak of its sender."""
    return _label(language, _STOPS, reason)


def rule_label(language: str, rule: str) -> str:
    """What a rule of admission asks."""
    return _label(language, _RULES, rule)


def rule_outcome_label(language: str, outcome: str) -> str:
    """What a rule said."""
    return _label(language, _RULE_OUTCOMES, outcome)


def simulated_label(language: str, decision: str) -> str:
    """What would become of a message."""
    return _label(language, _DECISIONS, decision)


def status_label(language: str, status: str) -> str:
    """What a status is called."""
    return _label(language, _STATUSES, status)


def priority_label(language: str, priority: str) -> str:
    """What a priority is called."""
    return _label(language, _PRIORITIES, priority)


def channel_label(language: str, channel: str) -> str:
    """What a channel is called; an excepted channel goes by its own name."""
    return _label(language, _CHANNELS, channel)


def role_label(language: str, role: str) -> str:
    """What an author's role is called."""
    return _label(language, _ROLES, role)


def authentication_label(language: str, authentication: str) -> str:
    """How sure we are of who wrote."""
    return _label(language, _AUTHENTICATIONS, authentication)


def delivery_label(language: str, state: str) -> str:
    """What the state of a delivery is called."""
    return _label(language, _DELIVERIES, state)


def delivery_error(language: str, error: str) -> str:
    """Why a delivery failed; of a relay's answer only the numbers are ever kept."""
    answered = "the relay answered "
    if error.startswith(answered):
        return tr(language, "the relay answered {code}", code=error.removeprefix(answered))
    return tr(language, error) if error else ""


def delivery_kind_label(language: str, kind: str) -> str:
    """What is said by a delivery of `kind`."""
    return _label(language, _DELIVERY_KINDS, kind)


def person_role_label(language: str, role: str) -> str:
    """What a person's role in his organization is called."""
    return _label(language, _PERSON_ROLES, role)


def agent_role_label(language: str, role: str) -> str:
    """What the role of an agent is called."""
    return _label(language, _AGENT_ROLES, role)


def level_label(language: str, level: str) -> str:
    """What an agent may do in a sector beside his own."""
    return _label(language, _LEVELS, level)


def intent_label(language: str, intent: str) -> str:
    """What somebody wants of the desk."""
    return _label(language, _INTENTS, intent)


def scope_label(language: str, scope: str) -> str:
    """What a person may ask for."""
    return _label(language, _SCOPES, scope)


def identity_label(language: str, kind: str) -> str:
    """What somebody writes or calls from."""
    return _label(language, _IDENTITIES, kind)


def change_state_label(language: str, state: str) -> str:
    """How far a change of administrator got."""
    return _label(language, _CHANGE_STATES, state)


def priority_fact(language: str, priority: str) -> str:
    """The priority beside a label that says so already."""
    return _label(language, _PRIORITY_FACTS, priority)


def sector_title(profile: Profile, slug: str) -> str:
    """The sector's title, or its slug where the profile no longer has it."""
    return next((sector.title for sector in profile.sectors if sector.slug == slug), slug)


def category_title(profile: Profile, slug: str) -> str:
    """The category's title, or its slug where the profile no longer has it."""
    category = profile.category(slug)
    return category.title if category else slug


def _label(language: str, labels: dict[str, str], code: str) -> str:
    text = labels.get(code)
    return tr(language, text) if text else code
