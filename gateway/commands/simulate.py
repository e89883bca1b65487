"""`guiche simulate`: what the mail door would do with a mail, and nothing of it done."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.settings import Settings
from gateway.commands.at_hand import AtHand, asked, office_of, settings_of
from gateway.commands.options import AsJson
from gateway.commands.printing import print_json

if TYPE_CHECKING:
    from gateway.ingest.desk import Desk
    from gateway.simulated import Simulated

# As much of a file as tells that it is too large.
_BEYOND = 1024


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("simulate")(simulate)


def simulate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A mail as a file, or - for standard input.")],
    rcpt: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="A recipient (default: the support mailbox).")
    ] = None,
    mail_from: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The envelope's sender (default: the From; '' for a bounce).")
    ] = None,
    peer: Annotated[str, typer.Option(metavar="IP", help="Who would bring it.")] = "127.0.0.1",
    helo: Annotated[str, typer.Option(metavar="NAME", help="What he would call himself.")] = "",
    as_json: AsJson = False,
) -> None:
    """Tell what would become of a mail that came right now. Nothing is stored, counted or sent."""
    from gateway.simulated import Envelope
    from gateway.simulating import simulate as simulated

    settings = _settings(context)
    raw = _bytes_of(file, settings.max_message_bytes + _BEYOND)
    envelope = Envelope(tuple(rcpt or ()), mail_from, peer, helo)

    async def verb(at: AtHand) -> "Simulated":
        return await simulated(raw, envelope, _desk(at), at.now)

    told = asked(context, verb, settings)
    if as_json:
        print_json(told.as_json())
    else:
        _print(told, settings)


def _settings(context: typer.Context) -> Settings:
    """The settings as the process has them that served last from the data directory: `demo` trusts more."""
    from gateway.ready import was_demo

    settings = settings_of(context)
    return settings_of(context, demo=True) if was_demo(settings.data_dir) else settings


def _bytes_of(file: Path, limit: int) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read(limit)
    try:
        with file.open("rb") as opened:
            return opened.read(limit)
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="FILE") from error


def _desk(at: AtHand) -> "Desk":
    from core.people.block_list import BlockList
    from core.people.directory import Directory
    from gateway.ingest.authentication.prover import Prover
    from gateway.ingest.desk import Desk
    from gateway.ingest.scanning import Clamd
    from gateway.simulating import NoQueue

    settings, office = at.settings, office_of(at)
    return Desk(
        settings, at.profile, office.signing, Directory(at.profile), office.blobs, NoQueue(),
        prover=Prover(settings.dns_server, frozenset(at.profile.mail.arc_sealers)),
        scanner=Clamd(*settings.clamd) if settings.clamd else None, blocks=BlockList(office.signing),
    )  # fmt: skip


def _print(told: "Simulated", settings: Settings) -> None:
    """The rules in their order, the decision and the answer, in the desk's language."""
    from core.profile_loading import load_profile
    from core.texts import tr
    from webhooks.console.labels import rule_label, rule_outcome_label, simulated_label, stop_label

    language = load_profile(settings.profile).language
    for step in told.trail:
        print(f"{rule_label(language, step.rule)}  {rule_outcome_label(language, step.outcome)}")
    reason = f" ({stop_label(language, told.reason.value)})" if told.reason else ""
    print(f"{tr(language, 'Decision')}: {simulated_label(language, told.decision)}{reason}")
    if told.ticket is not None:
        name = tr(language, "Would open a ticket linked to") if told.is_succeeded else tr(language, "Would join")
        print(f"{name}: {told.ticket.protocol}")
    for address, answer in told.refused_recipients.items():
        print(f"RCPT {address}: {answer}")
    print(f"SMTP: {told.smtp}")
