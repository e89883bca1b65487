"""May this message come in? An ordered list of small named rules for each channel, all pure."""

from collections.abc import Sequence

from core.decision import Decision, Reason, Step, Verdict
from core.message import Authentication, InboundMessage, SpeakerKind
from core.policy.rule import Rule
from core.policy.rules_of_channels import (
    channel_may_do_this,
    chat_is_linked,
    data_is_excepted,
    has_rules,
    is_an_official_channel,
    use_is_excepted,
)
from core.policy.rules_of_content import (
    carries_no_sensitive_data,
    files_are_clean,
    mail_was_read,
    matter_is_in_scope,
)
from core.policy.rules_of_speakers import (
    address_is_confirmed,
    agent_answers_with_his_own_token,
    colleague_waits_for_administrator,
    person_may_ask_for_this,
    person_may_speak,
    sender_is_not_blocked,
    sender_is_proven,
    sender_may_write,
    stranger_holds_no_reply_address,
)
from core.profile import SHADOWABLE, Profile

_Listed = tuple[tuple[Rule, Step], ...]
_RELEASED = "released"


def judge(message: InboundMessage, profile: Profile) -> Decision:
    """The first rule that stops the message decides; a message no rule stops is accepted.

    A hold whose reason stands in `message.released_rules` is passed over, a rule in shadow stops
    nothing, and the trail says so of both. Whether the speaker has standing on the ticket he claims is
    judged where the ticket is known.
    """
    trail: list[Step] = []
    for rule, passed in _rules_for(message.channel, profile):
        stop = rule(message, profile)
        if stop is None:
            trail.append(passed)
            continue
        verdict, reason = stop
        if passed.rule in profile.policy.shadow and passed.rule in SHADOWABLE:
            trail.append(Step(passed.rule, f"would_{verdict.value}"))
        elif verdict is Verdict.HOLD and _is_released(reason, message):
            trail.append(Step(passed.rule, _RELEASED))
        else:
            trail.append(Step(passed.rule, verdict.value))
            return Decision(verdict, reason, tuple(trail))
    return Decision(Verdict.ACCEPT, None, tuple(trail))


def would_proof_matter(message: InboundMessage, profile: Profile) -> bool:
    """Whether to know that the sender is who he says would change what is decided of `message`, or noted."""
    decision = judge(message, profile)
    if decision.is_accepted or message.authentication is Authentication.DMARC:
        return False
    proven = message.model_copy(update={"authentication": Authentication.DMARC})
    return judge(proven, profile) != decision


def rules_of(channel: str, profile: Profile) -> tuple[str, ...]:
    """The names of the rules a message by `channel` is asked, in their order."""
    return tuple(step.rule for _, step in _rules_for(channel, profile))


def _rules_for(channel: str, profile: Profile) -> _Listed:
    rules = _RULES.get(channel)
    if rules is not None:
        return rules
    rule = profile.channels.get(channel)
    return _BY_EXCEPTION if rule is not None and rule.exceptions else _OF_OTHERS


def _is_released(reason: Reason, message: InboundMessage) -> bool:
    if reason not in message.released_rules:
        return False
    # An operator's word proves no agent and no board (INTERFACES.md §5).
    is_customer = message.speaker.kind not in (SpeakerKind.AGENT, SpeakerKind.BOARD)
    return is_customer or reason is not Reason.SENDER_NOT_PROVEN


def _listed(rules: Sequence[Rule]) -> _Listed:
    """Each rule beside the step that says it passed: nearly every rule passes, and each message asks them all."""
    return tuple((rule, Step(rule.__name__, "passed")) for rule in rules)


_RULES: dict[str, _Listed] = {
    "email": _listed((
        sender_is_not_blocked,
        is_an_official_channel,
        mail_was_read,
        stranger_holds_no_reply_address,
        colleague_waits_for_administrator,
        sender_may_write,
        sender_is_proven,
        agent_answers_with_his_own_token,
        channel_may_do_this,
        carries_no_sensitive_data,
        files_are_clean,
    )),
    "form": _listed((
        sender_is_not_blocked,
        is_an_official_channel,
        person_may_speak,
        channel_may_do_this,
        person_may_ask_for_this,
        matter_is_in_scope,
        carries_no_sensitive_data,
        address_is_confirmed,
        files_are_clean,
    )),
    "portal": _listed((
        is_an_official_channel,
        person_may_speak,
        channel_may_do_this,
        person_may_ask_for_this,
        matter_is_in_scope,
        carries_no_sensitive_data,
        files_are_clean,
    )),
    "telegram": _listed((
        is_an_official_channel,
        chat_is_linked,
        person_may_speak,
        channel_may_do_this,
        carries_no_sensitive_data,
        files_are_clean,
    )),
    "phone": _listed((is_an_official_channel, person_may_speak, channel_may_do_this, carries_no_sensitive_data)),
}  # fmt: skip
# An exception makes no channel official: where the profile says otherwise by mistake, nobody gets in.
_BY_EXCEPTION = _listed((sender_is_not_blocked, use_is_excepted, data_is_excepted, files_are_clean))
_OF_OTHERS = _listed((is_an_official_channel, has_rules))
