"""A mail as a mailbox gives it: no session said who sent it to whom, so its own header lines must tell."""

from collections.abc import Iterator
from datetime import datetime

from core.imap_accounts import ImapAccount
from core.profile import Profile
from gateway.channels.email import MailArrival
from gateway.ingest.header_addresses import parse_addresses
from gateway.ingest.header_block import Budget, Headers, read_headers
from gateway.ingest.mailboxes import own_address

# Where a plus-address of ours may stand: the first two are written by whoever delivered it.
_WRITTEN_IN = ("delivered-to", "x-original-to", "to", "cc")
_MAX_FIELDS = 10
_MAX_RECIPIENTS = 100


def arrival_of(
    raw: bytes, account: ImapAccount, profile: Profile, received_at: datetime, *, dns_gave_up: bool = False
) -> MailArrival:
    """The arrival in `raw`. Nobody's word is taken for the sender: the server only kept the mail."""
    headers = read_headers(raw, 0, len(raw), Budget())
    return MailArrival(
        raw=raw,
        received_at=received_at,
        peer_is_trusted=False,
        mail_from=_mail_from(headers),
        recipients=(account.mailbox, *_plus_addresses(headers, profile)),
        authserv_id=account.authserv_id,
        dns_gave_up=dns_gave_up,
    )


def _mail_from(headers: Headers) -> str:
    """The envelope's sender as its last hop wrote it down; the From where nobody did (RFC 5321 §4.4).

    Empty only where the mail says `<>`: a missing line makes no bounce of it.
    """
    name = "return-path" if headers.has("return-path") else "from"
    found = parse_addresses(headers.first(name))
    if found:
        return found[0].email
    return "" if name == "return-path" else "unknown"


def _plus_addresses(headers: Headers, profile: Profile) -> list[str]:
    found = dict.fromkeys(each for each in _written(headers) if (own := own_address(each, profile)) and own.suffix)
    return list(found)[:_MAX_RECIPIENTS]


def _written(headers: Headers) -> Iterator[str]:
    for name in _WRITTEN_IN:
        for value in headers.all(name)[:_MAX_FIELDS]:
            for address in parse_addresses(value):
                yield address.email
