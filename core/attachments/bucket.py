"""Where a bucket is and who we are there, as `GUICHE_BLOBS_URL` tells it."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from core.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a bucket is and who we are there; without a key obstore looks for the usual `AWS_…` names."""

    name: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)


def parse_bucket(url: str) -> Bucket:
    """What `s3://[KEY:SECRET@]bucket[/prefix][?endpoint=…&region=…]` says.

    Key and secret are percent-encoded. Raises `Misconfigured`, which repeats nothing of the value.
    """
    try:
        parts = urlsplit(url)
        asked = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise wrong("cannot be read") from error
    options = dict(asked)
    login, _, name = parts.netloc.rpartition("@")
    key, _, secret = login.partition(":")
    endpoint = options.get("endpoint", "").rstrip("/")
    if not name or ":" in name:
        raise wrong("names no bucket")
    if len(options) != len(asked) or set(options) - {"endpoint", "region"}:
        raise wrong("knows only ?endpoint= and &region=, each once")
    if bool(key) != bool(secret):
        raise wrong("a key and its secret go together (s3://KEY:SECRET@bucket)")
    if "endpoint" in options and not _is_web(endpoint):
        raise wrong("its endpoint must be http://host:port or https://host")
    return Bucket(name, parts.path.strip("/"), endpoint, options.get("region", ""), unquote(key), unquote(secret))


def wrong(what: str) -> Misconfigured:
    """The complaint about the setting, which repeats nothing of it."""
    return Misconfigured([f"GUICHE_BLOBS_URL: {what}"])


def _is_web(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
        port_is_right = parts.port != 0
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port_is_right and not parts.query
