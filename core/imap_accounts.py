"""The mailboxes we read at other people's servers: `GUICHE_IMAP_URLS` parsed once, complaints without secrets."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from core.errors import Misconfigured

_PORTS = {"imaps": 993, "imap": 143}
_PARAMETERS = {
    "mailbox", "authserv_id", "ca", "auth", "token_url", "client_id", "client_secret", "scope", "expires",
}  # fmt: skip
_MAX_FOLDER = 200
_OURS = {"processed", "quarantine"}


@dataclass(frozen=True, slots=True)
class TokenSource:
    """Where access tokens come from (RFC 6749 §6); the account's password is the refresh token."""

    url: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    scope: str = ""


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """One folder of one account, read for `mailbox`; `ca` is a file with the authority we trust there.

    `expires` is the day the secret ends, where somebody knows it.
    """

    host: str
    port: int
    is_tls: bool
    user: str = field(repr=False)
    password: str = field(repr=False)
    folder: str
    mailbox: str
    authserv_id: str = ""
    ca: Path | None = None
    tokens: TokenSource | None = None
    expires: date | None = None

    @property
    def key(self) -> str:
        """A hash of server and user, by which cursors name the account."""
        return hashlib.sha256(f"{self.user}@{self.host}:{self.port}".encode()).hexdigest()

    @property
    def is_here(self) -> bool:
        """Whether the server is on this machine, so that nobody else hears what is said."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine itself, by its number or the one name that is always it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parse_imap_urls(text: str) -> tuple[ImapAccount, ...]:
    """The accounts of `GUICHE_IMAP_URLS`; `Misconfigured` names the address by its place and repeats none."""
    accounts: list[ImapAccount] = []
    complaints: list[str] = []
    for number, url in enumerate(text.split(), 1):
        try:
            account = _account(url)
            if any((each.key, each.folder) == (account.key, account.folder) for each in accounts):
                raise ValueError("the same folder stands there before")
            accounts.append(account)
        except ValueError as error:
            complaints.append(f"address {number}: {error}")
    if complaints:
        raise Misconfigured(complaints)
    return tuple(accounts)


def _account(url: str) -> ImapAccount:
    parts, port = _split(url)
    given = parse_qs(parts.query, keep_blank_values=True)
    if unknown := sorted(given.keys() - _PARAMETERS):
        raise ValueError(f"there is no parameter {', '.join(name for name in unknown if name.isidentifier())}")
    if any(len(values) > 1 for values in given.values()):
        raise ValueError("a parameter is given twice")
    told = {name: _printable(values[0]) for name, values in given.items()}
    if "@" not in told.get("mailbox", ""):
        raise ValueError("needs mailbox=ADDRESS, the support mailbox it stands for")
    account = ImapAccount(
        host=parts.hostname or "",
        port=port,
        is_tls=parts.scheme == "imaps",
        user=_printable(unquote(parts.username or "", errors="strict")),
        password=_printable(unquote(parts.password or "", errors="strict")),
        folder=_printable(unquote(parts.path.lstrip("/"), errors="strict")) or "INBOX",
        mailbox=told["mailbox"].lower(),
        authserv_id=told.get("authserv_id", ""),
        ca=Path(told["ca"]) if told.get("ca") else None,
        tokens=_tokens(told),
        expires=_day(told.get("expires", "")),
    )
    if not account.user or not account.password:
        raise ValueError("needs user:password@ before the host, both percent-encoded")
    if re.split(r"[/.]", account.folder)[-1].lower() in _OURS:
        raise ValueError("the folder is one of those where Guichê puts what it has read")
    if len(account.folder) > _MAX_FOLDER:
        raise ValueError("the folder's name is too long")
    return account


def _split(url: str) -> tuple[SplitResult, int]:
    # What urlsplit complains of may quote the password.
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("cannot be read as an address") from None
    if parts.scheme not in _PORTS or not host or parts.fragment:
        raise ValueError("must be imaps://user:password@host:993/FOLDER?mailbox=ADDRESS (or imap://)")
    return parts, port or _PORTS[parts.scheme]


def _printable(text: str) -> str:
    """No line end or NUL may ever reach an IMAP command (SECURITY.md M16)."""
    if any(each < " " or each == "\x7f" for each in text):
        raise ValueError("holds a control character")
    return text


def _tokens(told: dict[str, str]) -> TokenSource | None:
    if told.get("auth", "password") == "password":
        return None
    if told["auth"].lower() != "xoauth2":
        raise ValueError("auth must be xoauth2 or left out")
    if not told.get("token_url") or not told.get("client_id"):
        raise ValueError("auth=xoauth2 needs token_url and client_id")
    where = urlsplit(told["token_url"])
    if where.scheme != "https" and not (where.scheme == "http" and is_loopback(where.hostname or "")):
        raise ValueError("token_url must begin with https://")
    return TokenSource(told["token_url"], told["client_id"], told.get("client_secret", ""), told.get("scope", ""))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError("expires must be a day, YYYY-MM-DD") from None
