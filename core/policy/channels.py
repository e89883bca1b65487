"""What a channel is to a desk: official, known and turned away, or never heard of; and for what it serves."""

from datetime import datetime
from enum import StrEnum

from core.message import InboundMessage, Intent, Speaker, SpeakerKind
from core.profile import ChannelException, Profile


class ChannelState(StrEnum):
    """How a profile stands to a channel. Exceptions do not make a channel official."""

    OFFICIAL = "official"
    UNOFFICIAL = "unofficial"
    UNLISTED = "unlisted"


def channel_state(channel: str, profile: Profile, at: datetime) -> ChannelState:
    """Whether `channel` is official at this desk then, listed as unofficial, or not listed."""
    if channel not in profile.channels:
        return ChannelState.UNLISTED
    return ChannelState.OFFICIAL if profile.is_official(channel, at) else ChannelState.UNOFFICIAL


def official_names(profile: Profile, at: datetime) -> str:
    """The official channels in one line, as every policy refusal names them."""
    return ", ".join(profile.official_channels(at))


def may_through(channel: str, speaker: Speaker, profile: Profile, at: datetime) -> tuple[Intent, ...]:
    """What `speaker` may do by `channel` then: the profile's word, or that of his organization's own rule.

    An organization's rule makes no channel official. Of several that hold on a day the last one counts.
    """
    allowed = profile.may(channel, at)
    if not speaker.overrides or not allowed or speaker.kind is not SpeakerKind.PERSON:
        return allowed
    day = profile.day_of(at)
    own = [each.may for each in speaker.overrides if each.channel == channel and each.holds_on(day)]
    return own[-1] if own else allowed


def exceptions_for(message: InboundMessage, profile: Profile) -> list[ChannelException]:
    """The exceptions by which an unofficial channel may bring `message`; none for an official one."""
    in_force = exceptions_in_force(message.channel, profile, message.received_at)
    return [each for each in in_force if each.sector == message.sector and each.purpose == message.purpose]


def exceptions_in_force(channel: str, profile: Profile, at: datetime) -> list[ChannelException]:
    """What an unofficial channel may be used for then all the same (S4-27)."""
    rule = profile.channels.get(channel)
    if rule is None or not rule.exceptions:
        return []
    day = profile.day_of(at)
    return [] if rule.may_on(day) else [each for each in rule.exceptions if each.holds_on(day)]
