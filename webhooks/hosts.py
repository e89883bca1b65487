"""Under which names this counter answers: the public address, and this machine's own."""

from urllib.parse import SplitResult, urlsplit

from aiohttp import web

from core.decision import Reason
from core.errors import Refused
from webhooks.counter import counter_of
from webhooks.problems import Handler

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@web.middleware
async def own_host_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """400 to a name that is not ours: no link, no redirect is ever built from it (W01, M18)."""
    hosts = request.headers.getall("Host", [])
    # An absolute request line would name a second, unchecked host.
    if len(hosts) != 1 or not request.raw_path.startswith("/"):
        raise Refused(Reason.BAD_REQUEST)
    if not _is_own(request, urlsplit(f"//{hosts[0]}"), default_port=None):
        raise Refused(Reason.BAD_REQUEST)
    return await handler(request)


def is_own_origin(request: web.Request, origin: SplitResult) -> bool:
    """Whether an `Origin` header names us."""
    return _is_own(request, origin, default_port=_DEFAULT_PORTS.get(origin.scheme))


def _is_own(request: web.Request, netloc: SplitResult, default_port: int | None) -> bool:
    try:
        name, port = (netloc.hostname or "").lower(), netloc.port
    except ValueError:
        return False
    if netloc.username is not None or netloc.path.strip("/"):
        return False
    public = urlsplit(counter_of(request).settings.base_url)
    public_port = public.port or _DEFAULT_PORTS.get(public.scheme)
    if public.hostname and name == public.hostname and (port or default_port or public_port) == public_port:
        return True
    own_address, own_port = _socket_name(request)
    # Programs on this machine and monitors ask by address; nobody can make a browser send these names.
    return name in (*_LOOPBACK, own_address) and (port or default_port or 80) == own_port


def _socket_name(request: web.Request) -> tuple[str, int]:
    name = request.transport.get_extra_info("sockname") if request.transport else None
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) else ("", 0)
