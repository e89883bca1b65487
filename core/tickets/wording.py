"""The words of our letters, in the desk's language; pure."""

from datetime import datetime

from core.decision import Reason
from core.policy.reasons import public_text
from core.policy.sensitive import masked
from core.profile import Profile
from core.texts import tr
from core.tickets.defanging import defanged
from core.tickets.tables import Entry, Ticket

# Mail programs and our own threading look for this very text (INTERFACES.md §5).
_TAG = "[Protocolo {protocol}]"


def subject(ticket: Ticket, profile: Profile) -> str:
    """The protocol and the ticket's title, without what the profile hides."""
    return f"{_TAG.format(protocol=ticket.protocol)} {masked(ticket.title, profile.sensitive)}"


def acknowledgement_subject(protocol: str) -> str:
    """The protocol alone: a title is the sender's text."""
    return _TAG.format(protocol=protocol)


def acknowledgement(protocol: str, profile: Profile) -> str:
    """That the message arrived, under which number, and how to add to it."""
    return tr(
        profile.language,
        "Hello,\n\nwe have received your message and filed it under protocol {protocol}.\n\n"
        "To add something, answer this e-mail: your answer joins the same protocol.\n\n{desk}",
        protocol=protocol,
        desk=profile.title,
    )


def signed(text: str, protocol: str, profile: Profile) -> str:
    """An answer above the desk's own signature; which agent wrote it stays in the house (O07)."""
    footer = tr(profile.language, "{desk}, protocol {protocol}", desk=profile.title, protocol=protocol)
    return f"{text.strip()}\n\n-- \n{footer}"


def closed(ticket: Ticket, resolution: str, happened: str, profile: Profile) -> str:
    """That the ticket is over, the public resolution or reason, and how long it may be taken up again."""
    if happened == "cancelled":
        head = tr(profile.language, "Protocol {protocol} was cancelled.", protocol=ticket.protocol)
    else:
        head = tr(profile.language, "Protocol {protocol} is closed.", protocol=ticket.protocol)
    tail = tr(
        profile.language,
        "If something is still missing, answer within {days} days and the protocol is reopened.",
        days=profile.reopen_days,
    )
    return "\n\n".join(part for part in (head, resolution.strip(), tail) if part)


def notice(
    ticket: Ticket, entry: Entry | None, happened: str, link: str, profile: Profile, *, is_internal: bool
) -> str:
    """What an agent reads: who wrote what, where to see it, and what an answer does."""
    language = profile.language
    what = _HAPPENED.get(happened, "There is news of protocol {protocol}.")
    title, text = (masked(each, profile.sensitive) for each in _shown(ticket, entry))
    head = f"{tr(language, what, protocol=ticket.protocol)}\n{title}"
    said = tr(language, "{name} wrote:", name=entry.author_name) + f"\n\n{text}" if entry else ""
    if is_internal:
        answer = tr(language, "An answer to this e-mail stays internal: the customer does not see it.")
    else:
        answer = tr(language, "An answer to this e-mail goes to the customer, from the desk's address.")
    return "\n\n".join(part for part in (head, said, link, answer, tr(language, _COMMANDS)) if part)


def _shown(ticket: Ticket, entry: Entry | None) -> tuple[str, str]:
    """Title and words; of somebody unproven, whom an operator let in, without links to click (L14)."""
    if entry is None or entry.author_role != "customer" or entry.authentication != "none":
        return ticket.title, entry.text if entry else ""
    return defanged(ticket.title), defanged(entry.text)


def last_notice(text: str, profile: Profile) -> str:
    """A notice that says it is the last one: what follows is only seen in the console."""
    end = tr(
        profile.language,
        "This is the last e-mail about this protocol for today: what comes now is only shown in the console,"
        " until somebody of the desk does something with it.",
    )
    return f"{text}\n\n{end}"


def command_refused(ticket: Ticket, complaints: str, link: str, profile: Profile) -> str:
    """That a command did nothing, and all that is missing."""
    head = tr(
        profile.language,
        "Nothing was done with your message on protocol {protocol}. What is missing:",
        protocol=ticket.protocol,
    )
    lines = "\n".join(f"- {_complaint(line, profile)}" for line in complaints.splitlines() if line.strip())
    return "\n\n".join((head, lines, link, tr(profile.language, _COMMANDS)))


def reply_held_back(ticket: Ticket, name: str, link: str, profile: Profile) -> str:
    """That a colleague was faster, where the text is now, and how to send it all the same."""
    head = tr(
        profile.language,
        "{name} answered the customer meanwhile, so your answer on protocol {protocol} was not sent."
        " Its text is kept there as an internal note.",
        name=name, protocol=ticket.protocol,
    )  # fmt: skip
    how = tr(
        profile.language,
        "To send something all the same, answer this e-mail with it; #responder on the first line always sends.",
    )
    return f"{head}\n\n{link}\n\n{how}"


def _complaint(line: str, profile: Profile) -> str:
    """`field: what is wrong`, the latter in the desk's language."""
    field, colon, text = line.partition(": ")
    return f"{field}{colon}{tr(profile.language, text)}" if colon else line


def confirm_address(link: str, profile: Profile) -> tuple[str, str]:
    """Subject and text that ask a form's sender to confirm his address, without his words (T20)."""
    language = profile.language
    text = tr(
        language,
        "Hello,\n\na message was left for {desk} with this e-mail address. If it is yours, open this page"
        " and confirm:\n\n{link}\n\nIf you wrote nothing, do nothing: nothing will happen.",
        desk=profile.title,
        link=link,
    )
    return tr(language, "{desk}: confirm your e-mail address", desk=profile.title), text


def refusal_notice(reason: Reason, profile: Profile, at: datetime) -> tuple[str, str]:
    """Subject and text that tell somebody his mail was refused, and where he may turn; nothing of his own."""
    language = profile.language
    text = tr(
        language,
        "Hello,\n\nyour e-mail to {desk} was not accepted. {reason}",
        desk=profile.title,
        reason=public_text(reason, language, profile, at),
    )
    return tr(language, "{desk}: your e-mail was not accepted", desk=profile.title), text


_HAPPENED = {
    "opened": "New: protocol {protocol}.",
    "complemented": "The customer wrote on protocol {protocol}.",
    "reopened": "Protocol {protocol} was reopened.",
    "forwarded": "Protocol {protocol} was forwarded to your sector or to you.",
    "assigned": "Protocol {protocol} was assigned to you.",
    "noted": "There is a new internal note on protocol {protocol}.",
}
_COMMANDS = (
    "Commands on the first lines of your answer: #nota, #encaminhar SETOR, #pendente, #encerrar,"
    " #prioridade alta|media|baixa, #assumir."
)
