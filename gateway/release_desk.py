"""What a release needs at hand, from the front door and the office."""

from functools import partial

from core.tickets.office import Office
from core.tickets.releasing import ReleaseDesk
from gateway.channels.email import reread
from gateway.ingest.desk import Desk


def release_desk(desk: Desk, office: Office) -> ReleaseDesk:
    """A desk that also reads again what could not be read when it came."""
    return ReleaseDesk(office, desk.directory, desk.queue, partial(reread, desk=desk))
