"""Which buckets a mail takes from: the sender's, his domain's, its peer's, and the whole house's."""

from collections.abc import Mapping, Sequence

from core.keys import SigningKeys
from core.profile import Limits
from gateway.ingest.rates import Span

_MINUTE, _FIVE_MINUTES, _HOUR = 60.0, 300.0, 3_600.0


def buckets_of(sender: str, household: str, limits: Limits, signing: SigningKeys) -> Mapping[str, Sequence[Span]]:
    """The buckets of one mail from `sender`, as it claims to be, out of `household`.

    A sender and his domain are counted for each household apart, so that whoever borrows an address
    uses up his own measure and not its owner's. An empty household is a relay's, behind which
    everybody may stand.
    """
    found = {
        f"sender/{household}/{signing.pseudonym(sender)}": (
            Span(limits.sender_per_minute, _MINUTE),
            Span(limits.sender_per_five_minutes, _FIVE_MINUTES),
            Span(limits.sender_per_hour, _HOUR),
        ),
        f"domain/{household}/{signing.pseudonym(sender.rpartition('@')[2])}": (
            Span(limits.domain_per_minute, _MINUTE),
        ),
        "total": (Span(limits.total_per_minute, _MINUTE),),
    }
    if household:
        found[f"peer/{household}"] = (Span(limits.peer_per_minute, _MINUTE),)
    return found
