"""The only reader of the environment and of `guiche.toml`: one frozen value, or every complaint."""

import base64
import os
import secrets
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from core.dkim_keys import DkimKey, parse_dkim_keys
from core.errors import Misconfigured
from core.imap_accounts import ImapAccount, parse_imap_urls
from core.keys import Key, parse_keys
from core.name_servers import NameServer, parse_name_server

PREFIX = "GUICHE_"
ROLES = ("smtp", "imap", "http", "worker", "dispatch", "scheduler")
SECRETS = {"SECRET_KEY", "DATA_KEYS", "DATABASE_URL", "BROKER_URL", "RELAY_URL", "IMAP_URLS",
           "TELEGRAM_BOTS", "BLOBS_URL"}
DEMO_BOTS = "guiche=1:demo:demo-telegram-secret"
LOOPBACK = "127.0.0.0/8,::1/128"

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class TelegramBot:
    """A bot's name in our URLs, its token, and the secret Telegram shows with each update."""

    name: str
    token: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an installation is told, read and checked once (INTERFACES.md §2)."""

    data_dir: Path = Path("var")
    profile: str = "instituicoes"
    database_url: str = field(default="", repr=False)
    broker_url: str = field(default="local:", repr=False)
    broker_prefix: str = "guiche"
    blobs_url: str = field(default="", repr=False)
    smtp_listen: tuple[str, int] = ("127.0.0.1", 8025)
    http_listen: tuple[str, int] = ("127.0.0.1", 8080)
    base_url: str = ""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    max_message_bytes: int = 36_700_160
    forward_max_bytes: int = 2_147_483_648
    relay_url: str = field(default="", repr=False)
    dkim_key: tuple[DkimKey, ...] = ()
    imap_urls: tuple[ImapAccount, ...] = ()
    secret_key: tuple[Key, ...] = ()
    data_keys: tuple[Key, ...] = ()
    trusted_networks: tuple[Network, ...] = ()
    relay_networks: tuple[Network, ...] = ()
    authserv_id: str = ""
    dns_server: NameServer | None = None
    telegram_api_url: str = "https://api.telegram.org"
    telegram_bots: tuple[TelegramBot, ...] = ()
    clamd: tuple[str, int] | None = None
    roles: frozenset[str] = frozenset(ROLES)
    log_format: str = "console"
    is_demo: bool = False

    @property
    def is_embedded(self) -> bool:
        """Whether everything lives in the data directory of this one process."""
        return self.database_url.startswith("sqlite:") and self.broker_url == "local:"


def load_settings(
    environ: Mapping[str, str] | None = None,
    *,
    config: Path | None = None,
    demo: bool = False,
    roles: str | None = None,
) -> Settings:
    """Read file and environment (which wins); raise `Misconfigured` with every complaint.

    Missing keys are made in the data directory when everything is embedded, else required.
    """
    complaints: list[str] = []
    raw = _from_file(config, complaints) | _from_environment(
        os.environ if environ is None else environ, complaints
    )
    if roles is not None:
        raw["ROLES"] = roles
    if demo:
        raw.setdefault("TRUSTED_NETWORKS", LOOPBACK)
        raw.setdefault("TELEGRAM_BOTS", DEMO_BOTS)

    values = _parse_all(raw, complaints)
    if complaints:
        raise Misconfigured(complaints)

    settings = _with_database(Settings(**values, is_demo=demo))  # type: ignore[arg-type]
    return _with_keys(_checked(settings))


def _from_environment(environ: Mapping[str, str], complaints: list[str]) -> dict[str, str]:
    raw: dict[str, str] = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX):
            continue
        _take(raw, name.removeprefix(PREFIX), text, f"environment variable {name}", complaints)
    return raw


def _from_file(config: Path | None, complaints: list[str]) -> dict[str, str]:
    path = config or Path("guiche.toml")
    if config is None and not path.exists():
        return {}
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        complaints.append(f"{path}: {error}")
        return {}
    raw: dict[str, str] = {}
    for name, text in table.items():
        _take(raw, name.upper(), str(text), f"{path}: key {name}", complaints)
    return raw


def _take(raw: dict[str, str], name: str, text: str, where: str, complaints: list[str]) -> None:
    if name in _PARSERS:
        raw[name] = text
    elif name.endswith("_FILE") and name.removesuffix("_FILE") in SECRETS:
        try:
            raw[name.removesuffix("_FILE")] = Path(text).read_text("utf-8").strip()
        except OSError as error:
            complaints.append(f"{where}: cannot read the file ({error.strerror})")
    else:
        complaints.append(f"{where}: no such setting")


def _parse_all(raw: Mapping[str, str], complaints: list[str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, text in raw.items():
        try:
            values[name.lower()] = _PARSERS[name](text)
        except Misconfigured as told:
            # A parser that complains like this repeats no secret.
            complaints += [f"{PREFIX}{name}: {each}" for each in told.complaints]
        except ValueError as error:
            # The value itself may be a secret and is not repeated.
            complaints.append(f"{PREFIX}{name}: {error if name not in SECRETS else 'cannot be read'}")
    return values


def _text(text: str) -> str:
    return text.strip()


def _listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError("must be host:port")
    return host.strip("[]"), int(port)


def _daemon(text: str) -> tuple[str, int] | None:
    """Where a daemon listens, None for an empty text."""
    return _listen(text.strip()) if text.strip() else None


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def _bots(text: str) -> tuple[TelegramBot, ...]:
    bots = []
    for part in text.split():
        name, equals, rest = part.partition("=")
        token, colon, secret = rest.rpartition(":")
        if not (name and equals and token and colon and secret):
            raise ValueError("must be name=token:secret")
        bots.append(TelegramBot(name, token, secret))
    return tuple(bots)


def _roles(text: str) -> frozenset[str]:
    roles = frozenset(part.strip() for part in text.split(",") if part.strip())
    if not roles or roles - set(ROLES):
        raise ValueError(f"must be a subset of {','.join(ROLES)}")
    return roles


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise ValueError("must be positive")
    return number


def _log_format(text: str) -> str:
    if text not in ("console", "json"):
        raise ValueError("must be console or json")
    return text


def _keys(text: str) -> tuple[Key, ...]:
    if not text.strip():
        raise ValueError("must not be empty")
    return tuple(parse_keys(text.strip()))


_SPECIAL: dict[str, Callable[[str], object]] = {
    "DATA_DIR": Path, "TLS_CERT": Path, "TLS_KEY": Path, "SMTP_LISTEN": _listen,
    "HTTP_LISTEN": _listen, "MAX_MESSAGE_BYTES": _positive, "FORWARD_MAX_BYTES": _positive, "SECRET_KEY": _keys,
    "DATA_KEYS": _keys, "TRUSTED_NETWORKS": _networks, "RELAY_NETWORKS": _networks,
    "TELEGRAM_BOTS": _bots, "ROLES": _roles, "LOG_FORMAT": _log_format, "DKIM_KEY": parse_dkim_keys,
    "IMAP_URLS": parse_imap_urls, "DNS_SERVER": parse_name_server, "CLAMD": _daemon,
}
_PARSERS: dict[str, Callable[[str], object]] = {
    each.name.upper(): _SPECIAL.get(each.name.upper(), _text)
    for each in fields(Settings)
    if each.name != "is_demo"
}


def _with_database(settings: Settings) -> Settings:
    data_dir = settings.data_dir.absolute()
    url = settings.database_url or f"sqlite://{data_dir}/guiche.sqlite3"
    return replace(settings, data_dir=data_dir, database_url=url)


def _checked(settings: Settings) -> Settings:
    complaints = []
    if settings.broker_url != "local:" and urlsplit(settings.broker_url).scheme not in ("amqp", "amqps"):
        complaints.append("GUICHE_BROKER_URL: must be local: or amqp://…")
    if urlsplit(settings.database_url).scheme not in ("sqlite", "postgres"):
        complaints.append("GUICHE_DATABASE_URL: must begin with postgres:// or sqlite://")
    if settings.relay_url and urlsplit(settings.relay_url).scheme not in ("smtp", "smtps"):
        complaints.append("GUICHE_RELAY_URL: must begin with smtp:// or smtps://")
    if (settings.tls_cert is None) != (settings.tls_key is None):
        complaints.append("GUICHE_TLS_CERT and GUICHE_TLS_KEY go together")
    if settings.roles != frozenset(ROLES):
        if not settings.blobs_url:
            complaints.append("GUICHE_BLOBS_URL: required when a process runs a subset of the roles")
        if "http" not in settings.roles and not settings.base_url:
            complaints.append("GUICHE_BASE_URL: required in a process without the role http")
    if settings.roles == {"imap"} and not settings.imap_urls:
        complaints.append("GUICHE_IMAP_URLS: required in a process of the role imap alone")
    if settings.is_demo and not all(
        _is_loopback(host) for host, _ in (settings.smtp_listen, settings.http_listen)
    ):
        complaints.append("demo listens on loopback addresses only")
    for name in ("secret_key", "data_keys"):
        # A key that an earlier start made there goes on being this installation's key.
        is_there = settings.is_embedded or settings.is_demo or (settings.data_dir / name).exists()
        if not getattr(settings, name) and not is_there:
            complaints.append(f"{PREFIX}{name.upper()}: required")
    if complaints:
        raise Misconfigured(complaints)
    return settings


def _is_loopback(host: str) -> bool:
    return host == "localhost" or host.startswith("127.") or host == "::1"


def _with_keys(settings: Settings) -> Settings:
    made = {
        name: getattr(settings, name) or (_made_key(settings.data_dir / f"{name}"),)
        for name in ("secret_key", "data_keys")
    }
    return replace(settings, **made)  # type: ignore[arg-type]


def _made_key(path: Path) -> Key:
    """The key kept at `path`, made on first use, readable by its owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(32)))
            file.flush()
            os.fsync(file.fileno())
        # Linked whole: of two processes that start at once, one makes the key and both read it.
        with suppress(FileExistsError):
            os.link(temporary, path)
        temporary.unlink()
    return Key("embedded", base64.b64decode(path.read_bytes()))
