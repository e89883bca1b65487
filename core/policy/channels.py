"""What a channel is to a desk: official, known and turned away, or never heard of."""

from datetime import datetime
from enum import StrEnum

from core.profile import Profile


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
