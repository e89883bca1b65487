"""`guiche simulate`: what an operator is told, and that he may hand it anything."""

import json
import subprocess

import pytest

from gateway.ready import mark_demo
from tests.cli.command import Command
from tests.harness.process import GUICHE, clean_environment
from tests.smtp.mails import BRUNO, SUPPORT, mail

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def guiche(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """An installation with Ana in it, whose name server answers nobody."""
    settings = {"GUICHE_DNS_SERVER": "127.0.0.1:1", "GUICHE_TRUSTED_NETWORKS": "127.0.0.0/8"}
    guiche = Command(tmp_path_factory.mktemp("simulating"), settings)
    guiche("setup")
    guiche("organization", "add", "Org A", "--domain", "org-a.example")
    guiche("user", "add", "ana@org-a.example", "--organization", "Org A", "--role", "key_user")
    (guiche.folder / "mail.eml").write_bytes(mail().replace(b"\r\n", b"\n"))
    return guiche


def test_it_tells_programs_what_would_become_of_a_mail(guiche: Command) -> None:
    told = guiche.json("simulate", "mail.eml", "--rcpt", SUPPORT)

    assert {name: told[name] for name in ("decision", "reason", "thread", "smtp")} == {
        "decision": "accept", "reason": None, "thread": None, "smtp": "250 2.0.0 OK"
    }
    assert {"rule": "sender_is_proven", "outcome": "passed"} in told["trail"]


def test_it_tells_people_in_the_language_of_the_desk(guiche: Command) -> None:
    said = guiche("simulate", "mail.eml", "--mail-from", "x@longe.example", "--peer", "::1").out

    assert "O remetente está comprovado?" in said
    assert "SMTP: 451 4.4.3 " in said
    assert "Decisão: o remetente seria convidado a tentar de novo" in said


def test_a_refusal_is_no_failure_of_the_command(guiche: Command) -> None:
    raw = mail(BRUNO)
    done = subprocess.run(
        [GUICHE, "simulate", "-", "--json"], input=raw, capture_output=True, check=True, cwd=guiche.folder,
        env=clean_environment({"GUICHE_DATA_DIR": str(guiche.data_dir), **guiche.settings}),
    )

    told = json.loads(done.stdout)
    assert (told["decision"], told["reason"]) == ("refuse", "not_authorized")
    assert told["smtp"].startswith("550 5.7.1 not_authorized: ")


@pytest.mark.parametrize(
    ("raw", "decision", "smtp"),
    [
        pytest.param(b"", "refuse", "550 5.7.1", id="nothing"),
        pytest.param(b"\x00" * 4_096, "refuse", "550 5.7.1", id="NUL"),
        pytest.param(bytes(range(256)) * 64, "refuse", "550 5.7.1", id="not a mail"),
        pytest.param(b"From: ana@org-a.example\x00\r\n\r\nx", "refuse", "550 5.7.1", id="NUL in the From"),
        pytest.param(mail(text="x" * 40 * MEGABYTE), "refuse", "552 5.3.4", id="40 MB"),
    ],
)
def test_hostile_files_are_judged_like_any_mail(guiche: Command, raw: bytes, decision: str, smtp: str) -> None:
    (guiche.folder / "hostile.eml").write_bytes(raw)

    told = guiche.json("simulate", "hostile.eml")

    assert (told["decision"], told["smtp"][:9]) == (decision, smtp)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("mail.eml", "--peer", "nobody"), 1), (("mail.eml", "--bogus"), 2), (("gone.eml",), 2), ((".",), 2)],
)
def test_a_wrong_call_is_told_in_one_line(guiche: Command, arguments: tuple[str, ...], code: int) -> None:
    done = guiche("simulate", *arguments, code=code)

    assert done.out == ""
    assert len(done.error.strip().splitlines()) <= 5


def test_beside_a_demo_it_trusts_what_the_demo_trusts(guiche: Command) -> None:
    del guiche.settings["GUICHE_TRUSTED_NETWORKS"]
    try:
        assert guiche.json("simulate", "mail.eml")["decision"] == "defer"
        mark_demo(guiche.data_dir)
        assert guiche.json("simulate", "mail.eml")["decision"] == "accept"
        assert guiche.json("simulate", "mail.eml", "--peer", "192.0.2.1")["decision"] == "defer"
    finally:
        (guiche.data_dir / "demo").unlink()
        guiche.settings["GUICHE_TRUSTED_NETWORKS"] = "127.0.0.0/8"
