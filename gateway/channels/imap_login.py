"""Logging in at an IMAP server: by access token, by SASL PLAIN, or by LOGIN where there is nothing better."""

from imapclient.exceptions import IMAPClientAbortError, LoginError

from core.imap_accounts import ImapAccount
from gateway.channels.imap_line import Line
from gateway.channels.imap_trouble import ImapTrouble

_NEVER = ("\r", "\n", "\x00")


def log_in(line: Line, account: ImapAccount, token: str) -> None:
    """Log in, or raise `ImapTrouble`; what the server says of it may quote the user and is dropped."""
    try:
        if token:
            line.oauth2_login(clean(account.user), clean(token))
        elif line.has_capability("AUTH=PLAIN"):
            line.plain_login(clean(account.user), clean(account.password))
        else:
            line.login(quoted(account.user), clean(account.password))
    except LoginError as error:
        # A line that broke is none of the password's fault.
        kind = "connection" if isinstance(error.__context__, IMAPClientAbortError) else "login"
        raise ImapTrouble(kind) from None


def clean(text: str) -> str:
    """`text` as it may stand in a command; ValueError where a line would end in it (SECURITY.md N01)."""
    if any(each in text for each in _NEVER):
        raise ValueError("a line end in an IMAP argument")
    return text


def quoted(text: str) -> str:
    """An argument in quotes: the library sends a user's name bare."""
    return '"' + clean(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
