"""What every act on tickets needs at hand, wired once at the start of the process."""

from dataclasses import dataclass, field

from core.attachments import BlobStore
from core.keys import SealingKeys, SigningKeys
from core.profile import Profile
from core.tickets.numbering import Numbers


@dataclass(frozen=True, slots=True)
class Office:
    """One desk at work: its rules, its keys and its store of files."""

    profile: Profile
    signing: SigningKeys
    sealing: SealingKeys
    blobs: BlobStore
    numbers: Numbers = field(default_factory=Numbers)
