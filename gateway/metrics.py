"""What this process counts for Prometheus: labels are codes and names of ours, never people."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

# A registry of our own: the default one also tells the interpreter's version (SECURITY.md W23).
REGISTRY = CollectorRegistry()
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_received = Counter(
    "guiche_messages_received",
    "Messages judged at the door, by channel, outcome (accept, hold, refuse, limited, unavailable) and reason.",
    ["channel", "outcome", "reason"],
    registry=REGISTRY,
)
_filed = Counter(
    "guiche_messages_filed",
    "Messages the worker decided, by channel, outcome (filed, held, refused, bounce) and reason.",
    ["channel", "outcome", "reason"],
    registry=REGISTRY,
)
_published = Counter(
    "guiche_queue_publishes",
    "Messages handed to a queue, by queue and outcome (confirmed, unavailable).",
    ["queue", "outcome"],
    registry=REGISTRY,
)
_waiting = Gauge(
    "guiche_forward_waiting",
    "Messages this process stored itself because the broker was away, not forwarded yet.",
    registry=REGISTRY,
)
_waiting_bytes = Gauge(
    "guiche_forward_waiting_bytes",
    "Bytes of the messages that wait to be forwarded.",
    registry=REGISTRY,
)
_spooled = Gauge(
    "guiche_blobs_spooled",
    "Larger files this process keeps itself because the store was away, not carried on yet.",
    registry=REGISTRY,
)
_forwarded = Counter(
    "guiche_forwarded",
    "Messages this process stored itself and the broker has taken since.",
    registry=REGISTRY,
)
_delivered = Counter(
    "guiche_deliveries",
    "Attempts to deliver, by channel and the state they left the delivery in.",
    ["channel", "state"],
    registry=REGISTRY,
)
_mailbox_alerts = Counter(
    "guiche_mailbox_alerts",
    "Trouble with mailboxes read by IMAP, by kind (connection, login, token, folder, unavailable,"
    " not_moved, set_aside, secret_expires).",
    ["kind"],
    registry=REGISTRY,
)
_mailboxes_open = Gauge(
    "guiche_mailboxes_open", "Folders being read by IMAP at this moment.", registry=REGISTRY
)
_requests = Counter(
    "guiche_http_requests",
    "HTTP requests answered, by method, route template and status.",
    ["method", "route", "status"],
    registry=REGISTRY,
)
_request_seconds = Histogram(
    "guiche_http_request_seconds",
    "Time from a request's head to its answer, by route template.",
    ["route"],
    registry=REGISTRY,
)


def count_received(channel: str, outcome: str, reason: str | None = None) -> None:
    """One message judged at the door; `channel` is a name of the profile or of the product."""
    _received.labels(channel, outcome, reason or "").inc()


def count_filed(channel: str, outcome: str, reason: str | None = None) -> None:
    """One message the worker filed, held, or noted as refused or bounced."""
    _filed.labels(channel, outcome, reason or "").inc()


def count_published(queue: str, outcome: str, number: int) -> None:
    """`number` messages handed to `queue`, or turned away because it could not store them."""
    _published.labels(queue, outcome).inc(number)


def show_waiting(messages: int, octets: int) -> None:
    """How much waits in this process's own file for the broker."""
    _waiting.set(messages)
    _waiting_bytes.set(octets)


def count_forwarded(number: int) -> None:
    """`number` messages that had waited are the broker's now."""
    _forwarded.inc(number)


def count_delivery(channel: str, state: str) -> None:
    """One attempt to deliver ended and left its delivery in `state`."""
    _delivered.labels(channel, state).inc()


def count_mailbox_alert(kind: str) -> None:
    """Something about a mailbox needs an eye; `kind` is one of the codes above."""
    _mailbox_alerts.labels(kind).inc()


def mailbox_opened(change: int) -> None:
    """A folder is being read (1), or not any more (-1)."""
    _mailboxes_open.inc(change)


def tell_spooled(blobs: int) -> None:
    """So many larger files wait in this process's spool."""
    _spooled.set(blobs)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """One HTTP request answered; `route` is the template (`/api/v1/tickets/{protocol}`), never a path."""
    # Clients invent methods, and every label value is kept for ever.
    _requests.labels(method if method in _METHODS else "other", route, str(status)).inc()
    _request_seconds.labels(route).observe(seconds)
