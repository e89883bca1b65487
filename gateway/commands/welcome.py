"""The short table a demo prints when it is ready."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.profile import Profile

if TYPE_CHECKING:
    from core.people.demo_cast import Cast


def welcome(profile: Profile, cast: "Cast", addresses: Mapping[str, str | None]) -> str:
    """Where it listens, who may sign in, and how to send the first message."""
    web, smtp = addresses.get("http"), addresses.get("smtp")
    lines = ["", f"  {profile.title} (profile {profile.name}) is open.", ""]
    if web:
        lines += [f"  web        http://{web}/", f"  sent mail  http://{web}/dev/outbox"]
    if smtp:
        lines += [f"  SMTP       {smtp}"]
    lines += _logins(cast)
    if smtp:
        lines += _first_message(profile, cast, smtp)
    return "\n".join([*lines, "", "  Ctrl-C ends it; the data stays.", ""])


def _logins(cast: "Cast") -> list[str]:
    customers = [
        f"{user.email} ({user.role})" for organization in cast.organizations for user in organization.users
    ]
    first = cast.emails[0]
    return [
        f"  agents     {', '.join(agent.email for agent in cast.agents)}",
        f"  customers  {', '.join(customers)}",
        f"  passwords  demo- and the part before the @, so {first} has demo-{first.partition('@')[0]}",
    ]


def _first_message(profile: Profile, cast: "Cast", smtp: str) -> list[str]:
    users = [user for organization in cast.organizations for user in organization.users]
    sender = next(user.email for user in users if user.role == "key_user")
    mailbox = profile.support_mailbox.address
    host, _, port = smtp.rpartition(":")
    # Its own Message-ID makes each one a new message when it is sent twice.
    mail = (
        f'"From: {sender}\\nTo: {mailbox}\\nSubject: Primeira mensagem\\nMessage-ID: "'
        ' + email.utils.make_msgid() + "\\n\\nBom dia, preciso de ajuda.\\n"'
    )
    send = f'smtplib.SMTP("{host.strip("[]")}", {port}).sendmail("{sender}", "{mailbox}", {mail})'
    return [
        "",
        "  Send the first message with any mail program, or from another terminal:",
        "",
        f"python3 -c 'import smtplib, email.utils; {send}'",
    ]
