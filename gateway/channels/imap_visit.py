"""Looking whether every mailbox we read can be reached, for whoever asks how the installation is."""

from datetime import date

from core.imap_accounts import ImapAccount
from core.settings import Settings
from gateway.channels.imap_thread import connected
from gateway.channels.imap_tokens import WARN_DAYS, AccessTokens, days_left
from gateway.channels.imap_trouble import ImapTrouble

_SECONDS = 15.0
_SAYS = {
    "login": "the server refuses the login",
    "token": "there is no access token to be had",
    "folder": "the folder cannot be opened for reading and writing",
}


async def visit(settings: Settings, today: date) -> list[str]:
    """What is wrong with the mailboxes of `GUICHE_IMAP_URLS`, by host and never by user; empty when all is well."""
    complaints = []
    for account in settings.imap_urls:
        if trouble := await _trouble(account, settings):
            complaints.append(f"{account.host}, for {account.mailbox}: {trouble}")
        left = days_left(account, today)
        if left is not None and left <= WARN_DAYS:
            complaints.append(f"{account.host}, for {account.mailbox}: the secret ends in {left} days")
    return complaints


async def _trouble(account: ImapAccount, settings: Settings) -> str:
    try:
        token = await AccessTokens(account, account.tokens).current() if account.tokens else ""
        async with connected(account, token, settings.max_message_bytes, _SECONDS) as box:
            await box.select()
    except ImapTrouble as trouble:
        return _SAYS.get(trouble.kind, "does not answer")
    return ""
