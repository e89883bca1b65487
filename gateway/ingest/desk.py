"""What the front door needs at hand, wired once at the start of the process."""

from dataclasses import dataclass, field

from core.attachments import BlobStore
from core.keys import SigningKeys
from core.people.block_list import BlockList
from core.people.directory import Directory
from core.profile import Profile
from core.queues import Publisher
from core.settings import Settings
from gateway.ingest.authentication.prover import Prover
from gateway.ingest.rates import Rates
from gateway.ingest.scanning import Clamd


@dataclass(frozen=True, slots=True)
class Desk:
    """One desk's post room: whom it knows, what it signs, and where it puts what comes in."""

    settings: Settings
    profile: Profile
    signing: SigningKeys
    directory: Directory
    blobs: BlobStore
    queue: Publisher
    prover: Prover | None = None
    rates: Rates = field(default_factory=Rates)
    blocks: BlockList | None = None
    scanner: Clamd | None = None
