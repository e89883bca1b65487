"""What every handler of the counter needs at hand, wired once at the start of the process."""

from dataclasses import dataclass

from aiohttp import web

from core.queues import Queue
from core.settings import Settings
from core.texts import best_language
from core.tickets.office import Office
from gateway.ingest.desk import Desk


@dataclass(frozen=True, slots=True)
class Counter:
    """The post room and the office behind one HTTP listener; `settings.base_url` is filled in."""

    desk: Desk
    office: Office
    queue: Queue
    settings: Settings


COUNTER = web.AppKey("counter", Counter)


def counter_of(request: web.BaseRequest) -> Counter:
    """The counter that serves this request."""
    assert isinstance(request, web.Request)
    return request.app[COUNTER]


def language_of(request: web.BaseRequest) -> str:
    """The language the client asks for among ours, else the desk's own."""
    default = counter_of(request).desk.profile.language
    return best_language(request.headers.get("Accept-Language", ""), default)
