"""Looking an installation over: one finding for each thing that could be wrong."""

import hashlib
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from core import clock
from core.attachments import SpooledBlobs, open_blobs, open_store
from core.database import open_database, require_migrated
from core.errors import Misconfigured
from core.keys import SealingKeys
from core.profile_loading import load_profile
from core.settings import Settings
from gateway.brokers import BACKLOG, open_queue
from gateway.brokers.backlog_file import load_of
from gateway.channels.dkim_keyring import load_keyring
from gateway.channels.imap_visit import visit
from gateway.channels.relay import Relay
from gateway.diagnosing_audit import look_at_audit
from gateway.ingest.scanning import Clamd

_PROBE = b"guiche doctor"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is well, and what was seen."""

    what: str
    is_well: bool
    detail: str = ""


async def diagnose(settings: Settings) -> list[Finding]:
    """Every finding; what cannot be reached is a finding too, never an exception."""
    looks: dict[str, Callable[[Settings], Awaitable[str]]] = {
        "profile": _profile,
        "folder": _folder,
        "database": _database,
        "audit": look_at_audit,
        "broker": _broker,
        "forwarding": _forwarding,
        "files": _files,
        "scanner": _scanner,
        "tls": _tls,
        "mailboxes": _mailboxes,
        "relay": _relay,
        "dkim": _dkim,
    }
    return [await _finding(what, look, settings) for what, look in looks.items()]


async def _finding(
    what: str, look: Callable[[Settings], Awaitable[str]], settings: Settings
) -> Finding:
    try:
        return Finding(what, is_well=True, detail=await look(settings))
    except Misconfigured as error:
        return Finding(what, is_well=False, detail="; ".join(error.complaints))
    except Exception as error:  # noqa: BLE001 - whatever it is, the doctor names it and looks on
        # Its text could hold the address and the password of the server.
        return Finding(what, is_well=False, detail=f"does not answer ({type(error).__name__})")


async def _profile(settings: Settings) -> str:
    return load_profile(settings.profile).name


async def _folder(settings: Settings) -> str:
    open_to_others = [
        path.name
        for path in (settings.data_dir, settings.data_dir / "secret_key", settings.data_dir / "data_keys")
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    if open_to_others:
        raise Misconfigured([f"others may read {', '.join(open_to_others)}: chmod go= them"])
    return str(settings.data_dir)


async def _database(settings: Settings) -> str:
    if settings.database_url.startswith("sqlite://") and not Path(settings.database_url[9:]).exists():
        raise Misconfigured(["there is none yet: run guiche setup first"])
    async with open_database(settings.database_url):
        await require_migrated()
    return settings.database_url.partition(":")[0]


async def _broker(settings: Settings) -> str:
    async with open_queue(settings, SealingKeys(settings.data_keys)) as queue:
        dead_letters = len(await queue.dead_letters())
    return f"{settings.broker_url.partition(':')[0]}, {dead_letters} dead letters"


async def _forwarding(settings: Settings) -> str:
    """What the process of this data directory took over while the broker was away."""
    load = load_of(settings.data_dir / BACKLOG)
    if not load.since:
        return "nothing waits"
    told = f"{load.messages} messages ({load.octets} bytes) wait for RabbitMQ since {load.since:%Y-%m-%d %H:%M} UTC"
    if settings.broker_url == "local:":
        raise Misconfigured([f"{told}: serve with that broker until they are forwarded"])
    return told


async def _files(settings: Settings) -> str:
    # The store itself: its spool would hide that it is away.
    store, blobs = (each(settings.blobs_url, settings.data_dir) for each in (open_store, open_blobs))
    digest = hashlib.sha256(_PROBE).hexdigest()
    await store.put(digest, _PROBE)
    if await store.get(digest) != _PROBE:
        raise Misconfigured(["what is stored does not come back"])
    kind = settings.blobs_url.partition(":")[0] or "file"
    return f"{kind}, {len(await blobs.waiting())} wait in the spool" if isinstance(blobs, SpooledBlobs) else kind


async def _scanner(settings: Settings) -> str:
    if settings.clamd is None:
        return "none: files are not scanned"
    if await Clamd(*settings.clamd).verdict(_PROBE):
        raise Misconfigured(["it calls harmless bytes infected"])
    return "answers"


async def _mailboxes(settings: Settings) -> str:
    if complaints := await visit(settings, clock.now().date()):
        raise Misconfigured(complaints)
    return f"{len(settings.imap_urls)} read by IMAP"


async def _tls(settings: Settings) -> str:
    missing = [str(path) for path in (settings.tls_cert, settings.tls_key) if path and not path.is_file()]
    if missing:
        raise Misconfigured([f"there is no file {', '.join(missing)}"])
    return "offered" if settings.tls_cert else "not offered"


async def _relay(settings: Settings) -> str:
    """How mail leaves, and what protects it on its way (SECURITY.md O14)."""
    if not settings.relay_url:
        return "none: outgoing mail lands in the outbox"
    Relay(settings.relay_url, "localhost")
    if settings.relay_url.startswith("smtps:") or "starttls=require" in settings.relay_url:
        return "TLS always"
    return "TLS where it is offered, its certificate unchecked: add ?starttls=require"


async def _dkim(settings: Settings) -> str:
    """Each key's record, to be published as it stands here."""
    if not settings.dkim_key:
        return "not signed: name a key in GUICHE_DKIM_KEY"
    records = [
        f"{key.selector}._domainkey.{key.domain} TXT {key.published}" for key in load_keyring(settings.dkim_key)
    ]
    domain = load_profile(settings.profile).mail_domain
    if all(key.domain != domain for key in settings.dkim_key):
        raise Misconfigured([f"no key for {domain}, from which mail is sent", *records])
    return "; ".join(records)
